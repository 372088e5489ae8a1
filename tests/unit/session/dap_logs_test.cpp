// SPDX-License-Identifier: Apache-2.0
#include "session/dap_logs.hpp"

#include <sys/stat.h>
#include <utime.h>

#include <fstream>

#include <gtest/gtest.h>

#include "../launch/host.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

/// `age_s` seconds old.
void make_log(const std::string &path, int age_s, std::size_t bytes = 1)
{
    std::ofstream(path) << std::string(bytes, 'x');
    const utimbuf times{1'700'000'000 - age_s, 1'700'000'000 - age_s};
    ASSERT_EQ(::utime(path.c_str(), &times), 0);
}

TEST(DapLogs, TheirPlaceIsTheOwnersAloneAndBesideTheHistory)
{
    const TemporaryDirectory tree;
    const std::string history = tree / "state/dbgscope/history.jsonl";
    EXPECT_EQ(dap_logs_directory(history), tree / "state/dbgscope/dap");
    EXPECT_EQ(dap_logs_directory(""), "");
    ASSERT_TRUE(prepare_dap_logs(history));
    struct stat status{};
    ASSERT_EQ(::stat(dap_logs_directory(history).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    EXPECT_FALSE(prepare_dap_logs("/proc/no/history.jsonl"));
}

TEST(DapLogs, TheOldestMakeRoomForOneMore)
{
    const TemporaryDirectory tree;
    const std::string history = tree / "history.jsonl";
    ASSERT_TRUE(prepare_dap_logs(history));
    for (int i = 0; i < 6; ++i)
        make_log(dap_logs_directory(history) + "/s" + std::to_string(i) + ".1-1.log", i);
    make_log(dap_logs_directory(history) + "/mine.txt", 1000);
    ASSERT_TRUE(prepare_dap_logs(history, {.count = 4}));
    const auto left = list_dap_logs(history);
    ASSERT_EQ(left.size(), 3U);
    EXPECT_TRUE(left.front().path.ends_with("/s0.1-1.log"));
    EXPECT_TRUE(left.back().path.ends_with("/s2.1-1.log"));
    ASSERT_TRUE(prepare_dap_logs(history, {.count = 4, .bytes = 2}));
    EXPECT_EQ(list_dap_logs(history).size(), 2U);
    EXPECT_EQ(::access((dap_logs_directory(history) + "/mine.txt").c_str(), F_OK), 0) << "no log of ours";
    EXPECT_EQ(prune_dap_logs(history, 1'700'000'000), 1U);
    EXPECT_EQ(list_dap_logs(history).size(), 1U);
}

} // namespace
} // namespace dbgscope
