// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/jsonc.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <ranges>

#include "dbgscope/utf8.hpp"
#include "text/json.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::optional<unsigned> hex4(std::string_view digits)
{
    unsigned value = 0;
    if (digits.size() < 4)
        return std::nullopt;
    for (const char c : digits.substr(0, 4)) {
        const unsigned digit = is_digit(c)            ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                               : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10
                                                      : 16;
        if (digit == 16)
            return std::nullopt;
        value = value * 16 + digit;
    }
    return value;
}

void append_utf8(std::string &out, unsigned code)
{
    const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

/// Recursive descent, at most kMaxJsonDepth deep. The first fault ends it.
class Parser {
  public:
    Parser(std::string_view text, const std::string &file) : text_(text), file_(file) {}

    Result<std::optional<JsonNode>> document()
    {
        if (auto sound = check_utf8(); !sound)
            return pass(sound);
        at_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
        if (auto blank = skip(); !blank)
            return pass(blank);
        if (at_ == text_.size())
            return std::nullopt;
        JsonNode root;
        if (auto read = value(root, 1); !read)
            return pass(read);
        if (auto blank = skip(); !blank)
            return pass(blank);
        if (at_ < text_.size())
            return refuse(at_, "more text after the end of the value", "a file holds one value in one pair of braces");
        return root;
    }

  private:
    [[nodiscard]] std::unexpected<Error> refuse(std::size_t offset, std::string cause, std::string hint = {}) const
    {
        return fail(error_at(text_, file_, offset, std::move(cause), std::move(hint)));
    }

    [[nodiscard]] Result<void> check_utf8() const
    {
        for (std::size_t at = 0; at < text_.size();) {
            const std::size_t length = utf8_length(text_.substr(at));
            if (length == 0)
                return refuse(at, "not UTF-8", "save the file as UTF-8");
            at += length;
        }
        return {};
    }

    [[nodiscard]] std::string seen() const
    {
        if (at_ >= text_.size())
            return "the end of the file";
        return fmt::format("\"{}\"", printable(text_.substr(at_, utf8_length(text_.substr(at_)))));
    }

    Result<void> skip()
    {
        at_ = skip_blank(text_, at_);
        if (text_.substr(at_).starts_with("/*"))
            return refuse(at_, "a comment without its end", "close it with */");
        return {};
    }

    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    Result<void> value(JsonNode &node, int depth)
    {
        node.begin = at_;
        const char c = at_ < text_.size() ? text_[at_] : '\0';
        Result<void> read;
        if (c == '{' || c == '[') {
            if (depth > kMaxJsonDepth)
                return refuse(at_, fmt::format("nested deeper than {} levels", kMaxJsonDepth));
            read = container(node, c == '{', depth);
        } else if (c == '"') {
            node.kind = JsonKind::string;
            read = string(node.text);
        } else if (c == '-' || is_digit(c)) {
            read = number(node);
        } else {
            read = literal(node);
        }
        node.end = at_;
        return read;
    }

    Result<void> container(JsonNode &node, bool object, int depth)
    {
        node.kind = object ? JsonKind::object : JsonKind::array;
        const char close = object ? '}' : ']';
        ++at_;
        for (;;) {
            if (auto blank = skip(); !blank)
                return blank;
            if (next_is(close)) {
                ++at_;
                return {};
            }
            JsonNode &child = node.children.emplace_back();
            if (auto named = object ? key(child) : Result<void>(); !named)
                return named;
            if (auto read = value(child, depth + 1); !read)
                return read;
            if (auto blank = skip(); !blank)
                return blank;
            if (next_is(','))
                ++at_;
            else if (!next_is(close))
                return refuse(at_, fmt::format("expected a comma or \"{}\", found {}", close, seen()),
                              at_ == text_.size() ? opened(node) : "");
        }
    }

    [[nodiscard]] std::string opened(const JsonNode &node) const
    {
        return fmt::format("\"{}\" opened in line {}", text_[node.begin], place_of(text_, node.begin).line);
    }

    Result<void> key(JsonNode &child)
    {
        child.key_begin = at_;
        if (!next_is('"'))
            return refuse(at_, fmt::format("expected a key in double quotes, found {}", seen()));
        if (auto read = string(child.key); !read)
            return read;
        child.key_end = at_;
        if (auto blank = skip(); !blank)
            return blank;
        if (!next_is(':'))
            return refuse(at_, fmt::format("expected a colon, found {}", seen()));
        ++at_;
        return skip();
    }

    /// Control characters are taken as they are, but for the ends of lines: so does VS Code.
    Result<void> string(std::string &out)
    {
        const std::size_t begin = at_++;
        for (;;) {
            if (at_ >= text_.size() || is_line_end(text_[at_]))
                return refuse(begin, "a string without its closing quote");
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return {};
            }
            if (c != '\\') {
                out += c;
                ++at_;
            } else if (auto read = escape(out); !read) {
                return read;
            }
        }
    }

    Result<void> escape(std::string &out)
    {
        constexpr std::string_view kLetters = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const std::size_t begin = at_;
        const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (const std::size_t simple = kLetters.find(c); c != '\0' && simple != std::string_view::npos) {
            out += kMeanings[simple];
            at_ += 2;
            return {};
        }
        const std::optional<unsigned> unit = c == 'u' ? hex4(text_.substr(at_ + 2)) : std::nullopt;
        if (!unit)
            return refuse(begin, "an escape that JSON does not have", "write \\\\ for a backslash");
        at_ += 6;
        unsigned code = *unit;
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
            const std::optional<unsigned> low = hex4(text_.substr(at_ + 2));
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00);
                at_ += 6;
            }
        }
        append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        return {};
    }

    /// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    Result<void> number(JsonNode &node)
    {
        node.kind = JsonKind::number;
        const std::size_t begin = at_;
        const auto digits = [this] {
            const std::size_t first = at_;
            while (at_ < text_.size() && is_digit(text_[at_]))
                ++at_;
            return at_ > first;
        };
        at_ += next_is('-') ? 1 : 0;
        bool sound = true;
        if (next_is('0'))
            ++at_;
        else
            sound = digits();
        if (sound && next_is('.')) {
            ++at_;
            sound = digits();
        }
        if (sound && (next_is('e') || next_is('E'))) {
            ++at_;
            at_ += next_is('+') || next_is('-') ? 1 : 0;
            sound = digits();
        }
        if (!sound)
            return refuse(begin, "not a number as JSON writes it");
        node.text = text_.substr(begin, at_ - begin);
        return {};
    }

    Result<void> literal(JsonNode &node)
    {
        node.kind = JsonKind::literal;
        for (const std::string_view word : {"true", "false", "null"})
            if (text_.substr(at_).starts_with(word)) {
                node.text = word;
                at_ += word.size();
                return {};
            }
        return refuse(at_, fmt::format("expected a value, found {}", seen()));
    }

    std::string_view text_;
    const std::string &file_;
    std::size_t at_ = 0;
};

} // namespace

