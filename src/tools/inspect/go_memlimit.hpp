// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>

#include "dbgscope/error.hpp"

// GOMEMLIMIT of a Go program that runs: the variable is read at the start alone, what the runtime goes by is
// runtime.gcController.memoryLimit (Go 1.19 and later), what debug.SetMemoryLimit sets.
namespace dbgscope {

/// What came of one call.
struct MemlimitChange {
    enum class Outcome : std::uint8_t {
        not_go,  ///< not a Go program
        same,    ///< it had that limit already
        foreign, ///< none of `ours`: the program's own, or its launch.json's. It stays
        written,
    } outcome = Outcome::not_go;
    std::uint64_t before = 0; ///< what was in force
};

/// Writes `wanted` (the runtime's INT64_MAX: no limit) where the limit in force is one of `ours`; eight aligned bytes,
/// and nothing else is ever written. The program may run, stand or be frozen. The next allocation that asks whether to
/// collect goes by it (tried: Go 1.19 and 1.24). Errors: not_found, denied, unsupported (no debug information; another
/// layout), system.
[[nodiscard]] Result<MemlimitChange> write_go_memlimit(pid_t pid, std::span<const std::uint64_t> ours,
                                                       std::uint64_t wanted, const std::string &proc = "/proc");

} // namespace dbgscope
