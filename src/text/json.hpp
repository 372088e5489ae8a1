// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dbgscope/error.hpp"

// JSON as the rest of the program sees it: a plain value. The library that reads and writes it costs five seconds of
// compiler in each file that includes it, and is included by json.cpp alone.
namespace dbgscope {

struct JsonMember;

/// How a value is written.
struct JsonStyle {
    int indent = -1; ///< blanks a level; -1: everything on one line
    char fill = ' ';
    bool ascii = false;  ///< \uXXXX for everything else: no control or bidi character reaches a terminal
    bool sorted = false; ///< members by name instead of in the order they were added
};

/// null, a boolean, a number, a string, an array, or an object whose members keep their order.
class Json {
  public:
    using Array = std::vector<Json>;
    using Object = std::vector<JsonMember>;

    Json(); ///< null
    Json(const Json &other);
    Json(Json &&other) noexcept;
    Json &operator=(const Json &other);
    Json &operator=(Json &&other) noexcept;
    ~Json();

    Json(std::nullptr_t) : Json() {}
    Json(std::same_as<bool> auto value) : Json() { set_boolean(value); }
    template <std::integral Number>
        requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
    Json(Number value) : Json()
    {
        if (std::cmp_less(value, 0))
            set_negative(static_cast<std::int64_t>(value));
        else
            set_positive(static_cast<std::uint64_t>(value));
    }
    Json(double value);
    Json(const char *value);
    Json(std::string_view value);
    Json(std::string value);
    template <class T> Json(const std::vector<T> &list) : Json(array())
    {
        for (const T &item : list)
            push_back(item);
    }
    Json(std::initializer_list<JsonMember> members); ///< an object: {{"schema", 1}, {"text", text}}

    [[nodiscard]] static Json array(std::initializer_list<Json> items = {});
    [[nodiscard]] static Json object();

    /// Null is treated as an empty object or array. The member of that name, made null where there is none.
    Json &operator[](std::string_view name);
    void push_back(Json item);
    /// Takes the members of `other`, which is an object; equal names are replaced in their place.
    void update(Json other);

    [[nodiscard]] bool is_null() const { return value_.index() == 0; }
    [[nodiscard]] std::optional<bool> boolean() const;
    /// A whole number that fits; nothing for 1.0.
    template <std::integral Number> [[nodiscard]] std::optional<Number> whole() const
    {
        if (const auto *positive = std::get_if<std::uint64_t>(&value_); positive && std::in_range<Number>(*positive))
            return static_cast<Number>(*positive);
        if (const auto *negative = std::get_if<std::int64_t>(&value_); negative && std::in_range<Number>(*negative))
            return static_cast<Number>(*negative);
        return std::nullopt;
    }
    [[nodiscard]] std::optional<double> number() const; ///< any number
    [[nodiscard]] const std::string *string() const;    ///< null when it is none; the same below
    [[nodiscard]] const Array *items() const;
    [[nodiscard]] const Object *members() const;
    [[nodiscard]] const Json *find(std::string_view name) const; ///< null too where this is no object

    /// What is not UTF-8 becomes U+FFFD; a number that is not finite becomes null.
    [[nodiscard]] std::string dump(JsonStyle style = {}) const;

  private:
    friend class JsonReading;
    // Where JsonMember is complete: here an assignment to the variant would need it.
    void set_boolean(bool value);
    void set_negative(std::int64_t value);
    void set_positive(std::uint64_t value);
    /// Not negative is always the unsigned one: 5 and 5U are one value.
    std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonMember {
    std::string name;
    Json value;
};

inline constexpr std::size_t kMaxParsedDepth = 512;

/// Of equal names the last counts, at the first one's place. Errors: config, with the place as subject ("line 3, column
/// 8") and in Error::place: what is not JSON, or is nested deeper than kMaxParsedDepth.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

} // namespace dbgscope
