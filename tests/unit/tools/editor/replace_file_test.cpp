// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/replace_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "sys/file.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const TempTree &tree)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(tree.root()), {}));
}

TEST(ReplaceFile, KeepsModeOwnerAndLinks)
{
    const TempTree tree;
    const std::string file = tree.write("real/settings.json", "old");
    ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::chown(file.c_str(), 1234, 2345), 0);
    }
    const std::string link = tree.root() + "/link.json";
    fs::create_symlink("real/settings.json", link);
    const auto snapshot = take_snapshot(link);
    ASSERT_TRUE(snapshot) << to_line(snapshot.error());
    EXPECT_EQ(snapshot->text, "old");
    ASSERT_TRUE(replace_file(*snapshot, "new"));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(read_file(file).value_or(""), "new");
    struct stat status = {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640U);
    if (root) {
        EXPECT_EQ(status.st_uid, 1234U);
        EXPECT_EQ(status.st_gid, 2345U);
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(tree.root() + "/real"), {}), 1) << "nothing is left behind";
}

TEST(ReplaceFile, AFileThatIsNotThereGetsItsDirectories)
{
    const TempTree tree;
    const std::string path = tree.root() + "/a/b/launch.json";
    const auto snapshot = take_snapshot(path);
    ASSERT_TRUE(snapshot);
    EXPECT_FALSE(snapshot->exists);
    ASSERT_TRUE(replace_file(*snapshot, "{}\n"));
    EXPECT_EQ(read_file(path).value_or(""), "{}\n");
    const auto again = replace_file(*snapshot, "other");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().kind, ErrorKind::refused);
    EXPECT_EQ(read_file(path).value_or(""), "{}\n");
}

TEST(ReplaceFile, RefusesOverSomebodyElsesChange)
{
    const TempTree tree;
    const std::string file = tree.write("f", "old");
    const auto snapshot = take_snapshot(file);
    ASSERT_TRUE(snapshot);
    tree.write("f", "theirs");
    const auto done = replace_file(*snapshot, "ours");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::refused);
    EXPECT_EQ(done.error().cause, "it has changed meanwhile");
    EXPECT_EQ(read_file(file).value_or(""), "theirs");
    ASSERT_TRUE(fs::remove(file));
    EXPECT_FALSE(replace_file(*snapshot, "ours")) << "removed meanwhile";
    EXPECT_EQ(entries(tree), 0U);
}

TEST(ReplaceFile, AFileWithOtherNamesIsNotTornFromThem)
{
    const TempTree tree;
    const std::string file = tree.write("f", "old");
    fs::create_hard_link(file, tree.root() + "/other");
    const auto snapshot = take_snapshot(file);
    ASSERT_TRUE(snapshot);
    const auto done = replace_file(*snapshot, "new");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::config);
    EXPECT_EQ(read_file(file).value_or(""), "old");
    EXPECT_EQ(entries(tree), 2U) << "nothing is left behind";
}

TEST(ReplaceFile, WhatIsNoFileIsRefused)
{
    const TempTree tree;
    const std::string fifo = tree.root() + "/fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    fs::create_symlink("nowhere", tree.root() + "/dangling");
    for (const std::string &path : {fifo, tree.root(), tree.root() + "/dangling", std::string("/dev/null")}) {
        const auto snapshot = take_snapshot(path);
        ASSERT_FALSE(snapshot) << path;
        EXPECT_EQ(snapshot.error().kind, ErrorKind::config) << path;
    }
    const auto below = take_snapshot(tree.write("file", "") + "/x");
    EXPECT_FALSE(below);
}

} // namespace
} // namespace dbgscope
