// SPDX-License-Identifier: Apache-2.0
#include "render/facts_json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

#include "dbgscope/utf8.hpp"
#include "render/facts_fields.hpp"

namespace dbgscope {
namespace {

using facts_fields::fields;
using nlohmann::json;

template <class Enum> struct Named {
    Enum value;
    std::string_view name;
};
constexpr std::array<Named<Layout>, 4> kLayouts{
    {{Layout::none, "none"}, {Layout::v1, "v1"}, {Layout::hybrid, "hybrid"}, {Layout::v2, "v2"}}};
constexpr std::array<Named<Wsl>, 3> kWsl{{{Wsl::no, "no"}, {Wsl::wsl1, "wsl1"}, {Wsl::wsl2, "wsl2"}}};
constexpr std::array<Named<Why>, 6> kWhys{{{Why::not_asked, "not asked"},
                                           {Why::absent, "absent"},
                                           {Why::denied, "denied"},
                                           {Why::disabled, "disabled"},
                                           {Why::malformed, "malformed"},
                                           {Why::assumed, "assumed"}}};
std::span<const Named<Layout>> names_of(Layout)
{
    return kLayouts;
}
std::span<const Named<Wsl>> names_of(Wsl)
{
    return kWsl;
}
std::span<const Named<Why>> names_of(Why)
{
    return kWhys;
}

// ---- writing ----

template <class T> json encode(const T &value);
template <class T> json encode(const Fact<T> &fact);
template <class T> json encode(const std::vector<T> &list);
template <class T> json encode(const std::optional<T> &value);

json encode(const std::string &text)
{
    if (is_utf8(text))
        return text;
    return {{"escaped", escape_bytes(text)}};
}

json encode(const Limit &limit)
{
    return limit.finite() ? json(limit.bytes()) : json("infinity");
}

struct ObjectWriter {
    json object = json::object();
    template <class T> void operator()(const char *key, const T &value) { object[key] = encode(value); }
};

template <class T> json encode(const T &value)
{
    if constexpr (std::is_arithmetic_v<T>) {
        return value;
    } else if constexpr (std::is_enum_v<T>) {
        for (const auto &[known, name] : names_of(value))
            if (known == value)
                return name;
        return nullptr;
    } else {
        ObjectWriter writer;
        fields(writer, value);
        return std::move(writer.object);
    }
}

template <class T> json encode(const Fact<T> &fact)
{
    if (fact)
        return encode(*fact);
    json unknown{{"unknown", encode(fact.why())}};
    if (!fact.detail().empty())
        unknown["detail"] = encode(fact.detail());
    return unknown;
}

template <class T> json encode(const std::vector<T> &list)
{
    json array = json::array();
    for (const T &item : list)
        array.push_back(encode(item));
    return array;
}

template <class T> json encode(const std::optional<T> &value)
{
    return value ? encode(*value) : json(nullptr);
}

// ---- reading ----

/// Remembers the first thing that was wrong; what follows is still walked but no longer judged.
class Decoder {
  public:
    std::optional<Error> error;

    void object(const json &node, const std::string &pointer, auto &value)
    {
        if (!node.is_object())
            return wrong(pointer, "expected an object");
        ObjectReader reader{*this, node, pointer, {}};
        fields(reader, value);
        for (const auto &[key, unused] : node.items())
            if (std::ranges::find(reader.known, key) == reader.known.end() && !(pointer.empty() && key == "schema"))
                wrong(child(pointer, key), "unknown key");
    }

    void wrong(const std::string &pointer, std::string cause)
    {
        if (!error)
            error = Error{.kind = ErrorKind::config,
                          .operation = "read facts",
                          .subject = pointer.empty() ? "(the whole document)" : pointer,
                          .cause = std::move(cause),
                          .hint = "`dbgscope status --json` writes a good one"};
    }

  private:
    struct ObjectReader {
        Decoder &decoder;
        const json &node;
        const std::string &pointer;
        std::vector<std::string_view> known;
        template <class T> void operator()(const char *key, T &value)
        {
            known.emplace_back(key);
            if (const auto found = node.find(key); found != node.end())
                decoder.decode(*found, child(pointer, key), value);
        }
    };

    static std::string child(const std::string &pointer, std::string_view key)
    {
        std::string out = pointer + '/';
        for (const char c : key) {
            if (c == '~')
                out += "~0";
            else if (c == '/')
                out += "~1";
            else
                out += c;
        }
        return out;
    }

    template <class T> void decode(const json &node, const std::string &pointer, T &value)
    {
        if constexpr (std::is_same_v<T, bool>) {
            if (!node.is_boolean())
                return wrong(pointer, "expected true or false");
            value = node.get<bool>();
        } else if constexpr (std::is_integral_v<T>) {
            whole_number(node, pointer, value);
        } else if constexpr (std::is_floating_point_v<T>) {
            if (!node.is_number())
                return wrong(pointer, "expected a number");
            value = node.get<T>();
        } else if constexpr (std::is_enum_v<T>) {
            choice(node, pointer, value);
        } else {
            object(node, pointer, value);
        }
    }

