// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "profile/load.hpp"
#include "profile/profile_store.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

TEST(ShowProfile, IsYamlWithOrigins)
{
    EXPECT_EQ(*show_profile({}, "gc-trace", false), "go:\n  debug: [gctrace=1]\n");
    EXPECT_EQ(*show_profile({}, "gc-trace", true),
              "go:\n  debug: [gctrace=1]              # built-in profile gc-trace\n");
    const auto none = show_profile({}, "gctrace", false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().hint, "did you mean gc-trace?");
}

TEST(ShowSettings, GroupsKeysOfASectionOnce)
{
    Settings settings;
    for (const Key key : {Key::oom_policy, Key::oom_score_adjust, Key::slice})
        settings.set(key, {*parse_value(key_info(key), key == Key::oom_score_adjust ? "-5" : "stop"),
                           {Layer::environment, "/a\nb.yaml:1:2"}});
    EXPECT_EQ(show_settings(settings, false), "slice: stop\noom:\n  policy: stop\n  score_adjust: -5\n");
    EXPECT_EQ(show_settings(settings, true).substr(0, 52), "slice: stop                       # /a\\x0ab.yaml:1:2");
}

/// Whatever a value holds, what is shown reads back as the same value.
TEST(ShowSettings, ReadsBack)
{
    const TempTree tree;
    Settings settings;
    for (const char *text :
         {"a b", "null", "~",  "- x",  "a: b",      "a #b",     "*x",  "&x",   "!x", "\"q\"", "\\",  "it's",
          "%x",  "{a",   "[a", "x\ny", "tab\there", "\xc3\xa9", "yes", "0x10", "=a", "-",     "NULL"}) {
        settings.set(Key::unit, {std::string(text), {}});
        settings.set(Key::setenv, {std::vector<std::string>{text, "B=1"}, {}});
        const std::string path = tree.write("shown.yaml", show_settings(settings, true));
        const auto read = read_config(path);
        ASSERT_TRUE(read);
        const auto values = parse_settings(read->text, path, FileRole::config);
        ASSERT_TRUE(values) << text << ": " << to_line(values.error());
        EXPECT_EQ(values->at(0).value, Value(std::string(text)));
        EXPECT_EQ(values->at(1).value, Value(std::vector<std::string>{text, "B=1"}));
    }
}

TEST(ShowSettings, EveryShippedProfileReadsBack)
{
    const TempTree tree;
    for (const BuiltinProfile &profile : builtin_profiles()) {
        const std::string path = tree.write("profiles/x.yaml", *show_profile({}, profile.name, true));
        EXPECT_TRUE(check_file(path)) << profile.name;
    }
}

TEST(ListProfiles, ShowsShippedAndOwn)
{
    const TempTree tree;
    tree.write("profiles/zebra.yaml", "# SPDX-License-Identifier: MIT\n# For \x1b[2J zebras\nslice: a\n");
    tree.write("profiles/bad name.yaml", "");
    tree.write("profiles/notes.txt", "");
    tree.write("profiles/ci.yaml", "slice: a\n");
    std::filesystem::create_directory(tree.root() + "/profiles/dir.yaml");
    LayerSources sources;
    sources.profile_dirs = {tree.root() + "/profiles", tree.root() + "/absent"};
    const std::string list = list_profiles(sources);
    const std::string dir = tree.root() + "/profiles/";
    EXPECT_NE(list.find("default       What every launch starts from (built-in)\n"), std::string::npos) << list;
    EXPECT_NE(list.find("ci            (" + dir + "ci.yaml)\n"), std::string::npos) << list;
    EXPECT_NE(list.find("dir           unusable: is a directory, not a file (" + dir + "dir.yaml)\n"),
              std::string::npos)
        << list;
    EXPECT_TRUE(list.ends_with("zebra         For \\x1b[2J zebras (" + dir + "zebra.yaml)\n")) << list;
    EXPECT_EQ(list.find("\nci  "), list.rfind("\nci  ")); // the shipped one is not listed beside it
    EXPECT_EQ(list.find("bad name"), std::string::npos);
    EXPECT_EQ(list.find("notes"), std::string::npos);
}

TEST(CheckFile, ChecksByWhereTheFileStands)
{
    const TempTree tree;
    const std::string good = tree.write("config.yaml", "slice: a\nprofile: ci\n");
    EXPECT_EQ(*check_file(good), good + ": ok, 2 settings\n");
    EXPECT_FALSE(check_file(tree.write("profiles/x.yaml", "profile: ci\n")));
    EXPECT_FALSE(check_file(tree.write(".dbgscope.yaml", "slice: a\n")));
    EXPECT_FALSE(check_file(tree.root()));
    EXPECT_EQ(check_file(tree.root() + "/absent").error().kind, ErrorKind::not_found);
}

} // namespace
} // namespace dbgscope
