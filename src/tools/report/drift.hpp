// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/report/past_session.hpp"

// Each program's last session against the ones it had before. Pure.
namespace dbgscope {

inline constexpr std::size_t kFewestSessions = 5; ///< before the last one, that a comparison needs

/// One figure of a session, and what it was before.
struct Drift {
    std::string what; ///< "peak", "growth", "first hold", "launch", "GC share", "GC pauses", "pause p99"
    std::string unit; ///< "bytes", "bytes/s", "s", "%", "ms"
    double now = 0;
    double median = 0, spread = 0; ///< of the sessions before: median, and 1.4826 x the median absolute deviation
    std::size_t sessions = 0;      ///< how many those are
    bool drifted = false;
    /// (now - median) / median; infinite where the median is 0.
    [[nodiscard]] double change() const;
};

struct ProgramDrift {
    std::string program, session; ///< the last one's id
    std::size_t sessions = 0;     ///< in the time before it
    std::vector<Drift> figures;   ///< none: too few sessions
    [[nodiscard]] bool drifted() const;
};

struct DriftRules {
    double beyond = 0.15;                    ///< share of the median
    std::int64_t window_s = 7LL * 24 * 3600; ///< before the last session
};

/// A figure has drifted when it is beyond that share of the median, beyond three spreads of what is usual, and by more
/// than what nobody would look at (8 MiB, 1 MiB/s, half a second, 1 s of a launch, 1 % of the time, 1 ms). `sessions`
/// by their start. In order of the programs' names.
[[nodiscard]] std::vector<ProgramDrift> drift_of(const std::vector<PastSession> &sessions, const DriftRules &rules);

/// The middle one, or between the two in the middle; nothing of nothing.
[[nodiscard]] std::optional<double> median_of(std::vector<double> values);

/// In one line, what has drifted.
[[nodiscard]] std::string drift_line(const ProgramDrift &program);
[[nodiscard]] std::string drift_text(const std::vector<ProgramDrift> &programs, const DriftRules &rules);
[[nodiscard]] std::string drift_json(const std::vector<ProgramDrift> &programs, const DriftRules &rules);

} // namespace dbgscope
