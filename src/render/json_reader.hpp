// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/fields.hpp"
#include "dbgscope/utf8.hpp"
#include "render/json_spelling.hpp"
#include "text/json.hpp"

// One reader of JSON for every struct with fields() (dbgscope/fields.hpp).
namespace dbgscope {

/// What a reader does with what is wrong.
enum class JsonFaults {
    fail,    ///< remember the first; what follows is still walked but no longer judged
    pass_by, ///< a missing or wrong value keeps its default, an unknown key is passed over
};

/// Reads what JsonWriter writes.
class JsonReader {
  public:
    /// `what` is for errors: "read facts".
    JsonReader(JsonSpelling spelling, JsonFaults faults, std::string what, std::string hint)
        : spelling_(spelling), faults_(faults), what_(std::move(what)), hint_(std::move(hint))
    {
    }

    /// The whole document into `value`; an error's subject is the JSON pointer (RFC 6901) to what is wrong.
    void read(const Json &document, auto &value) { decode(document, "", value); }

    void wrong(const std::string &pointer, std::string cause)
    {
        if (!error_ && faults_ == JsonFaults::fail)
            error_ = Error{.kind = ErrorKind::config,
                           .operation = what_,
                           .subject = pointer.empty() ? "(the whole document)" : pointer,
                           .cause = std::move(cause),
                           .hint = hint_};
    }
    [[nodiscard]] const std::optional<Error> &error() const { return error_; }

  private:
    /// The visitor that takes a struct's fields out of an object.
    struct ObjectReader {
        JsonReader &reader;
        const Json &node;
        const std::string &pointer;
        std::vector<std::string_view> known;

        const Json *take(const char *name)
        {
            if (reader.faults_ == JsonFaults::fail)
                known.emplace_back(name);
            return node.find(name);
        }
        void operator()(const char *name, auto &value)
        {
            if (const Json *found = take(name))
                (void)reader.decode(*found, reader.child(pointer, name), value);
        }
        void schema(int version)
        {
            const Json *found = take("schema");
            if (found == nullptr || found->whole<int>() != version)
                reader.wrong(reader.child(pointer, "schema"), "expected " + std::to_string(version));
        }
        void word(const char *name, bool &value, const char *no, const char *yes)
        {
            const Json *found = take(name);
            const std::string *text = found == nullptr ? nullptr : found->string();
            if (text != nullptr && (*text == no || *text == yes))
                value = *text == yes;
            else if (found != nullptr)
                reader.wrong(reader.child(pointer, name), std::string("expected \"") + no + "\" or \"" + yes + '"');
        }
        template <class... Ts> void tagged(const char *tag, const char *name, std::variant<Ts...> &variant,
                                           std::span<const std::string_view> tags)
        {
            const Json *value = take(name);
            if (value != nullptr && choose(tag, variant, tags))
                std::visit([&](auto &chosen) { (void)reader.decode(*value, reader.child(pointer, name), chosen); },
                           variant);
        }
        template <class... Ts>
        void inlined(const char *tag, std::variant<Ts...> &variant, std::span<const std::string_view> tags)
        {
            if (choose(tag, variant, tags))
                std::visit([this](auto &chosen) { fields(*this, chosen); }, variant);
        }
        template <class Pair> void by_name(const char *name, std::vector<Pair> &pairs)
        {
            const Json *found = take(name);
            const Json::Object *members = found == nullptr ? nullptr : found->members();
            if (found != nullptr && members == nullptr)
                return reader.wrong(reader.child(pointer, name), "expected an object");
            for (const JsonMember &member : members == nullptr ? Json::Object{} : *members) {
                Pair &pair = pairs.emplace_back();
                pair.name = member.name;
                (void)reader.decode(member.value, reader.child(reader.child(pointer, name), member.name), pair.value);
            }
        }
        /// Makes `variant` the alternative that the tag names, with its default value.
        template <class... Ts>
        bool choose(const char *tag, std::variant<Ts...> &variant, std::span<const std::string_view> tags)
        {
            const Json *found = take(tag);
            const std::string *text = found == nullptr ? nullptr : found->string();
            const auto at = text == nullptr ? tags.end() : std::ranges::find(tags, *text);
            if (at == tags.end()) {
                reader.wrong(reader.child(pointer, tag), "expected one of " + listed(tags));
                return false;
            }
            const auto index = static_cast<std::size_t>(at - tags.begin());
            std::size_t each = 0;
            ((each++ == index ? void(variant.template emplace<Ts>()) : void()), ...);
            return true;
        }
    };
    struct ListReader {
        JsonReader &reader;
        const Json::Array &items;
        const std::string &pointer;
        std::size_t next = 0;
        void operator()(const char * /*name*/, auto &value)
        {
            if (next < items.size())
                (void)reader.decode(items[next], reader.item(pointer, next), value);
            ++next;
        }
    };

    /// Where a value is, for errors: whoever passes all by needs none, and a history has half a million of them.
    [[nodiscard]] std::string child(const std::string &pointer, std::string_view name) const
    {
        if (faults_ == JsonFaults::pass_by)
            return {};
        std::string out = pointer + '/';
        for (const char c : name)
            out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        return out;
    }
    [[nodiscard]] std::string item(const std::string &pointer, std::size_t index) const
    {
        return faults_ == JsonFaults::pass_by ? std::string() : pointer + '/' + std::to_string(index);
    }
    static std::string listed(std::span<const std::string_view> words)
    {
        std::string all;
        for (const std::string_view word : words)
            all += (all.empty() ? "\"" : ", \"") + std::string(word) + '"';
        return all;
    }
    bool refuse(const std::string &pointer, std::string cause)
    {
        wrong(pointer, std::move(cause));
        return false;
    }

