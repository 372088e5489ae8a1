// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "profile/yaml_file.hpp"

namespace dbgscope {
namespace {

TEST(ParseYaml, FlattensMapsAndKeepsPlaces)
{
    const auto entries = parse_yaml("# comment\nmemory:\n  max: 512M\n  low: \"1K\"\nslice: debug\n"
                                    "go: {debug: [a=1, 'b=2']}\nproperty:\n- X=1\n- Y=2\ncpu: {}\nio:\nempty: []\n",
                                    "f");
    ASSERT_TRUE(entries) << to_line(entries.error());
    std::string flat;
    for (const YamlEntry &entry : *entries) {
        flat += place_text(entry.key, entry.value_place) + '/' + std::to_string(static_cast<int>(entry.kind));
        for (const YamlScalar &value : entry.values)
            flat += ' ' + place_text(value.text, value.place);
        flat += '\n';
    }
    EXPECT_EQ(flat, "memory.max:3:8/0 512M:3:8\nmemory.low:4:8/0 1K:4:8\nslice:5:8/0 debug:5:8\n"
                    "go.debug:6:13/1 a=1:6:14 b=2:6:19\nproperty:8:1/1 X=1:8:3 Y=2:9:3\ncpu:10:1/3\nio:11:1/2\n"
                    "empty:12:8/1\n");
}

TEST(ParseYaml, AcceptsWhatSaysNothing)
{
    for (const char *text : {"", "\n\n", "# only a comment\n", "---\n", "--- {}\n", "{}", "~", "\xef\xbb\xbf# bom\n"}) {
        const auto entries = parse_yaml(text, "f");
        ASSERT_TRUE(entries) << text << to_line(entries.error());
        EXPECT_TRUE(entries->empty()) << text;
    }
    const auto windows = parse_yaml("slice: a\r\nunit: b\r\n", "f");
    ASSERT_TRUE(windows);
    EXPECT_EQ(windows->at(0).values.at(0).text, "a");
}

struct Bad {
    std::string text;
    const char *line; ///< beginning of the message
};

TEST(ParseYaml, RefusesWithPlace)
{
    using namespace std::string_literals;
    const Bad table[] = {
        {"slice: a\nslice: b\n", "f:2:1: duplicate key \"slice\" (keep one of the two)"},
        {"memory:\n  max: 1G\n  max: 2G\n", "f:3:3: duplicate key \"max\""},
        {"memory: {max: 1G}\nmemory: {low: 1G}\n", "f:2:1: duplicate key \"memory\""},
        {"memory.max: 512M\n", "f:1:1: a key with a dot: \"memory.max\" (nest it: memory: {max: …})"},
        {"a: &x 1\nb: *x\n", "f:1:4: anchors and aliases"},
        {"a: &x [1]\n", "f:1:4: anchors and aliases"},
        {"a: &x\n  b: *x\n", "f:1:4: anchors and aliases"},
        {"a: *x\n", "f:1:4: "},
        {"<<: {a: 1}\n", "f:1:1: merge keys (<<) are not supported"},
        {"a: !!str 1\n", "f:1:4: tags (!) are not supported"},
        {"a: !!binary aGk=\n", "f:1:4: tags (!) are not supported"},
        {"!x\na: 1\n", "f:1:1: tags (!) are not supported"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document"},
        {"a: 1\n...\n---\nb: 2\n", "f:3:1: a second document"},
        {"a:\n\tb: 1\n", "f:2:1: a tab in the indentation (YAML indents with spaces)"},
        {"a:\n  \tb: 1\n", "f:2:3: a tab in the indentation"},
        {"a: b\0c\n"s, "f:1:5: a control character (is this a text file?)"},
        {"\x7f"
         "ELF\x02\x01\x01\n",
         "f:1:1: a control character"},
        {"a: \xff\xfe\n", "f:1:4: a byte that is not UTF-8"},
        {"a: caf\xe9\n", "f:1:7: a byte that is not UTF-8"},
        {"a: \xed\xa0\x80\n", "f:1:4: a byte that is not UTF-8"},
        {"a: \xc0\xaf\n", "f:1:4: a byte that is not UTF-8"},
        {"\xfe\xff\0a"s, "f:1:1: a byte that is not UTF-8"},
        {"just text\n", "f:1:1: not a map of keys (write \"key: value\" lines)"},
        {"- a\n- b\n", "f:1:1: a list, not a map of keys"},
        {"a: [b, [c]]\n", "f:1:8: a list inside a list"},
        {"a: [b, {c: d}]\n", "f:1:8: a map inside a list"},
        {"a:\n- b: c\n", "f:2:3: a map inside a list"},
        {"a: [b, ~]\n", "f:1:8: an empty item in a list"},
        {"a:\n-\n- b\n", "f:3:1: an empty item in a list"},
        {"? [a]\n: b\n", "f:1:3: a list as a key"},
        {"? {a: 1}\n: b\n", "f:1:3: a map as a key"},
        {"~: b\n", "f:1:1: a key without a name"},
        {"a: {b: {c: {d: {e: 1}}}}\n", "f:1:16: nested too deep"},
        {"a: [b\n", "f:"},
        {"a: \"b\n", "f:1:6: not valid YAML: illegal EOF in scalar (is a quote or a bracket left open?)"},
        {"a: \"b\nc: d\n\n", "f:2:5: not valid YAML: illegal EOF in scalar (is a quote or a bracket left open?)"},
        {"a: 'b\n# c\n  \r\n", "f:2:4: not valid YAML: illegal EOF in scalar (is a quote or a bracket left open?)"},
        {"a: b: c\n", "f:1:5: not valid YAML: illegal map value"},
        {"a: 1\n  b: 2\n", "f:2:4: not valid YAML: "},
        {"a: }\n", "f:1:4: not valid YAML: "},
        {"%YAML 9.9\n---\na: 1\n", "f:1:1: not valid YAML: "},
        {std::string(64 * 1024 + 1, '#'), "f:1:1: larger than 64 KiB (is this the right file?)"},
    };
    for (const auto &[text, line] : table) {
        const auto entries = parse_yaml(text, "f");
        ASSERT_FALSE(entries) << text;
        EXPECT_EQ(entries.error().kind, ErrorKind::config);
        EXPECT_TRUE(to_line(entries.error()).starts_with(line)) << text << '\n' << to_line(entries.error());
    }
}

/// What makes other readers run out of memory or stack: all of it at most 64 KiB, all of it at once.
TEST(ParseYaml, EndsOnHostileInput)
{
    const std::size_t most = kMaxConfigBytes - 16;
    std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c <= 'i'; ++c)
        laughs +=
            std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ",*" + static_cast<char>(c - 1) + "]\n";
    std::string question;
    for (std::size_t i = 0; i < most / 2; ++i)
        question += "? ";
    std::string stairs;
    for (std::size_t i = 0; i < 350; ++i)
        stairs += std::string(i, ' ') + "a:\n";
    for (const std::string &text :
         {laughs, std::string(most, '['), "a: " + std::string(most - 3, '['), std::string(most, '{'), question, stairs,
          std::string(most, '-'), std::string(most, '!'), std::string(most, '&'), std::string(most, '*'),
          std::string(most, ':'), std::string(most, '"'), std::string(most, ','), std::string(most, '|'),
          "a: |" + std::string(most - 4, '9')}) {
        const auto entries = parse_yaml(text, "f");
        EXPECT_FALSE(entries) << text.substr(0, 20);
    }
}

} // namespace
} // namespace dbgscope
