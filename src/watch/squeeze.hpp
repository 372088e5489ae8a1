// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "watch/evidence.hpp"
#include "watch/verdict.hpp"

// Livelock: the kernel drops program files and reads them again all the time while program memory stays as it is.
// Nothing dies, nothing gets on, and no counter of kills moves.
namespace dbgscope {

/// From two readings at least a second apart.
[[nodiscard]] bool cache_squeezed(const FileCache &before, const FileCache &after, double seconds);
[[nodiscard]] std::string squeeze_words(const FileCache &before, const FileCache &after, double seconds,
                                        const VerdictContext &context);

/// Looks when there is memory pressure, says when the file cache is squeezed out and when that is over.
class SqueezeWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;
    /// `stalling`: an event of a PSI trigger, one in 2 s at most; false: the pressure is over. A line when something
    /// begins or ends.
    [[nodiscard]] std::optional<std::string> on_pressure(const EvidenceReader &reader, const VerdictContext &context,
                                                         bool stalling, Time now);

  private:
    struct Part {
        Level level = Level::scope;
        std::optional<FileCache> last;
        Time at{};
    };
    std::array<Part, 3> parts_{{{.level = Level::debugger}, {.level = Level::debuggee}, {.level = Level::scope}}};
    std::optional<Time> squeezed_since_;
    Time last_stall_{};
};

} // namespace dbgscope
