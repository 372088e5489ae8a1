// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/bytes.hpp"
#include "dbgscope/plan.hpp"
#include "watch/fuse.hpp"
#include "watch/fuse_cgroup.hpp"

// What a person reads when the fuse holds or lets go: one line each, without prefix and newline.
namespace dbgscope {

struct Growth {
    std::uint64_t bytes_per_second = 0;
    bool since_start = false; ///< the average since the debuggee's start; else of the last moments
};

struct HeldFacts {
    FuseAction action = FuseAction::hold;
    const char *who = "debuggee"; ///< under `run` there is none, and nothing is ever held
    std::uint64_t unreclaimable_bytes = 0;
    Limit cap;
    MemoryParts parts;
    std::optional<Growth> growth;
    std::optional<double> pressure_avg10; ///< percent
};

[[nodiscard]] std::string held_line(const HeldFacts &facts);
/// For a debuggee that is frozen although it is stopped, because it could not run on without being killed.
[[nodiscard]] std::string spent_line(const HeldFacts &facts);
[[nodiscard]] std::string released_line(Release why, std::uint64_t unreclaimable_bytes, Limit cap);

/// Twice the cap, in whole MiB, as parse_size reads it: "256M".
[[nodiscard]] std::string suggested_cap(Limit cap);

} // namespace dbgscope
