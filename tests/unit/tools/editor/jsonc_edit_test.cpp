// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/jsonc_edit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ranges>

#include "unit/profile/source_root.hpp"

namespace dbgscope {
namespace {

using Plain = nlohmann::ordered_json;

struct CorpusFile {
    std::string name, text;
};

std::vector<CorpusFile> corpus()
{
    std::vector<CorpusFile> files;
    for (const auto &entry : std::filesystem::directory_iterator(DBGSCOPE_SOURCE_ROOT "/tests/editor/corpus")) {
        std::ifstream in(entry.path(), std::ios::binary);
        files.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(in), {}}});
    }
    std::ranges::sort(files, {}, &CorpusFile::name);
    EXPECT_GE(files.size(), 25U);
    return files;
}

/// What `splices` put in, taken out again.
std::string undone(std::string_view before, std::string text, const std::vector<Splice> &splices)
{
    std::ptrdiff_t grown = 0;
    std::vector<std::size_t> starts;
    for (const Splice &splice : splices) {
        starts.push_back(splice.at + static_cast<std::size_t>(grown));
        grown += static_cast<std::ptrdiff_t>(splice.inserted.size()) - static_cast<std::ptrdiff_t>(splice.removed);
    }
    for (std::size_t i = splices.size(); i-- > 0;)
        text.replace(starts[i], splices[i].inserted.size(), before.substr(splices[i].at, splices[i].removed));
    return text;
}

/// The meaning: what jsonc stands for as plain JSON, by a parser that is not ours.
Plain meaning(std::string_view text)
{
    const auto root = parse_jsonc(text, "f");
    EXPECT_TRUE(root) << to_line(root.error()) << "\n" << text;
    if (!root || !*root)
        return Plain::object();
    const auto plain = [](const auto &self, const JsonNode &node) -> Plain {
        Plain out = node.kind == JsonKind::object ? Plain::object() : Plain::array();
        if (node.kind == JsonKind::string)
            return node.text;
        if (node.kind != JsonKind::object && node.kind != JsonKind::array)
            return Plain::parse(node.text);
        for (const JsonNode &child : node.children)
            if (node.kind == JsonKind::object)
                out[child.key] = self(self, child);
            else
                out.push_back(self(self, child));
        return out;
    };
    return plain(plain, **root);
}

void check(const CorpusFile &file, const std::vector<Splice> &splices, const Plain &expected)
{
    const std::string after = apply_splices(file.text, splices);
    EXPECT_EQ(undone(file.text, after, splices), file.text) << file.name;
    EXPECT_EQ(meaning(after), expected) << file.name << "\n" << after;
    const std::string_view line_end = file.text.contains("\r\n") ? "\r\n" : file.text.contains('\r') ? "\r" : "\n";
    for (const Splice &splice : splices) {
        std::string rest = splice.inserted;
        for (std::size_t at = rest.find(line_end); at != std::string::npos; at = rest.find(line_end, at))
            rest.erase(at, line_end.size());
        EXPECT_EQ(rest.find_first_of("\r\n"), std::string::npos) << file.name << ": other line ends in what was put in";
    }
}

TEST(JsoncEdit, EveryCorpusFileParses)
{
    for (const CorpusFile &file : corpus())
        EXPECT_TRUE(parse_jsonc(file.text, file.name)) << file.name;
}

TEST(JsoncEdit, SettingMembersLeavesTheRestOfTheCorpusAlone)
{
    const std::vector<std::vector<std::string>> kPaths = {
        {"version"}, {"new"}, {"go.alternateTools", "dlv"}, {"a", "b", "c"}};
    for (const CorpusFile &file : corpus())
        for (const auto &path : kPaths) {
            const auto splices = set_member(file.text, file.name, path, "put \"in\"");
            ASSERT_TRUE(splices) << file.name;
            Plain expected = meaning(file.text);
            Plain *at = &expected;
            for (const std::string &step : path)
                at = &(*at)[step];
            *at = "put \"in\"";
            check(file, *splices, expected);
            const auto again = set_member(apply_splices(file.text, *splices), file.name, path, "put \"in\"");
            ASSERT_TRUE(again);
            EXPECT_TRUE(again->empty()) << file.name << ": a second time changes nothing";
        }
}

/// Every container of every corpus file, the most hostile places included.
void grow_everywhere(const CorpusFile &file, const JsonNode &node, const Plain::json_pointer &place)
{
    const Json value = {{"k", "v"}, {"list", Json::array({1, 2})}};
    const Plain same = {{"k", "v"}, {"list", {1, 2}}};
    Plain expected = meaning(file.text);
    if (node.kind == JsonKind::array) {
        expected[place].push_back(same);
        check(file, append_element(file.text, node, value), expected);
    } else if (node.kind == JsonKind::object) {
        expected[place]["new key"] = same;
        check(file, append_member(file.text, node, "new key", value), expected);
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const JsonNode &child = node.children[i];
        if (node.kind == JsonKind::array)
            grow_everywhere(file, child, place / i);
        else if (node.find(child.key) == &child) // of duplicates only the last has a meaning
            grow_everywhere(file, child, place / child.key);
    }
}

