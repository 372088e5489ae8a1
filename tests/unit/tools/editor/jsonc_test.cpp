// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/jsonc.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace dbgscope {
namespace {

JsonNode parsed(std::string_view text)
{
    auto root = parse_jsonc(text, "f.json");
    EXPECT_TRUE(root) << text << ": " << (root ? "" : to_line(root.error()));
    return root && *root ? **root : JsonNode{};
}

/// "1:5 cause (hint)"
std::string refusal(std::string_view text)
{
    const auto root = parse_jsonc(text, "f");
    if (root)
        return "accepted";
    EXPECT_EQ(root.error().kind, ErrorKind::config);
    EXPECT_EQ(root.error().subject.substr(0, 2), "f:");
    return root.error().subject.substr(2) + " " + root.error().cause +
           (root.error().hint.empty() ? "" : " (" + root.error().hint + ")");
}

TEST(Jsonc, ReadsEveryKindOfValue)
{
    const JsonNode root = parsed(R"({"o": {}, "a": [1, -0.5e+3], "s": "x", "t": true, "n": null})");
    ASSERT_EQ(root.children.size(), 5U);
    EXPECT_EQ(root.find("o")->kind, JsonKind::object);
    EXPECT_EQ(root.find("a")->children[1].text, "-0.5e+3");
    EXPECT_EQ(root.find("s")->string(), "x");
    EXPECT_TRUE(root.find("t")->is_literal("true"));
    EXPECT_FALSE(root.find("t")->string());
    EXPECT_TRUE(root.find("n")->is_literal("null"));
    EXPECT_EQ(root.find("missing"), nullptr);
    EXPECT_EQ(root.find("a")->find("x"), nullptr);
}

TEST(Jsonc, TakesCommentsTrailingCommasAndAMark)
{
    const JsonNode root = parsed("\xEF\xBB\xBF// first\r\n{ /* a \n b */ \"k\" : [1, /* */ 2 ,] , // end\n}\n// last");
    ASSERT_NE(root.find("k"), nullptr);
    EXPECT_EQ(root.find("k")->children.size(), 2U);
    EXPECT_EQ(parsed(R"(["// no comment /* nor this */"])").children[0].text, "// no comment /* nor this */");
}

TEST(Jsonc, OffsetsAreOfTheWholeText)
{
    const std::string text = "\xEF\xBB\xBF{\"key\": \"v\" /* c */}";
    const JsonNode root = parsed(text);
    const JsonNode &value = root.children.front();
    EXPECT_EQ(text.substr(root.begin, root.end - root.begin), "{\"key\": \"v\" /* c */}");
    EXPECT_EQ(text.substr(value.key_begin, value.key_end - value.key_begin), "\"key\"");
    EXPECT_EQ(text.substr(value.begin, value.end - value.begin), "\"v\"");
}

TEST(Jsonc, UndoesEscapes)
{
    EXPECT_EQ(parsed(R"("\"\\\/\b\f\n\r\t")").text, "\"\\/\b\f\n\r\t");
    EXPECT_EQ(parsed(R"("\u0041\u00e9\u20AC\ud83d\udc1b")").text, "Aé€🐛");
    EXPECT_EQ(parsed(R"("\ud83d \udc1b")").text, "\xEF\xBF\xBD \xEF\xBF\xBD") << "halves of a pair";
    EXPECT_EQ(parsed("\"a\tb\"").text, "a\tb") << "as VS Code takes it";
    EXPECT_EQ(parsed(R"({"\u0065nv": 1})").find("env")->text, "1");
}

TEST(Jsonc, OfDuplicateKeysTheLastCountsAndAllAreKept)
{
    const JsonNode root = parsed(R"({"a": 1, "b": 2, "a": 3})");
    EXPECT_EQ(root.children.size(), 3U);
    EXPECT_EQ(root.find("a")->text, "3");
}

TEST(Jsonc, NothingButBlanksAndCommentsIsNoFault)
{
    for (const char *text : {"", " \t\r\n", "\xEF\xBB\xBF", "// only a comment", "/* a */ // b\n"}) {
        const auto root = parse_jsonc(text, "f");
        ASSERT_TRUE(root) << text;
        EXPECT_FALSE(*root) << text;
    }
}

TEST(Jsonc, SaysWhatIsWrongAndWhere)
{
    const std::tuple<const char *, const char *> kCases[] = {
        {"{\"a\" 1}", "1:6 expected a colon, found \"1\""},
        {"{\"a\": 1\n \"b\": 2}", "2:2 expected a comma or \"}\", found \"\"\""},
        {"[1, 2", "1:6 expected a comma or \"]\", found the end of the file (\"[\" opened in line 1)"},
        {"{\n\"a\": [1}", "2:8 expected a comma or \"]\", found \"}\""},
        {"{a: 1}", "1:2 expected a key in double quotes, found \"a\""},
        {"{'a': 1}", "1:2 expected a key in double quotes, found \"'\""},
        {"[,]", "1:2 expected a value, found \",\""},
        {"[1,,2]", "1:4 expected a value, found \",\""},
        {"{\"a\": True}", "1:7 expected a value, found \"T\""},
        {"{\"a\": }", "1:7 expected a value, found \"}\""},
        {"{\"a\": \"x\n\"}", "1:7 a string without its closing quote"},
        {"{\"é\": \"x", "1:7 a string without its closing quote"},
        {"{} /* never", "1:4 a comment without its end (close it with */)"},
        {"{} x", "1:4 more text after the end of the value (a file holds one value in one pair of braces)"},
        {"{} {}", "1:4 more text after the end of the value (a file holds one value in one pair of braces)"},
        {"[\"\\x41\"]", "1:3 an escape that JSON does not have (write \\\\ for a backslash)"},
        {"[\"\\u12g4\"]", "1:3 an escape that JSON does not have (write \\\\ for a backslash)"},
        {"[01]", "1:3 expected a comma or \"]\", found \"1\""},
        {"[1.]", "1:2 not a number as JSON writes it"},
        {"[-]", "1:2 not a number as JSON writes it"},
        {"[+1]", "1:2 expected a value, found \"+\""},
        {"[\v1]", "1:2 expected a value, found \"\\x0b\""},
        {"{\r\n\"a\": \xFF}", "2:6 not UTF-8 (save the file as UTF-8)"},
        {"\xFF\xFE{", "1:1 not UTF-8 (save the file as UTF-8)"},
    };
    for (const auto &[text, expected] : kCases)
        EXPECT_EQ(refusal(text), expected) << text;
}

TEST(Jsonc, DepthIsBounded)
{
    const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse_jsonc(nested(kMaxJsonDepth), "f"));
    EXPECT_EQ(refusal(nested(kMaxJsonDepth + 1)), "1:101 nested deeper than 100 levels");
    EXPECT_EQ(refusal(std::string(1'000'000, '[')), "1:101 nested deeper than 100 levels");
}

TEST(Jsonc, PlacesCountCodePointsAndAnyLineEnd)
{
    const std::string text = "\xEF\xBB\xBF"
                             "a\r\nüx\rb\n\nc";
    const std::tuple<std::size_t, int, int> kPlaces[] = {{0, 1, 1}, {3, 1, 1},  {4, 1, 2},  {6, 2, 1},
                                                         {8, 2, 2}, {10, 3, 1}, {13, 5, 1}, {99, 5, 2}};
    for (const auto &[offset, line, column] : kPlaces) {
        EXPECT_EQ(place_of(text, offset).line, line) << offset;
        EXPECT_EQ(place_of(text, offset).column, column) << offset;
    }
}

TEST(Jsonc, QuotesForJson)
{
    EXPECT_EQ(json_quoted("a\"b\\\n"), R"("a\"b\\\n")");
    EXPECT_EQ(json_quoted("\xFF"), "\"\xEF\xBF\xBD\"");
}

} // namespace
} // namespace dbgscope
