// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cpu_profile.hpp"

namespace dbgscope {
PprofProfile cpu_profile_of(const CpuProfile &profile)
{
    PprofProfile file({{"samples", "count"}, {"cpu", "nanoseconds"}});
    file.set_period({"cpu", "nanoseconds"}, static_cast<std::int64_t>(profile.period_ns));
    file.set_time(profile.begin.unix_ns);
    file.set_duration(profile.end.monotonic_ns - profile.begin.monotonic_ns);
    if (!profile.with_kernel)
        file.add_comment("without the time in system calls: that is shown to root alone");
    for (const CpuStack &stack : profile.stacks) {
        std::vector<Frame> frames;
        if (stack.frames)
            for (const StackFrame &one : *stack.frames)
                frames.push_back(one.frame);
        if (frames.empty())
            frames.push_back({.function = "(unknown)", .file = {}, .line = 0});
        file.add(frames, {static_cast<std::int64_t>(stack.samples),
                          static_cast<std::int64_t>(stack.samples * profile.period_ns)});
    }
    return file;
}

Result<std::string> cpu_pprof(const CpuProfile &profile)
{
    return gzip(cpu_profile_of(profile).message());
}

} // namespace dbgscope
