// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

class SnapshotStore : public testing::Test {
  protected:
    void SetUp() override
    {
        std::string pattern = (fs::temp_directory_path() / "dbgscope-store-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override { fs::remove_all(root_); }

    std::string base() const { return root_ + "/below/snapshots"; }
    std::set<std::string> names() const
    {
        std::set<std::string> found;
        for (const auto &entry : fs::directory_iterator(base()))
            found.insert(entry.path().filename().string());
        return found;
    }
    /// Made `number` seconds after the others.
    void put(const std::string &name, std::size_t bytes, int number)
    {
        fs::create_directories(base() + '/' + name);
        std::ofstream(base() + '/' + name + "/heap.json") << std::string(bytes, 'x');
        const timespec when[2] = {{.tv_sec = 1000 + number, .tv_nsec = 0}, {.tv_sec = 1000 + number, .tv_nsec = 0}};
        ASSERT_EQ(::utimensat(AT_FDCWD, (base() + '/' + name).c_str(), when, 0), 0);
    }

    std::string root_;
};

const Snapshot kSnapshot{{{"summary.txt", "all is well\n"}, {"gc.json", "{}\n"}}};

TEST_F(SnapshotStore, EachHasANameOfItsOwnAndIsWhole)
{
    EXPECT_EQ(store_snapshot(kSnapshot, base(), "dlv-p1"), base() + "/dlv-p1");
    EXPECT_EQ(store_snapshot(kSnapshot, base(), "dlv-p1"), base() + "/dlv-p1-2");
    EXPECT_EQ(names(), (std::set<std::string>{"dlv-p1", "dlv-p1-2"}));
    EXPECT_TRUE(fs::exists(base() + "/dlv-p1-2/gc.json"));
    struct stat info{};
    ASSERT_EQ(::stat(base().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(SnapshotStore, WhatCannotBeWrittenLeavesNothingBehind)
{
    fs::create_directories(base());
    const Snapshot broken{{{"summary.txt", "x"}, {"no/such/directory", "y"}}};
    EXPECT_FALSE(store_snapshot(broken, base(), "dlv-p1"));
    EXPECT_TRUE(names().empty());
    std::ofstream(root_ + "/file") << "x";
    const auto below = store_snapshot(kSnapshot, root_ + "/file/snapshots", "dlv-p1");
    ASSERT_FALSE(below);
    EXPECT_EQ(below.error().error_number, ENOTDIR);
}

TEST_F(SnapshotStore, TheOldestMakeRoomTheNewestStays)
{
    for (int number = 1; number <= 5; ++number)
        put("s" + std::to_string(number), 1000, number);
    prune_snapshots(base(), 3, 1'000'000);
    EXPECT_EQ(names(), (std::set<std::string>{"s3", "s4", "s5"}));
    prune_snapshots(base(), 3, 2000);
    EXPECT_EQ(names(), (std::set<std::string>{"s4", "s5"}));
    prune_snapshots(base(), 3, 1);
    EXPECT_EQ(names(), (std::set<std::string>{"s5"}));
}

TEST_F(SnapshotStore, NothingElseIsRemoved)
{
    put("s1", 1000, 1);
    put("s2", 1000, 2);
    fs::create_directories(base() + "/mine/deeper");
    std::ofstream(base() + "/file") << std::string(5000, 'x');
    fs::create_directories(root_ + "/elsewhere");
    fs::create_directory_symlink(root_ + "/elsewhere", base() + "/link");
    prune_snapshots(base(), 1, 1);
    EXPECT_EQ(names(), (std::set<std::string>{"file", "link", "mine", "s2"}));
}

} // namespace
} // namespace dbgscope