const JsonNode *JsonNode::find(std::string_view name) const
{
    if (kind != JsonKind::object)
        return nullptr;
    for (const JsonNode &child : std::views::reverse(children))
        if (child.key == name)
            return &child;
    return nullptr;
}

std::optional<std::string_view> JsonNode::string() const
{
    if (kind != JsonKind::string)
        return std::nullopt;
    return text;
}

TextPlace place_of(std::string_view text, std::size_t offset)
{
    TextPlace place;
    const std::size_t end = std::min(offset, text.size());
    for (std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; at < end; ++at) {
        const char c = text[at];
        if (c == '\n' || (c == '\r' && !text.substr(at + 1).starts_with('\n'))) {
            ++place.line;
            place.column = 1;
        } else if (c != '\r' && (static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++place.column;
        }
    }
    return place;
}

Error error_at(std::string_view text, const std::string &file, std::size_t offset, std::string cause, std::string hint)
{
    const TextPlace place = place_of(text, offset);
    return {.kind = ErrorKind::config,
            .operation = "",
            .subject = fmt::format("{}:{}:{}", file, place.line, place.column),
            .cause = std::move(cause),
            .hint = std::move(hint),
            .place = {file, place.line, place.column}};
}

Result<std::optional<JsonNode>> parse_jsonc(std::string_view text, const std::string &file)
{
    return Parser(text, file).document();
}

std::size_t skip_blank(std::string_view text, std::size_t offset)
{
    while (offset < text.size()) {
        const std::string_view rest = text.substr(offset);
        if (rest.front() == ' ' || rest.front() == '\t' || is_line_end(rest.front())) {
            ++offset;
        } else if (rest.starts_with("//")) {
            offset += std::min(rest.find_first_of("\r\n"), rest.size());
        } else if (rest.starts_with("/*") && rest.find("*/", 2) != std::string_view::npos) {
            offset += rest.find("*/", 2) + 2;
        } else {
            break;
        }
    }
    return offset;
}

std::string json_quoted(std::string_view text)
{
    return Json(text).dump();
}

} // namespace dbgscope
