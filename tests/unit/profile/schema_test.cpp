// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "patterns.hpp"
#include "profile/key_names.hpp"
#include "profile/load.hpp"
#include "profile/profile_store.hpp"
#include "profile/yaml_file.hpp"
#include "unit/profile/source_root.hpp"

namespace dbgscope {
namespace {

using Json = nlohmann::json;

std::string file_text(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

/// A plain YAML scalar as the core schema of YAML 1.2 types it; the words that 1.1 takes for booleans stay strings.
Json typed(const std::string &text)
{
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code == std::errc{} && end == text.data() + text.size() && text.find_first_of("in") == std::string::npos)
        return text.find('.') == std::string::npos ? Json(static_cast<std::int64_t>(number)) : Json(number);
    return text == "true" ? Json(true) : text == "false" ? Json(false) : Json(text);
}

bool has_type(const Json &value, const std::string &type)
{
    return (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "array" && value.is_array());
}

/// The keywords profile_schema() uses for values; an unknown one fails.
bool validates(const Json &schema, const Json &value)
{
    for (const auto &[keyword, rule] : schema.items()) {
        bool good = true;
        if (keyword == "type")
            good = rule.is_array() ? std::ranges::any_of(rule, [&](const Json &type) { return has_type(value, type); })
                                   : has_type(value, rule);
        else if (keyword == "pattern")
            good = !value.is_string() || test::has_match(value.get<std::string>(), rule.get<std::string>());
        else if (keyword == "minimum")
            good = !value.is_number() || value.get<double>() >= rule.get<double>();
        else if (keyword == "exclusiveMinimum")
            good = !value.is_number() || value.get<double>() > rule.get<double>();
        else if (keyword == "maximum")
            good = !value.is_number() || value.get<double>() <= rule.get<double>();
        else if (keyword == "minLength")
            good = !value.is_string() || value.get<std::string>().size() >= rule.get<std::size_t>();
        else if (keyword == "enum")
            good = std::ranges::find(rule, value) != rule.end();
        else if (keyword == "items")
            good = std::ranges::all_of(value, [&](const Json &item) { return validates(rule, item); });
        else
            good = keyword == "description";
        if (!good)
            return false;
    }
    return true;
}

Json schema_of(const std::string &key)
{
    Json node = Json::parse(profile_schema());
    std::istringstream parts(key);
    for (std::string part; std::getline(parts, part, '.');)
        node = node.at("properties").at(part);
    return node;
}

TEST(Schema, TheCheckedInFileIsCurrent)
{
    EXPECT_EQ(file_text(DBGSCOPE_SOURCE_ROOT "/profiles/dbgscope.schema.json"), profile_schema())
        << "write it anew: dbgscope profile schema > profiles/dbgscope.schema.json";
}

TEST(Schema, KnowsEveryKeyAndNoOther)
{
    const Json schema = Json::parse(profile_schema());
    EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(schema.at("additionalProperties"), false);
    std::size_t leaves = 0;
    for (const auto &[name, node] : schema.at("properties").items()) {
        const bool section = node.contains("properties");
        leaves += section ? node.at("properties").size() : 1;
        EXPECT_TRUE(!section || node.at("additionalProperties") == false) << name;
    }
    EXPECT_EQ(leaves, kKeyCount);
    for (const KeyInfo &info : key_table())
        EXPECT_NO_THROW((void)schema_of(std::string(info.name))) << info.name;
}

TEST(Schema, AcceptsEveryShippedProfile)
{
    for (const BuiltinProfile &profile : builtin_profiles()) {
        const std::string path = DBGSCOPE_SOURCE_ROOT "/profiles/" + std::string(profile.name) + ".yaml";
        const auto entries = parse_yaml(file_text(path), path);
        ASSERT_TRUE(entries) << to_line(entries.error());
        EXPECT_FALSE(entries->empty());
        for (const YamlEntry &entry : *entries) {
            Json value = Json::array();
            for (const YamlScalar &scalar : entry.values)
                value.push_back(typed(scalar.text));
            if (entry.kind == YamlEntry::Kind::scalar)
                value = value.at(0);
            EXPECT_TRUE(validates(schema_of(entry.key), value)) << path << ' ' << entry.key;
        }
    }
}

/// The schema and the parser say the same of a value, where a schema can.
TEST(Schema, AgreesWithTheParser)
{
    for (const KeyInfo &info : key_table()) {
        if (info.type == ValueType::list || info.type == ValueType::choices || info.type == ValueType::text)
            continue;
        const Json schema = schema_of(std::string(info.name));
        for (const char *text : {"512M", "1.5G", "40%",   "100.5%", "infinity", "12Q",  "-1",      "1",
                                 "0",    "75",   "20000", "yes",    "off",      "true", "warn",    "none",
                                 "idle", "x",    "stop",  "1h",     "-20",      "20",   "1G 512M", "12.5\u2030"}) {
            // No schema can add up "101%" or "0%" in text: numbers as YAML numbers only.
            const bool range_in_text = std::string(text).ends_with('%') || info.type == ValueType::duration;
            const bool parsed = parse_value(info, text).has_value();
            if (parsed || !range_in_text) {
                EXPECT_EQ(validates(schema, typed(text)), parsed) << info.name << ' ' << text;
            }
        }
    }
}

} // namespace
} // namespace dbgscope
