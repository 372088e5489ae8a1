// SPDX-License-Identifier: Apache-2.0
#include "tools/report/lua_table.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxTable = 1024 * 1024;
constexpr int kDeepest = 64;
constexpr std::size_t kMostMembers = 4096; ///< of one table that have names

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// vim/inspect.lua.
class LuaReader {
  public:
    explicit LuaReader(std::string_view text) : text_(text.substr(0, kMaxTable)) {}

    std::optional<Json> table(int depth = 0)
    {
        if (depth > kDeepest || !take('{'))
            return std::nullopt;
        Json list = Json::array(), object = Json::object();
        bool named = false;
        for (blanks(); !take('}'); blanks()) {
            const auto name = key();
            blanks();
            auto item = value(depth);
            if (!item || object.members()->size() > kMostMembers)
                return std::nullopt;
            blanks();
            if (!take(',') && (at_ >= text_.size() || text_[at_] != '}'))
                return std::nullopt;
            named = named || name;
            if (name)
                object[*name] = std::move(*item);
            else
                list.push_back(std::move(*item));
        }
        return named ? object : list;
    }
    [[nodiscard]] std::size_t length() const { return at_; }

  private:
    bool take(char wanted)
    {
        if (at_ >= text_.size() || text_[at_] != wanted)
            return false;
        ++at_;
        return true;
    }
    void blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    std::string_view word()
    {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.'))
            ++at_;
        return text_.substr(begin, at_ - begin);
    }
    /// "name = ", "["any name"] = ", "[3] = ", "<metatable> = "; nothing, and nothing taken: an item of a list.
    std::optional<std::string> key()
    {
        const std::size_t begin = at_;
        std::optional<std::string> name;
        if (take('[')) {
            if (at_ < text_.size() && is_digit(text_[at_]))
                name = word();
            else
                name = string();
            if (!take(']'))
                name.reset();
        } else if (text_.substr(at_).starts_with("<metatable>")) {
            at_ += std::string_view("<metatable>").size();
            name = "<metatable>";
        } else if (const std::string_view found = word(); !found.empty()) {
            name = found;
        }
        blanks();
        if (!name || !take('=')) {
            at_ = begin;
            return std::nullopt;
        }
        return name;
    }
    std::optional<Json> value(int depth)
    {
        if (at_ >= text_.size())
            return std::nullopt;
        const char c = text_[at_];
        if (c == '<')
            return marked(depth);
        if (c == '{')
            return table(depth + 1);
        if (c == '"' || c == '\'') {
            auto found = string();
            return found ? std::optional<Json>(std::move(*found)) : std::nullopt;
        }
        if (is_digit(c) || c == '-')
            return number();
        const std::string_view found = word();
        if (found == "true" || found == "false")
            return Json(found == "true");
        if (found == "vim.empty_dict" && take('(') && take(')'))
            return Json::object();
        return found.empty() ? std::nullopt : std::optional<Json>(Json()); // nil, vim.NIL, inf
    }
    /// "<function 1>", "<table 2>"; "<1>{" is a table that comes again.
    std::optional<Json> marked(int depth)
    {
        const std::size_t end = text_.find_first_of(">\n", at_);
        if (end == std::string_view::npos || text_[end] != '>')
            return std::nullopt;
        at_ = end + 1;
        return at_ < text_.size() && text_[at_] == '{' ? table(depth + 1) : std::optional<Json>(Json());
    }
    std::optional<Json> number()
    {
        const char *begin = text_.data() + at_, *end = text_.data() + text_.size();
        double real = 0;
        std::int64_t whole = 0;
        const auto as_real = std::from_chars(begin, end, real);
        const auto as_whole = std::from_chars(begin, end, whole);
        if (as_real.ec != std::errc{})
            return std::nullopt;
        at_ += static_cast<std::size_t>(as_real.ptr - begin);
        return as_whole.ec == std::errc{} && as_whole.ptr == as_real.ptr ? Json(whole) : Json(real);
    }
    std::optional<std::string> string()
    {
        if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\''))
            return std::nullopt;
        const char quote = text_[at_++];
        std::string found;
        while (at_ < text_.size() && text_[at_] != quote) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
                found += escaped();
            } else {
                found += text_[at_++];
            }
        }
        return take(quote) ? std::optional(std::move(found)) : std::nullopt;
    }
    char escaped()
    {
        constexpr std::string_view kLetters = "abfnrtv", kMeant = "\a\b\f\n\r\t\v";
        if (is_digit(text_[at_])) { // up to three, decimal
            int code = 0;
            for (int i = 0; i < 3 && at_ < text_.size() && is_digit(text_[at_]); ++i)
                code = code * 10 + (text_[at_++] - '0');
            return static_cast<char>(code);
        }
        const char c = text_[at_++];
        const std::size_t letter = kLetters.find(c);
        return letter == std::string_view::npos ? c : kMeant[letter];
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

bool opens_lua_table(std::string_view text)
{
    if (!text.starts_with("{\n"))
        return false;
    const std::size_t first = text.find_first_not_of(' ', 2);
    return first != std::string_view::npos && first > 2 && (is_word(text[first]) || text[first] == '[');
}

std::optional<Json> read_lua_table(std::string_view text, std::size_t &length)
{
    LuaReader reader(text);
    auto found = reader.table();
    length = reader.length();
    return found;
}

} // namespace dbgscope