    template <class T> void whole_number(const json &node, const std::string &pointer, T &value)
    {
        if (node.is_number_unsigned() && std::in_range<T>(node.get<std::uint64_t>()))
            value = static_cast<T>(node.get<std::uint64_t>());
        else if (node.is_number_integer() && !node.is_number_unsigned() && std::in_range<T>(node.get<std::int64_t>()))
            value = static_cast<T>(node.get<std::int64_t>());
        else
            wrong(pointer, "expected a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                               std::to_string(std::numeric_limits<T>::max()));
    }

    template <class Enum> void choice(const json &node, const std::string &pointer, Enum &value)
    {
        std::string all;
        for (const auto &[known, name] : names_of(value)) {
            if (node.is_string() && node.get_ref<const std::string &>() == name) {
                value = known;
                return;
            }
            all += (all.empty() ? "\"" : ", \"") + std::string(name) + '"';
        }
        wrong(pointer, "expected one of " + all);
    }

    void decode(const json &node, const std::string &pointer, std::string &value)
    {
        if (node.is_string()) {
            value = node.get<std::string>();
            return;
        }
        if (!node.is_object() || node.size() != 1 || !node.contains("escaped") || !node["escaped"].is_string())
            return wrong(pointer, "expected a string");
        auto bytes = unescape_bytes(node["escaped"].get_ref<const std::string &>());
        if (!bytes)
            return wrong(pointer + "/escaped", "a backslash must be followed by xNN, two hexadecimal digits");
        value = std::move(*bytes);
    }

    void decode(const json &node, const std::string &pointer, Limit &value)
    {
        if (node.is_string() && node.get_ref<const std::string &>() == "infinity")
            value = Limit();
        else if (node.is_number_unsigned())
            value = Limit(node.get<std::uint64_t>());
        else
            wrong(pointer, "expected bytes or \"infinity\"");
    }

    template <class T> void decode(const json &node, const std::string &pointer, Fact<T> &fact)
    {
        if (node.is_object() && node.contains("unknown")) {
            Why why = Why::not_asked;
            std::string detail;
            for (const auto &[key, part] : node.items()) {
                if (key == "unknown")
                    decode(part, child(pointer, key), why);
                else if (key == "detail")
                    decode(part, child(pointer, key), detail);
                else
                    wrong(child(pointer, key), "unknown key");
            }
            fact = Fact<T>(why, std::move(detail));
            return;
        }
        T value{};
        decode(node, pointer, value);
        fact = std::move(value);
    }

    template <class T> void decode(const json &node, const std::string &pointer, std::vector<T> &list)
    {
        if (!node.is_array())
            return wrong(pointer, "expected an array");
        list.clear();
        for (std::size_t i = 0; i < node.size(); ++i)
            decode(node[i], pointer + '/' + std::to_string(i), list.emplace_back());
    }

    template <class T> void decode(const json &node, const std::string &pointer, std::optional<T> &value)
    {
        value.reset();
        if (!node.is_null())
            decode(node, pointer, value.emplace());
    }
};

/// What code that uses Facts relies on (facts.hpp).
void check_promises(Decoder &decoder, const MemoryHierarchy &memory)
{
    if (memory.version < 0 || memory.version > 2)
        decoder.wrong("/cgroup/memory/version", "expected 0, 1 or 2");
    if (memory.version != 0 && memory.chain.empty())
        decoder.wrong("/cgroup/memory/chain", "empty although version is not 0");
    if (memory.binding && *memory.binding >= memory.chain.size())
        decoder.wrong("/cgroup/memory/binding", "no such level in chain");
}

std::unexpected<Error> not_json(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fail({.kind = ErrorKind::config,
                 .operation = "read facts",
                 .subject = "line " + std::to_string(line) + ", column " + std::to_string(column),
                 .cause = "not JSON",
                 .hint = "`dbgscope status --json` writes a good one"});
}

} // namespace

json facts_to_json(const Facts &facts)
{
    json document = encode(facts);
    document["schema"] = kFactsSchema;
    return document;
}

std::string facts_json_text(const Facts &facts)
{
    return facts_to_json(facts).dump(2, ' ', true) + '\n';
}

Result<Facts> facts_from_json(std::string_view text)
{
    json document;
    try {
        document = json::parse(text);
    } catch (const json::parse_error &error) {
        return not_json(text, error.byte);
    }
    Decoder decoder;
    if (document.is_object() && (!document.contains("schema") || document["schema"] != kFactsSchema))
        decoder.wrong("/schema", "expected " + std::to_string(kFactsSchema));
    Facts facts;
    decoder.object(document, "", facts);
    check_promises(decoder, facts.cgroup.memory);
    if (decoder.error)
        return fail(std::move(*decoder.error));
    return facts;
}

} // namespace dbgscope
