// SPDX-License-Identifier: Apache-2.0
#include "session/history.hpp"

#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "record.hpp"
#include "session/record_json.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using test::slurp;
using test::TemporaryDirectory;

SessionRecord numbered(int number)
{
    SessionRecord record;
    record.id = "s" + std::to_string(number);
    return record;
}

std::vector<std::string> ids_in(const std::string &path)
{
    std::vector<std::string> ids;
    std::istringstream lines(slurp(path));
    for (std::string line; std::getline(lines, line);) {
        const auto record = record_from_json(line);
        ids.push_back(record ? record->id : "broken: " + line);
    }
    return ids;
}

TEST(History, GetsOneLinePerSession)
{
    const TemporaryDirectory tree;
    const std::string path = tree / "state/dbgscope/history.jsonl";
    ASSERT_TRUE(append_history(path, test::full_record()));
    ASSERT_TRUE(append_history(path, numbered(2)));
    EXPECT_EQ(slurp(path), record_line(test::full_record()) + '\n' + record_line(numbered(2)) + '\n');
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    ASSERT_EQ(::stat((tree / "state/dbgscope").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST(History, FollowsNoLink)
{
    const test::TemporaryDirectory tree;
    tree.write("other", "mine\n");
    std::filesystem::create_symlink(tree / "other", tree / "history.jsonl");
    EXPECT_FALSE(append_history(tree / "history.jsonl", test::full_record()));
    EXPECT_EQ(read_file(tree / "other").value_or(""), "mine\n");
}

TEST(History, DropsItsOlderHalf)
{
    const TemporaryDirectory tree;
    const std::string path = tree / "h.jsonl";
    const std::size_t line = record_line(numbered(10)).size() + 1;
    for (int i = 10; i < 20; ++i)
        ASSERT_TRUE(append_history(path, numbered(i), 10 * line));
    EXPECT_EQ(ids_in(path).size(), 10U); // exactly the limit is not above it
    ASSERT_TRUE(append_history(path, numbered(20), 10 * line));
    EXPECT_EQ(ids_in(path), (std::vector<std::string>{"s16", "s17", "s18", "s19", "s20"}));
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(History, ATornLineSpoilsNoOther)
{
    const TemporaryDirectory tree;
    tree.write("h.jsonl", R"({"id": "torn)");
    ASSERT_TRUE(append_history(tree / "h.jsonl", numbered(1)));
    EXPECT_EQ(ids_in(tree / "h.jsonl"), (std::vector<std::string>{R"(broken: {"id": "torn)", "s1"}));
}

TEST(History, OfManyWritersLosesNothing)
{
    const TemporaryDirectory tree;
    const std::string path = tree / "h.jsonl";
    constexpr int kWriters = 8, kEach = 25;
    std::vector<pid_t> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            bool good = true;
            for (int i = 0; i < kEach; ++i)
                good = append_history(path, numbered(100 + writer)).has_value() && good;
            ::_exit(good ? 0 : 1);
        }
        writers.push_back(pid);
    }
    for (const pid_t pid : writers) {
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }
    const auto ids = ids_in(path);
    ASSERT_EQ(ids.size(), static_cast<std::size_t>(kWriters * kEach));
    for (int writer = 0; writer < kWriters; ++writer)
        EXPECT_EQ(std::ranges::count(ids, "s" + std::to_string(100 + writer)), kEach);
}

TEST(History, LockedByASleeperIsGivenUp)
{
    const TemporaryDirectory tree;
    tree.write("h.jsonl", "");
    auto held = open_at(AT_FDCWD, tree / "h.jsonl", O_RDWR);
    ASSERT_EQ(::flock(held->get(), LOCK_EX), 0);
    const auto before = std::chrono::steady_clock::now();
    const auto appended = append_history(tree / "h.jsonl", numbered(1));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().kind, ErrorKind::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
}

TEST(History, IsNoFifo)
{
    const TemporaryDirectory tree;
    ASSERT_EQ(::mkfifo((tree / "h.jsonl").c_str(), 0600), 0);
    const auto appended = append_history(tree / "h.jsonl", numbered(1));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().cause, "it is no regular file");
}

TEST(History, WhereADirectoryCannotBeMadeKeepsErrno)
{
    const TemporaryDirectory tree;
    tree.write("file", "");
    const auto appended = append_history(tree / "file/dbgscope/h.jsonl", numbered(1));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().error_number, ENOTDIR);
}

TEST(History, OnAFullDiskStaysWhole)
{
    DBGSCOPE_NEEDS_ROOT();
    const TemporaryDirectory tree;
    const auto child = test::in_child([&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", tree.path().c_str(), "tmpfs", 0, "size=4k,mode=0700") != 0)
            return 77;
        SessionRecord record = numbered(1);
        record.unsaid.assign(3, std::string(700, 'x'));
        if (!append_history(tree / "h.jsonl", record)) // 2.8 KiB
            return 1;
        const std::string before = slurp(tree / "h.jsonl");
        const auto appended = append_history(tree / "h.jsonl", record); // crosses the page: written in part
        if (appended || appended.error().error_number != ENOSPC)
            return 2;
        return slurp(tree / "h.jsonl") == before ? 0 : 3;
    });
    if (child.status == 77)
        GTEST_SKIP() << "cannot mount a tmpfs";
    EXPECT_EQ(child.status, 0);
}

} // namespace
} // namespace dbgscope