TEST(JsoncEdit, GrowingAnyContainerLeavesTheRestOfTheCorpusAlone)
{
    for (const CorpusFile &file : corpus())
        if (const auto root = parse_jsonc(file.text, file.name); root && *root)
            grow_everywhere(file, **root, Plain::json_pointer());
}

TEST(JsoncEdit, NoCorpusFileCutOffOrBrokenAnywhereIsAcceptedAsAnotherOrCrashes)
{
    for (const CorpusFile &file : corpus())
        for (std::size_t length = 0; length < file.text.size(); ++length) {
            const std::string_view cut = std::string_view(file.text).substr(0, length);
            const auto root = parse_jsonc(cut, "f");
            if (!root) {
                EXPECT_TRUE(root.error().subject.starts_with("f:")) << root.error().subject;
            } else if (*root) { // only what follows the value is missing
                EXPECT_EQ(skip_blank(file.text, (*root)->end), file.text.size()) << file.name << " cut at " << length;
            }
            std::string broken = file.text;
            broken[length] = '\xFF';
            const auto refused = parse_jsonc(broken, "f");
            ASSERT_FALSE(refused) << file.name << " broken at " << length;
            EXPECT_EQ(refused.error().cause, "not UTF-8");
        }
}

std::string after_setting(std::string_view text, const std::vector<std::string> &path, const Json &value)
{
    const auto splices = set_member(text, "f.json", path, value);
    return splices ? apply_splices(text, *splices) : to_line(splices.error());
}

TEST(JsoncEdit, WhatIsPutInLooksLikeTheRest)
{
    EXPECT_EQ(after_setting("{\n  \"a\": 1\n}\n", {"x", "y"}, 2), "{\n  \"a\": 1,\n  \"x\": {\n    \"y\": 2\n  }\n}\n");
    EXPECT_EQ(after_setting("{\n\t\"a\": 1,\n}", {"x", "y"}, 2), "{\n\t\"a\": 1,\n\t\"x\": {\n\t\t\"y\": 2\n\t},\n}");
    EXPECT_EQ(after_setting("{\r\n \"a\": 1 // why\r\n}", {"x"}, 2), "{\r\n \"a\": 1, // why\r\n \"x\": 2\r\n}");
    EXPECT_EQ(after_setting("{\n    \"a\": { \"b\": 1 }\n}", {"a", "x"}, true),
              "{\n    \"a\": { \"b\": 1, \"x\": true }\n}");
    EXPECT_EQ(after_setting("{\"a\":1}", {"x", "y"}, 2), "{\"a\":1, \"x\": {\"y\":2}}");
    EXPECT_EQ(after_setting("{\n    \"a\": {},\n}\n", {"a", "x"}, 2), "{\n    \"a\": {\n        \"x\": 2\n    },\n}\n");
    EXPECT_EQ(after_setting("{\n    // none\n}\n", {"x"}, 2), "{\n    // none\n    \"x\": 2\n}\n");
    EXPECT_EQ(after_setting("{}", {"x"}, 2), "{\n    \"x\": 2\n}");
    EXPECT_EQ(after_setting("", {"x"}, 2), "{\n    \"x\": 2\n}\n");
    EXPECT_EQ(after_setting("// mine", {"x"}, 2), "// mine\n{\n    \"x\": 2\n}\n");
    EXPECT_EQ(after_setting("\xEF\xBB\xBF", {"x"}, 2), "\xEF\xBB\xBF{\n    \"x\": 2\n}\n");
    EXPECT_EQ(after_setting("{\n  \"x\": [\n    1 // one\n  ] // list\n}", {"x"}, Json::array({1, 2})),
              "{\n  \"x\": [\n    1,\n    2\n  ] // list\n}");
}

TEST(JsoncEdit, ElementsJoinAsTheirNeighbours)
{
    const std::string text = "{\n  \"c\": [{\n    \"a\": 1\n  }]\n}";
    const auto root = parse_jsonc(text, "f");
    EXPECT_EQ(apply_splices(text, append_element(text, *(*root)->find("c"), Json{{"b", 2}})),
              "{\n  \"c\": [{\n    \"a\": 1\n  }, {\n    \"b\": 2\n  }]\n}");
}

TEST(JsoncEdit, OfDuplicateKeysTheOneThatCountsIsChanged)
{
    EXPECT_EQ(after_setting("{\"a\": 1, \"a\": 2}", {"a"}, 3), "{\"a\": 1, \"a\": 3}");
}

TEST(JsoncEdit, WhatIsNoObjectIsNotTouched)
{
    EXPECT_EQ(after_setting("{\n \"go.alternateTools\": null}", {"go.alternateTools", "dlv"}, "x"),
              "f.json:2:23: \"go.alternateTools\" is no object, so it cannot take \"dlv\" (change it by hand)");
    EXPECT_EQ(after_setting("[]", {"a"}, 1),
              "f.json:1:1: the file's value is no object, so it cannot take \"a\" (change it by hand)");
    EXPECT_EQ(after_setting("{", {"a"}, 1).substr(0, 11), "f.json:1:2:");
}

} // namespace
} // namespace dbgscope
