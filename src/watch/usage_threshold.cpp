// SPDX-License-Identifier: Apache-2.0
#include "watch/usage_threshold.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/core.h>

#include "kernel/memory_stat.hpp"

namespace dbgscope {

Result<UsageThreshold> UsageThreshold::watch(Cgroup cgroup, Limit line)
{
    UsageThreshold threshold;
    threshold.cgroup_ = cgroup;
    threshold.line_ = line;
    threshold.event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!threshold.event_.valid())
        return fail(errno_error(errno, "create", "eventfd"));
    const auto usage = cgroup.open(CgroupFile::usage, O_RDONLY);
    if (!usage)
        return fail(usage.error());
    // The registration ends with the eventfd, not with this descriptor.
    auto written = cgroup.write(CgroupFile::event_control,
                                fmt::format("{} {} {}", threshold.event_.get(), usage->get(), line.bytes()));
    if (!written)
        return pass(written);
    return threshold;
}

bool UsageThreshold::passed()
{
    eventfd_t count = 0;
    (void)::eventfd_read(event_.get(), &count);
    const auto usage = cgroup_.read_number(CgroupFile::usage);
    const auto stat = cgroup_.read(CgroupFile::stat);
    if (!usage || !stat)
        return false;
    const std::uint64_t droppable = droppable_bytes(*stat, cgroup_.version()).value_or(0);
    constexpr std::uint64_t kSlack = kMiB; // charged in batches: memory.usage_in_bytes is not exact
    return *usage - std::min(droppable, *usage) + kSlack >= line_.bytes();
}

} // namespace dbgscope
