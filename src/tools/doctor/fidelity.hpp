// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/doctor/doctor.hpp"

// How faithfully this machine keeps time for what is debugged on it.
namespace dbgscope {

struct Latencies {
    std::size_t count = 0;
    double p50_us = 0, p99_us = 0, worst_us = 0;
};
/// Nearest rank; all zero without samples.
[[nodiscard]] Latencies summarize(std::vector<std::int64_t> samples_ns);

struct Fidelity {
    Latencies timer;                                 ///< how late clock_nanosleep(2) wakes up
    Latencies signal;                                ///< from sigqueue in one thread to sigwaitinfo's return in another
    double profile_asked_ms = 0, profile_got_ms = 0; ///< CPU time between SIGPROFs; got 0: none came
    double clock_read_ns = 0;                        ///< one clock_gettime(CLOCK_MONOTONIC)
};
/// Takes about `patience`, uses one CPU for half of it. Leaves no handler, timer or blocked signal behind.
[[nodiscard]] Fidelity measure_fidelity(std::chrono::milliseconds patience);

/// Against the reference ranges; the figures stand in `found` in any case. `clock_source`: "tsc", empty: unknown.
[[nodiscard]] CheckFindings judge_fidelity(const Fidelity &measured, const std::string &clock_source);

} // namespace dbgscope