    // Each returns whether it found a value of the type; where it did not, `value` is as it was.

    template <class T> bool decode(const Json &node, const std::string &pointer, T &value)
    {
        if constexpr (std::is_same_v<T, bool>) {
            if (!node.boolean())
                return refuse(pointer, "expected true or false");
            value = *node.boolean();
            return true;
        } else if constexpr (std::is_integral_v<T>) {
            if (!node.whole<T>())
                return refuse(pointer, "expected a whole number from " + std::to_string(std::numeric_limits<T>::min()) +
                                           " to " + std::to_string(std::numeric_limits<T>::max()));
            value = *node.whole<T>();
            return true;
        } else if constexpr (std::is_floating_point_v<T>) {
            if (!node.number())
                return refuse(pointer, "expected a number");
            value = *node.number();
            return true;
        } else if constexpr (std::is_enum_v<T>) {
            return choice(node, pointer, value);
        } else if constexpr (kFieldsAreList<T>) {
            return list(node, pointer, value);
        } else {
            return object(node, pointer, value);
        }
    }
    template <class T> bool object(const Json &node, const std::string &pointer, T &value)
    {
        const Json::Object *members = node.members();
        if (members == nullptr)
            return refuse(pointer, "expected an object");
        ObjectReader reader{*this, node, pointer, {}};
        fields(reader, value);
        if (faults_ == JsonFaults::pass_by)
            return true;
        for (const JsonMember &member : *members)
            if (std::ranges::find(reader.known, member.name) == reader.known.end())
                wrong(child(pointer, member.name), "unknown key");
        return true;
    }
    template <class T> bool list(const Json &node, const std::string &pointer, T &value)
    {
        if (node.items() == nullptr)
            return refuse(pointer, "expected an array");
        ListReader reader{*this, *node.items(), pointer};
        fields(reader, value);
        if (reader.next != node.items()->size())
            return refuse(pointer, "expected " + std::to_string(reader.next) + " items");
        return true;
    }
    template <class Enum> bool choice(const Json &node, const std::string &pointer, Enum &value)
    {
        std::vector<std::string_view> words;
        for (const auto &[known, name] : enum_names(value)) {
            if (node.string() != nullptr && *node.string() == name) {
                value = known;
                return true;
            }
            words.push_back(name);
        }
        return refuse(pointer, "expected one of " + listed(words));
    }
    bool decode(const Json &node, const std::string &pointer, std::string &value)
    {
        if (const std::string *text = node.string()) {
            value = *text;
            return true;
        }
        const Json *escaped = node.find("escaped");
        if (escaped == nullptr || escaped->string() == nullptr || node.members()->size() != 1)
            return refuse(pointer, "expected a string");
        auto bytes = unescape_bytes(*escaped->string());
        if (!bytes)
            return refuse(pointer + "/escaped", "a backslash must be followed by xNN, two hexadecimal digits");
        value = std::move(*bytes);
        return true;
    }
    bool decode(const Json &node, const std::string &pointer, Limit &value)
    {
        if (const auto bytes = node.whole<std::uint64_t>())
            value = Limit(*bytes);
        else if ((spelling_.null_is_no_limit && node.is_null()) ||
                 (node.string() != nullptr && *node.string() == "infinity"))
            value = Limit();
        else
            return refuse(pointer, "expected bytes or \"infinity\"");
        return true;
    }
    template <class T> bool decode(const Json &node, const std::string &pointer, Fact<T> &fact)
    {
        if (node.find("unknown") != nullptr) {
            Why why = Why::not_asked;
            std::string detail;
            for (const JsonMember &member : *node.members()) {
                if (member.name == "unknown")
                    (void)decode(member.value, child(pointer, member.name), why);
                else if (member.name == "detail")
                    (void)decode(member.value, child(pointer, member.name), detail);
                else
                    wrong(child(pointer, member.name), "unknown key");
            }
            fact = Fact<T>(why, std::move(detail));
            return true;
        }
        T value{};
        if (!decode(node, pointer, value))
            return false;
        fact = std::move(value);
        return true;
    }
    template <class T> bool decode(const Json &node, const std::string &pointer, std::vector<T> &list)
    {
        const Json::Array *items = node.items();
        if (items == nullptr)
            return refuse(pointer, "expected an array");
        list.clear();
        for (std::size_t i = 0; i < items->size(); ++i)
            (void)decode((*items)[i], item(pointer, i), list.emplace_back());
        return true;
    }
    template <class T> bool decode(const Json &node, const std::string &pointer, std::optional<T> &value)
    {
        if (node.is_null()) {
            value.reset();
            return true;
        }
        T inner{};
        if (!decode(node, pointer, inner))
            return false;
        value = std::move(inner);
        return true;
    }

    JsonSpelling spelling_;
    JsonFaults faults_;
    std::string what_, hint_;
    std::optional<Error> error_;
};

} // namespace dbgscope
