// SPDX-License-Identifier: Apache-2.0
#pragma once

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

// One writer of JSON for every struct with fields() (dbgscope/fields.hpp).
namespace dbgscope {

/// The visitor that makes an object of a struct's fields.
class JsonWriter {
  public:
    template <class T> [[nodiscard]] static Json encode(const T &value, JsonSpelling spelling)
    {
        JsonWriter writer(spelling);
        fields(writer, value);
        return std::move(writer.out_);
    }

    void operator()(const char *name, const auto &value) { out_[name] = json_of(value); }
    void schema(int version) { out_["schema"] = version; }
    void word(const char *name, bool value, const char *no, const char *yes) { out_[name] = value ? yes : no; }
    void tagged(const char *tag, const char *name, const auto &variant, std::span<const std::string_view> tags)
    {
        out_[tag] = tags[variant.index()];
        out_[name] = std::visit([this](const auto &value) { return this->json_of(value); }, variant);
    }
    void inlined(const char *tag, const auto &variant, std::span<const std::string_view> tags)
    {
        out_[tag] = tags[variant.index()];
        std::visit([this](const auto &value) { fields(*this, value); }, variant);
    }
    void by_name(const char *name, const auto &pairs)
    {
        Json &object = out_[name] = Json::object();
        for (const auto &pair : pairs)
            object[pair.name] = json_of(pair.value);
    }

  private:
    /// Drops the names: for structs that are lists.
    struct ListWriter {
        const JsonWriter &writer;
        Json list = Json::array();
        void operator()(const char * /*name*/, const auto &value) { list.push_back(writer.json_of(value)); }
    };

    explicit JsonWriter(JsonSpelling spelling) : spelling_(spelling) {}

    template <class T> [[nodiscard]] Json json_of(const T &value) const
    {
        if constexpr (std::is_arithmetic_v<T>) {
            return value;
        } else if constexpr (std::is_enum_v<T>) {
            return name_of(value);
        } else if constexpr (kFieldsAreList<T>) {
            ListWriter writer{*this};
            fields(writer, value);
            return std::move(writer.list);
        } else {
            return encode(value, spelling_);
        }
    }
    [[nodiscard]] Json json_of(const std::string &text) const
    {
        if (!spelling_.escapes_bytes || is_utf8(text))
            return text;
        return {{"escaped", escape_bytes(text)}};
    }
    [[nodiscard]] Json json_of(const Limit &limit) const
    {
        if (limit.finite())
            return limit.bytes();
        return spelling_.null_is_no_limit ? Json() : Json("infinity");
    }
    template <class T> [[nodiscard]] Json json_of(const Fact<T> &fact) const
    {
        if (fact)
            return json_of(*fact);
        Json unknown{{"unknown", json_of(fact.why())}};
        if (!fact.detail().empty())
            unknown["detail"] = json_of(fact.detail());
        return unknown;
    }
    template <class T> [[nodiscard]] Json json_of(const std::vector<T> &list) const
    {
        Json array = Json::array();
        for (const T &item : list)
            array.push_back(json_of(item));
        return array;
    }
    template <class T> [[nodiscard]] Json json_of(const std::optional<T> &value) const
    {
        if constexpr (std::is_same_v<T, Limit>) // null says that there is no value
            if (value && !value->finite())
                return "infinity";
        return value ? json_of(*value) : Json();
    }

    JsonSpelling spelling_;
    Json out_ = Json::object();
};

} // namespace dbgscope
