// SPDX-License-Identifier: Apache-2.0
#include "profile/key_names.hpp"
#include "profile/load.hpp"
#include "profile/reaction.hpp"
#include "text/json.hpp"

namespace dbgscope {
namespace {

// Patterns bind strings only, minimum and maximum numbers only: a plain 512 is a number to a reader of YAML.
constexpr const char *kBytes = R"([0-9]+(\.[0-9]+)? *[BKMGTPE]?( *[0-9]+(\.[0-9]+)? *[BKMGTPE]?)*)";
constexpr const char *kShare = R"([0-9]+(\.[0-9]{1,2})?%|[0-9]+(\.[0-9])?‰|[0-9]+‱)";
constexpr const char *kSpan = "^(infinity|[0-9].*)$";

/// A pattern for the whole text: one of `choices`.
std::string one_of(std::initializer_list<const char *> choices)
{
    std::string pattern;
    for (const char *choice : choices)
        pattern += (pattern.empty() ? "^(" : "|") + std::string(choice);
    return pattern + ")$";
}

Json number_or_text(const char *number, const std::string &pattern)
{
    return {{"type", Json::array({"string", number})}, {"pattern", pattern}};
}

Json ranged(Json schema, std::int64_t minimum, std::int64_t maximum)
{
    schema["minimum"] = minimum;
    schema["maximum"] = maximum;
    return schema;
}

/// One of the event's words, or a command.
std::string reaction_pattern(Key key)
{
    std::string pattern = "^(";
    for (const std::string &word : reaction_words(key))
        pattern += word + '|';
    return pattern + std::string(kExecAction) + "[ \\t]+[\"']?/.*)$";
}

Json text_schema(const KeyInfo &info)
{
    if (info.key == Key::go_memlimit || info.key == Key::rlimit_data)
        return number_or_text("integer", one_of({"auto", "off", kBytes}));
    return {{"type", Json::array({"string", "integer"})}, {"minLength", 1}}; // uid: 1000
}

Json value_schema(const KeyInfo &info)
{
    switch (info.type) {
    case ValueType::size: {
        Json schema = number_or_text("integer", one_of({kBytes, kShare, "infinity", "max"}));
        schema["minimum"] = info.minimum;
        return schema;
    }
    case ValueType::count: {
        Json schema = number_or_text("integer", one_of({"[0-9]+", kShare, "infinity", "max"}));
        schema["minimum"] = info.minimum;
        return schema;
    }
    case ValueType::percent: {
        Json schema = number_or_text("number", one_of({R"([0-9]+(\.[0-9]{1,2})?)", kShare}));
        schema["minimum"] = static_cast<double>(info.minimum) / 100;
        schema["maximum"] = static_cast<double>(info.maximum) / 100;
        return schema;
    }
    case ValueType::integer: return ranged(number_or_text("integer", "^[-+]?[0-9]+$"), info.minimum, info.maximum);
    case ValueType::weight:
        return ranged(number_or_text("integer", info.key == Key::cpu_weight ? "^([0-9]+|idle)$" : "^[0-9]+$"),
                      info.minimum, info.maximum);
    case ValueType::duration: {
        Json schema = number_or_text("number", kSpan);
        schema[info.minimum > 0 ? "exclusiveMinimum" : "minimum"] = 0;
        return schema;
    }
    case ValueType::flag:
        return {{"enum", Json::array({true, false, "yes", "no", "true", "false", "on", "off", "1", "0", 1, 0})}};
    case ValueType::choice: return {{"enum", choice_words(info)}};
    case ValueType::choices: return {{"type", "array"}, {"items", {{"enum", choice_words(info)}}}};
    case ValueType::text: return text_schema(info);
    case ValueType::list:
        if (is_reaction(info.key))
            return {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", reaction_pattern(info.key)}}}};
        return {{"type", "array"}, {"items", {{"type", "string"}, {"minLength", 1}}}};
    }
    return Json::object();
}

Json key_schema(const KeyInfo &info)
{
    Json schema = {
        {"description", std::string(info.help) + " (" + option_name(info) + ", " + variable_name(info) + ")"}};
    schema.update(value_schema(info));
    return schema;
}

} // namespace

std::string profile_schema()
{
    Json properties = Json::object();
    for (const KeyInfo &info : key_table()) {
        const auto dot = info.name.find('.');
        if (dot == std::string_view::npos) {
            properties[std::string(info.name)] = key_schema(info);
            continue;
        }
        Json &section = properties[std::string(info.name.substr(0, dot))];
        if (section.is_null())
            section = {{"type", Json::array({"object", "null"})},
                       {"additionalProperties", false},
                       {"properties", Json::object()}};
        section["properties"][std::string(info.name.substr(dot + 1))] = key_schema(info);
    }
    const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"title", "dbgscope configuration"},
                         {"description", "config.yaml, profiles/NAME.yaml and .dbgscope.yaml; see dbgscope-profile(5)"},
                         {"type", Json::array({"object", "null"})},
                         {"additionalProperties", false},
                         {"properties", std::move(properties)}};
    return schema.dump({.indent = 2}) + '\n';
}

} // namespace dbgscope
