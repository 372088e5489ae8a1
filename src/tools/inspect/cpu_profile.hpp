// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/moment.hpp"
#include "tools/inspect/pprof.hpp"
#include "tools/inspect/stacks.hpp"

// On what a process spent its processor time, within a window.
namespace dbgscope {

struct CpuStack {
    std::shared_ptr<const std::vector<StackFrame>> frames; ///< the innermost first; null: unknown
    std::uint64_t samples = 0;
};

struct CpuProfile {
    std::string program;
    pid_t pid = 0;
    bool is_go = false;
    Moment begin, end;
    std::uint64_t period_ns = 0; ///< what one sample stands for
    std::uint64_t samples = 0;   ///< of all stacks
    std::uint64_t lost = 0;      ///< that nobody saw: the rings were full, or there was no time to name them
    std::uint64_t of_others = 0; ///< of processes that it started, which are in no stack
    bool with_kernel = false;    ///< its time in system calls was seen
    std::vector<CpuStack> stacks;

    [[nodiscard]] double window_s() const { return static_cast<double>(end.monotonic_ns - begin.monotonic_ns) / 1e9; }
    [[nodiscard]] double cpu_s() const { return static_cast<double>(samples * period_ns) / 1e9; }
};

/// As it is before it is compressed.
[[nodiscard]] PprofProfile cpu_profile_of(const CpuProfile &profile);
/// samples/count and cpu/nanoseconds, as Go's own have it. Errors: system.
[[nodiscard]] Result<std::string> cpu_pprof(const CpuProfile &profile);

} // namespace dbgscope
