// SPDX-License-Identifier: Apache-2.0
#include "plan/expand.hpp"

#include <string_view>

namespace dbgscope {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

std::string value_of(std::string_view name, const Environment &environment)
{
    std::string value;
    for (const auto &[key, text] : environment)
        if (key == name)
            value = text; // the last one wins, as with --setenv given twice
    return value;
}

std::string expand_word(std::string_view word, const Environment &environment)
{
    std::string out;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '$' || i + 1 == word.size()) {
            out += word[i];
            continue;
        }
        if (word[i + 1] == '$') {
            out += '$';
            ++i;
            continue;
        }
        const auto close = word[i + 1] == '{' ? word.find('}', i) : std::string_view::npos;
        if (close == std::string_view::npos || !is_variable_name(word.substr(i + 2, close - i - 2))) {
            out += '$';
            continue;
        }
        out += value_of(word.substr(i + 2, close - i - 2), environment);
        i = close;
    }
    return out;
}

void append_split(std::string_view text, std::vector<std::string> &out)
{
    constexpr std::string_view kSpace = " \t\n\r";
    for (auto start = text.find_first_not_of(kSpace); start != std::string_view::npos;) {
        const auto end = text.find_first_of(kSpace, start);
        out.emplace_back(text.substr(start, end - start));
        start = end == std::string_view::npos ? end : text.find_first_not_of(kSpace, end);
    }
}

} // namespace

bool is_variable_name(std::string_view text)
{
    if (text.empty() || (text.front() >= '0' && text.front() <= '9'))
        return false;
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    return true;
}

std::vector<std::string> expand_environment(const std::vector<std::string> &words, const Environment &environment)
{
    std::vector<std::string> out;
    for (const std::string &word : words) {
        const bool whole_word =
            word.size() > 1 && word.front() == '$' && is_variable_name(std::string_view(word).substr(1));
        if (whole_word)
            append_split(value_of(std::string_view(word).substr(1), environment), out);
        else
            out.push_back(expand_word(word, environment));
    }
    return out;
}

} // namespace dbgscope
