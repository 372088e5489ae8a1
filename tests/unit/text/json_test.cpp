// SPDX-License-Identifier: Apache-2.0
#include "text/json.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Json, IsWrittenInTheOrderItWasMade)
{
    Json value{{"z", 1}, {"a", Json::array({true, nullptr, "b", -2, 2.5})}, {"o", {{"k", std::string("v")}}}};
    value["a2"] = {{"x", std::vector<std::string>{"p", "q"}}};
    EXPECT_EQ(value.dump(), R"({"z":1,"a":[true,null,"b",-2,2.5],"o":{"k":"v"},"a2":{"x":["p","q"]}})");
    value["z"] = Json::object();
    EXPECT_EQ(value.dump({.sorted = true}),
              R"({"a":[true,null,"b",-2,2.5],"a2":{"x":["p","q"]},"o":{"k":"v"},"z":{}})");
    EXPECT_EQ((Json{{"a", Json::array({1})}}.dump({.indent = 2})), "{\n  \"a\": [\n    1\n  ]\n}");
    EXPECT_EQ((Json{{"a", 1}}.dump({.indent = 1, .fill = '\t'})), "{\n\t\"a\": 1\n}");
}

TEST(Json, TextIsUtf8OrAscii)
{
    EXPECT_EQ(Json("\u00fc\n\xff").dump(), "\"\u00fc\\n\uFFFD\"");
    EXPECT_EQ(Json("\u00fc\u202e").dump({.ascii = true}), R"("\u00fc\u202e")");
    EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, NumbersKeepTheirRange)
{
    const auto read = parse_json("[18446744073709551615, -9223372036854775808, 5, 1.0, 1e3]");
    ASSERT_TRUE(read);
    const Json::Array &items = *read->items();
    EXPECT_EQ(items[0].whole<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(items[0].whole<std::int64_t>(), std::nullopt);
    EXPECT_EQ(items[1].whole<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(items[1].whole<std::uint32_t>(), std::nullopt);
    EXPECT_EQ(items[2].whole<int>(), 5);
    EXPECT_EQ(items[3].whole<int>(), std::nullopt);
    EXPECT_EQ(items[4].number(), 1000.0);
    EXPECT_EQ(read->dump(), "[18446744073709551615,-9223372036854775808,5,1.0,1000.0]");
}

TEST(Json, OfEqualNamesTheLastCountsInTheFirstOnesPlace)
{
    EXPECT_EQ(parse_json(R"({"a": 1, "b": 2, "a": {"c": 1, "c": 3}})")->dump(), R"({"a":{"c":3},"b":2})");
    Json value{{"a", 1}, {"b", 2}};
    value.update({{"a", 3}, {"c", 4}});
    EXPECT_EQ(value.dump(), R"({"a":3,"b":2,"c":4})");
}

TEST(Json, AFaultHasItsPlace)
{
    const auto read = parse_json("{\n  \"a\": 1,\n  oops\n}");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::config);
    EXPECT_EQ(read.error().subject, "line 3, column 3");
    EXPECT_EQ(read.error().place.line, 3);
    EXPECT_EQ(read.error().place.column, 3);
    for (const char *text : {"", " ", "[1,]", "{\"a\"}", "1 2", "\"\xff\"", "nul", "[1", "// c\n1"})
        EXPECT_FALSE(parse_json(text)) << text;
}

TEST(Json, DeepNestingIsRefused)
{
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_json(nested(kMaxParsedDepth)));
    EXPECT_EQ(parse_json(nested(kMaxParsedDepth + 1)).error().cause, "nested too deep");
    EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

} // namespace
} // namespace dbgscope
