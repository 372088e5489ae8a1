// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/bytes.hpp"

// The rules on GODEBUG and GOMEMLIMIT: pure, data first. Versions are Go 1 minor numbers (19 for Go 1.19). Sources: the
// runtime's own table of keys in 1.19 to 1.27, its readGOMEMLIMIT, the 1.16, 1.21, 1.23 and 1.27 release notes, and
// trials with those tool chains.
namespace dbgscope {

/// 19 for "go1.19.8", 27 for "go1.27rc1", 28 for "devel go1.28-a1b2c3 …", 0 for "go1"; nothing for "devel +a1b2c3",
/// another language version ("go2.0") or anything else. A vendor's suffix does not matter ("go1.24.4
/// X:nocoverageredesign").
[[nodiscard]] std::optional<int> go_minor_version(std::string_view version);

/// GOMEMLIMIT exists from Go 1.19 on.
inline constexpr int kGomemlimitMinor = 19;

enum class GodebugVerdict {
    dead,    ///< does nothing on that Go version
    harmful, ///< works, and hurts a memory-limited debug session
    fatal,   ///< the program dies at start
};

struct GodebugFinding {
    std::string key, value;
    GodebugVerdict verdict = GodebugVerdict::dead;
    std::string reason; ///< one clause for people: "removed in Go 1.23"
};

/// Judges the settings of a GODEBUG value in their order; of a key set twice only the last, which is the one Go uses.
/// Without `minor` only what holds for every Go version is said. Keys not listed (the compatibility keys) are not
/// judged.
[[nodiscard]] std::vector<GodebugFinding> judge_godebug(std::string_view godebug, std::optional<int> minor);

/// "users_own,key=value,…": appended, so the user's text stays as it is and the appended setting of a key wins.
[[nodiscard]] std::string append_godebug(std::string_view users_own, const std::vector<std::string> &settings);

/// GOMEMLIMIT as Go reads it: bytes, or an integer with B, KiB, MiB, GiB, TiB; "off" and "" are no limit. Nothing means
/// malformed, which is fatal for a Go program at start: "512M", "1.5GiB", "512 MiB", "512mib".
[[nodiscard]] std::optional<Limit> parse_gomemlimit(std::string_view text);

/// What GOMEMLIMIT is set to under `cap`: cap − max(10 %, 16 MiB). Nothing when there is no finite cap, or it is below
/// 64 MiB, or below 256 MiB for a verb that builds (compile and link inherit the variable).
[[nodiscard]] std::optional<std::uint64_t> gomemlimit_for(Limit cap, bool builds);

} // namespace dbgscope
