// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/settings_file.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

TEST(ParseSettings, ReadsValuesWithTheirPlaces)
{
    const auto settings = parse_settings("# mine\nmemory:\n  max: 512M\nrequire: [scope, limit]\ncollect: yes\n"
                                         "setenv:\n  - A=1\n  - \"B=2, 3\"\ntasks: {max: 100}\ncpu:\n#  weight: 1\n",
                                         "/etc/dbgscope/config.yaml", FileRole::config);
    ASSERT_TRUE(settings) << to_line(settings.error());
    ASSERT_EQ(settings->size(), 5u);
    EXPECT_EQ(settings->at(0).where, "/etc/dbgscope/config.yaml:3:8");
    EXPECT_EQ(settings->at(0).key, Key::memory_max);
    EXPECT_EQ(std::get<SizeSpec>(settings->at(0).value).value, 512 * kMiB);
    EXPECT_EQ(std::get<std::vector<std::string>>(settings->at(1).value), (std::vector<std::string>{"scope", "limit"}));
    EXPECT_EQ(std::get<std::vector<std::string>>(settings->at(3).value), (std::vector<std::string>{"A=1", "B=2, 3"}));
}

struct Bad {
    const char *text;
    const char *line;
    FileRole role = FileRole::config;
};

TEST(ParseSettings, RefusesWithPlaceAndSuggestion)
{
    const Bad table[] = {
        {"memory:\n  mx: 1G\n", "f:2:3: unknown key memory.mx (did you mean memory.max?)"},
        {"memroy:\n  max: 1G\n", "f:2:3: unknown key memroy.max (did you mean memory.max?)"},
        {"silce: a\n", "f:1:1: unknown key silce (did you mean slice?)"},
        {"quaternion: a\n", "f:1:1: unknown key quaternion (man dbgscope-profile lists the keys)"},
        {"quaternion: {}\n", "f:1:1: unknown key quaternion (man dbgscope-profile lists the keys)"},
        {"quaternion:\n", "f:1:1: unknown key quaternion (man dbgscope-profile lists the keys)"},
        {"pressure: off\n", "f:1:1: pressure is a group of keys, not a value (below it go: some, full, action, watch)"},
        {"slice: {name: a}\n", "f:1:9: slice takes a value, not a group of keys"},
        {"slice: {}\n", "f:1:1: slice has no value (give it one, or remove the line)"},
        {"memory:\n  max:\n", "f:2:3: memory.max has no value (give it one, or remove the line)"},
        {"memory: {max: 12Q}\n", "f:1:15: memory.max \"12Q\": unknown unit \"Q\" (sizes are like 512M, 2G, 40% or "
                                 "infinity (K, M, G, T are powers of 1024))"},
        {"memory: {max: [1G]}\n", "f:1:15: memory.max takes one value, not a list"},
        {"setenv: A=1\n", "f:1:9: setenv takes a list (write [A=1])"},
        {"require: limit\n", "f:1:10: require takes a list (write [limit])"},
        {"require: [scope, limt]\n",
         "f:1:18: require \"limt\": unknown word \"limt\" (did you mean limit? it can be scope, limit, split, fuse)"},
        {"nice: 20\n", "f:1:7: nice \"20\": out of range (it can be -20 to 19)"},
        {"collect: True\n", "f:1:10: collect \"True\": neither yes nor no (it can be yes or no)"},
        {"unit: \"\"\n", "f:1:7: unit \"\": empty (leave it out instead)"},
        {"slice: a\nprofile: ci\n", "f:2:1: a profile cannot name another profile", FileRole::profile},
        {"slice: a\n",
         "f:1:1: slice is not taken from a project file (a project may only tighten limits and name a profile; set it "
         "in ~/.config/dbgscope/config.yaml)",
         FileRole::project},
        {"memory: {max: 1G}\nsetenv: [LD_PRELOAD=x]\n", "f:2:1: setenv is not taken from a project file (",
         FileRole::project},
    };
    for (const auto &[text, line, role] : table) {
        const auto settings = parse_settings(text, "f", role);
        ASSERT_FALSE(settings) << text;
        EXPECT_EQ(settings.error().kind, ErrorKind::config);
        EXPECT_TRUE(to_line(settings.error()).starts_with(line)) << text << '\n' << to_line(settings.error());
    }
}

TEST(ReadConfig, RefusesWhatIsNoRegularFile)
{
    const TempTree tree;
    const std::string fifo = tree.root() + "/fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(to_line(read_config(fifo).error()), fifo + ": is not a regular file");
    EXPECT_EQ(to_line(read_config(tree.root()).error()), tree.root() + ": is a directory, not a file");
    EXPECT_EQ(to_line(read_config("/dev/zero").error()), "/dev/zero: is not a regular file");
    const std::string huge = tree.write("huge.yaml", std::string(70000, '#'));
    EXPECT_EQ(to_line(read_config(huge).error()), huge + ": larger than 64 KiB (is this the right file?)");
    const auto absent = read_config(tree.root() + "/absent");
    EXPECT_EQ(absent.error().kind, ErrorKind::not_found);
    EXPECT_EQ(to_line(absent.error()), "cannot read " + tree.root() + "/absent: No such file or directory");
    ASSERT_EQ(::symlink("loop", (tree.root() + "/loop").c_str()), 0);
    EXPECT_EQ(read_config(tree.root() + "/loop").error().error_number, ELOOP);
}

TEST(ReadConfig, SaysWhenAFileIsUnreadable)
{
    const TempTree tree;
    const std::string file = tree.write("config.yaml", "slice: a\n");
    ASSERT_EQ(::chmod(tree.root().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(file.c_str(), 0), 0);
    const bool root = ::geteuid() == 0;
    ASSERT_TRUE(!root || ::seteuid(65534) == 0); // root may read everything
    const auto config = read_config(file);
    ASSERT_TRUE(!root || ::seteuid(0) == 0);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().kind, ErrorKind::denied);
    EXPECT_EQ(to_line(config.error()), "cannot read " + file + ": Permission denied");
}

TEST(ReadConfig, GivesTextAndOwner)
{
    const TempTree tree;
    const auto config = read_config(tree.write("config.yaml", std::string(64 * 1024, '#')));
    ASSERT_TRUE(config);
    EXPECT_EQ(config->text.size(), 64u * 1024);
    EXPECT_EQ(config->owner_uid, ::geteuid());
}

} // namespace
} // namespace dbgscope
