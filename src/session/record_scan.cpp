// SPDX-License-Identifier: Apache-2.0
#include "session/record_scan.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <string>
#include <vector>

#include "render/json_reader.hpp"

namespace dbgscope {
namespace {

/// A member's name and its value as it stands in the text.
struct Member {
    std::string_view name, value;
};

/// Takes JSON without blanks apart, one level of it. What it passes over may be malformed: whoever reads it sees that.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    /// Of an object whose names are in order and come once each.
    bool members(std::vector<Member> &to)
    {
        if (!take('{'))
            return false;
        for (bool first = true; !take('}'); first = false) {
            std::string_view name, value;
            if ((!first && !take(',')) || !take_string(name) || !take(':') || !take_value(value))
                return false;
            name = name.substr(1, name.size() - 2);
            if (!to.empty() && name <= to.back().name)
                return false;
            to.push_back({name, value});
        }
        return at_ == text_.size();
    }
    bool items(std::vector<std::string_view> &to)
    {
        if (!take('['))
            return false;
        for (bool first = true; !take(']'); first = false) {
            std::string_view value;
            if ((!first && !take(',')) || !take_value(value))
                return false;
            to.push_back(value);
        }
        return at_ == text_.size();
    }

  private:
    bool take(char wanted)
    {
        if (at_ >= text_.size() || text_[at_] != wanted)
            return false;
        ++at_;
        return true;
    }
    /// With its quotes.
    bool take_string(std::string_view &to)
    {
        const std::size_t begin = at_;
        if (!take('"'))
            return false;
        for (;;) {
            const std::size_t quote = text_.find('"', at_);
            if (quote == std::string_view::npos)
                return false;
            std::size_t escapes = quote;
            while (escapes > at_ && text_[escapes - 1] == '\\')
                --escapes;
            at_ = quote + 1;
            if ((quote - escapes) % 2 == 0)
                break;
        }
        to = text_.substr(begin, at_ - begin);
        return true;
    }
    bool take_value(std::string_view &to)
    {
        constexpr int kDeepest = 64;
        const std::size_t begin = at_;
        int depth = 0;
        for (std::string_view ignored; at_ < text_.size();) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == '}' || c == ']'))
                break;
            if (c == '"' && !take_string(ignored))
                return false;
            if (c != '"')
                ++at_;
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            if (depth > kDeepest)
                return false;
            if (depth == 0 && (c == '"' || c == '}' || c == ']')) // it ends where it is whole
                break;
        }
        to = text_.substr(begin, at_ - begin);
        return depth == 0 && !to.empty();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// A visitor for fields() (dbgscope/fields.hpp).
class MemberReader {
  public:
    explicit MemberReader(std::string_view object) : whole_(Scanner(object).members(reserved(members_))) {}

    void operator()(const char *name, auto &value)
    {
        if (const Member *member = find(name))
            whole_ = whole_ && (quick(member->value, value) || slow(member->value, value));
    }
    void schema(int version) { (*this)("schema", version); } // any number: readers are lenient
    /// Every member has been read, and there was nothing wrong with it.
    [[nodiscard]] bool whole() const { return whole_ && taken_ == members_.size(); }

  private:
    static std::vector<Member> &reserved(std::vector<Member> &members)
    {
        constexpr std::size_t kUsual = 48;
        members.reserve(kUsual);
        return members;
    }
    const Member *find(std::string_view name)
    {
        const auto at = std::ranges::lower_bound(members_, name, {}, &Member::name);
        if (at == members_.end() || at->name != name)
            return nullptr;
        ++taken_;
        return &*at;
    }

    // Each leaves alone what is written in another way, or is of another type: that is for slow().

    static bool quick(std::string_view text, std::integral auto &value)
    {
        const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
        if (digits.starts_with('0') && text.size() > 1)
            return false;
        const char *end = text.data() + text.size();
        auto number = value;
        if (const auto [last, code] = std::from_chars(text.data(), end, number); code != std::errc{} || last != end)
            return false;
        value = number;
        return true;
    }
    static bool quick(std::string_view text, bool &value)
    {
        if (text != "true" && text != "false")
            return false;
        value = text == "true";
        return true;
    }
    static bool quick(std::string_view text, std::string &value)
    {
        constexpr auto kPlain = [](char c) { return c >= ' ' && c < '\x7f' && c != '\\'; };
        if (text.size() < 2 || text.front() != '"' || !std::ranges::all_of(text, kPlain))
            return false;
        value = text.substr(1, text.size() - 2);
        return true;
    }
    static bool quick(std::string_view text, Limit &value)
    {
        std::uint64_t bytes = 0;
        if (text == "\"infinity\"")
            value = Limit();
        else if (quick(text, bytes))
            value = Limit(bytes);
        else
            return false;
        return true;
    }
    template <class Enum>
        requires std::is_enum_v<Enum>
    static bool quick(std::string_view text, Enum &value)
    {
        for (const auto &[known, name] : enum_names(value))
            if (text.size() == name.size() + 2 && text.front() == '"' && text.substr(1, name.size()) == name) {
                value = known;
                return true;
            }
        return false;
    }
    template <class T> static bool quick(std::string_view text, std::optional<T> &value)
    {
        T inner{};
        if (text == "null")
            value.reset();
        else if (quick(text, inner))
            value = std::move(inner);
        else
            return false;
        return true;
    }
    template <class T> static bool quick(std::string_view text, std::vector<T> &list)
    {
        std::vector<std::string_view> items;
        if (!Scanner(text).items(items))
            return false;
        std::vector<T> read;
        for (const std::string_view item : items)
            if (T &value = read.emplace_back(); !quick(item, value) && !slow(item, value))
                return false;
        list = std::move(read);
        return true;
    }
    template <class T>
        requires std::is_class_v<T>
    static bool quick(std::string_view text, T &value)
    {
        MemberReader inner(text);
        T read;
        fields(inner, read);
        if (!inner.whole())
            return false;
        value = read;
        return true;
    }

    /// By the reader of everything, whose words on what is wrong here are the same as on the whole.
    static bool slow(std::string_view text, auto &value)
    {
        const auto json = parse_json(text);
        if (json)
            JsonReader({}, JsonFaults::pass_by, "", "").read(*json, value);
        return json.has_value();
    }

    std::vector<Member> members_;
    std::size_t taken_ = 0;
    bool whole_ = false;
};

} // namespace

std::optional<SessionRecord> scan_record(std::string_view line)
{
    MemberReader reader(line);
    SessionRecord record;
    fields(reader, record);
    if (!reader.whole() || record.id.empty())
        return std::nullopt;
    record.place.debugger_leaf = record.place.divided;
    return record;
}

} // namespace dbgscope
