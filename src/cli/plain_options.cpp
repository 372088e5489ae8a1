// SPDX-License-Identifier: Apache-2.0
#include "cli/plain_options.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "plan/expand.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

/// Scripts write --slice="$SLICE": an empty one is none, as systemd-run has it.
bool may_be_empty(Key key)
{
    return key == Key::slice || key == Key::description || key == Key::working_directory;
}

Error bad_assignment(const std::string &text)
{
    return {.kind = ErrorKind::usage,
            .operation = "set",
            .subject = fmt::format("environment variable \"{}\"", text),
            .cause = "a name is of letters, digits and _, and begins with no digit",
            .hint = "-E NAME=VALUE, or -E NAME for the value of the caller's"};
}

const KeyInfo *key_named(std::string_view name)
{
    const auto found =
        std::ranges::find_if(key_table(), [name](const KeyInfo &info) { return is_name_of(name, info); });
    return found == key_table().end() ? nullptr : &*found;
}

bool is_many(const KeyInfo &info)
{
    return info.type == ValueType::list || info.type == ValueType::choices;
}

} // namespace

bool is_name_of(std::string_view name, const KeyInfo &info)
{
    return std::ranges::equal(name, info.name, [](char written, char dotted) {
        return written == (dotted == '.' || dotted == '_' ? '-' : dotted);
    });
}

Result<void> take_option(const KeyInfo &info, std::span<const std::string> texts, Settings &settings)
{
    const std::string written = option_name(info);
    KeyInfo called = info; // an error names what the user wrote
    called.name = written;
    std::optional<Value> value;
    for (const std::string &text : texts) {
        if (text.empty() && may_be_empty(info.key))
            continue;
        if (info.key == Key::setenv && !is_variable_name(std::string_view(text).substr(0, text.find('='))))
            return fail(bad_assignment(text));
        auto parsed = parse_value(called, text);
        if (!parsed)
            return pass(parsed);
        auto *words = std::get_if<std::vector<std::string>>(&*parsed);
        if (value && words != nullptr) {
            auto &all = std::get<std::vector<std::string>>(*value);
            all.insert(all.end(), words->begin(), words->end());
        } else {
            value = std::move(*parsed);
        }
    }
    if (value)
        settings.set(info.key, {std::move(*value), {Layer::option, written}});
    return {};
}

std::optional<ParsedOptions> read_plain_options(std::span<const std::string> words)
{
    ParsedOptions out;
    std::map<const KeyInfo *, std::vector<std::string>> values;
    std::size_t at = 0;
    for (; at < words.size() && words[at].starts_with('-') && words[at] != "--" && words[at] != "-"; ++at) {
        const std::string_view word = words[at];
        const auto equals = word.find('=');
        const bool opposite = word.starts_with("--no-");
        const std::string_view name = word.substr(0, equals);
        const KeyInfo *const info = name.starts_with("--") ? key_named(name.substr(opposite ? 5 : 2)) : nullptr;
        const bool flag = info != nullptr && info->type == ValueType::flag;
        if (info == nullptr || flag != (equals == std::string_view::npos) || (opposite && !flag) ||
            word.substr(equals + 1).empty())
            return std::nullopt;
        if (!flag)
            values[info].emplace_back(word.substr(equals + 1));
        else if (out.settings.find(info->key) == nullptr)
            out.settings.set(info->key, {Value(!opposite), {Layer::option, option_name(*info)}});
        else
            return std::nullopt;
    }
    for (const auto &[info, texts] : values)
        if (!take_option(*info, is_many(*info) ? texts : std::span(texts).last(1), out.settings))
            return std::nullopt;
    if (at < words.size() && words[at] == "--")
        ++at;
    out.rest.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    return out;
}

} // namespace dbgscope
