// SPDX-License-Identifier: Apache-2.0
#include "watch/kernel_log.hpp"

#include <string>

#include <gtest/gtest.h>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

constexpr const char *kKilled =
    "Memory cgroup out of memory: Killed process 1234 (leak) total-vm:122292kB, "
    "anon-rss:120576kB, file-rss:584kB, shmem-rss:8kB, UID:0 pgtables:264kB oom_score_adj:0";

TEST(KernelLog, UnreadableIsNotAvailable)
{
    KernelLog log = KernelLog::open("/nonexistent/kmsg");
    EXPECT_FALSE(log.available());
    std::vector<OomKill> kills;
    log.read(kills);
    EXPECT_TRUE(kills.empty());
}

TEST(KernelLog, OnlyWhatCameSince)
{
    test::FakeRoot root;
    const std::string record = std::string("3,1,2,-;") + kKilled + '\n';
    root.file("/kmsg", record);
    KernelLog log = KernelLog::open((root.path() + "/kmsg").c_str());
    ASSERT_TRUE(log.available());
    std::vector<OomKill> kills;
    log.read(kills);
    EXPECT_TRUE(kills.empty());
    root.file("/kmsg", record + record);
    log.read(kills);
    ASSERT_EQ(kills.size(), 1u);
    log.read(kills);
    EXPECT_EQ(kills.size(), 1u);
}

} // namespace
} // namespace dbgscope
