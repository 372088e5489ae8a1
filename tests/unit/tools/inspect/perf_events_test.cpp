// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/perf_events.hpp"

#include <cerrno>

#include <gtest/gtest.h>

#include "fake_root.hpp"

namespace dbgscope {
namespace {

TEST(PerfEvents, ARefusalNamesTheSettingThatLiftsIt)
{
    test::FakeRoot root;
    root.file("/proc/sys/kernel/perf_event_paranoid", "3\n");
    const std::string proc = root.path() + "/proc";
    const Error denied = perf_error(EACCES, 7, "processor time", proc);
    EXPECT_EQ(denied.kind, ErrorKind::denied);
    EXPECT_EQ(denied.hint, "kernel.perf_event_paranoid is 3: as root, sysctl kernel.perf_event_paranoid=2; or sudo");
    root.file("/proc/sys/kernel/perf_event_paranoid", "2\n");
    EXPECT_EQ(perf_error(EPERM, 7, "processor time", proc).hint,
              "it is another user's, or may not be looked into; sudo");
    EXPECT_EQ(perf_error(ENOSYS, 7, "processor time", proc).cause,
              "this kernel cannot sample processor time (perf_event_open)");
    EXPECT_EQ(perf_error(EMFILE, 7, "processor time", proc).kind, ErrorKind::limit);
    EXPECT_EQ(perf_error(ESRCH, 7, "processor time", proc).kind, ErrorKind::not_found);
}

TEST(PerfEvents, TheKernelIsLeftOutOnce)
{
    perf_event_attr attr = perf_attributes(PERF_COUNT_SW_CPU_CLOCK, 1000);
    EXPECT_FALSE(leave_kernel_out(attr, EINVAL));
    EXPECT_TRUE(leave_kernel_out(attr, EACCES));
    EXPECT_EQ(attr.exclude_kernel, 1U);
    EXPECT_FALSE(leave_kernel_out(attr, EACCES));
}

} // namespace
} // namespace dbgscope
