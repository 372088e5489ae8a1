// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <fmt/core.h>

// /proc/PID/status as Linux 6 writes it, of made-up tasks.
namespace dbgscope::test {

struct Task {
    const char *state = "S (sleeping)";
    std::uint64_t own = 0, shared = 0, blocked = 0;
    int tracer = 4711, threads = 1;
    const char *memory = "VmSize:\t    3060 kB\n";
};

constexpr std::uint64_t bit(int signal)
{
    return std::uint64_t{1} << (signal - 1);
}

inline std::string status_text(const Task &task)
{
    return fmt::format("Name:\tState:\\n\nUmask:\t0022\nState:\t{}\nTgid:\t7\nTracerPid:\t{}\n{}Threads:\t{}\n"
                       "SigQ:\t0/9\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t0000000000000000\n",
                       task.state, task.tracer, task.memory, task.threads, task.own, task.shared, task.blocked);
}

} // namespace dbgscope::test
