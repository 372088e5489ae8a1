// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/bytes.hpp"
#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"

namespace dbgscope {

/// What the kernel shows.
struct Verified {
    Limit in_force;   ///< minimum over our own cgroup and every visible ancestor
    std::string file; ///< where it was read; our own cgroup's when nothing limits us
};

/// The limit of the memory hierarchy that /proc/self/cgroup names. `root` is a prefix for /proc and /sys, empty for the
/// real machine. Errors: unsupported (no memory controller is visible), system (our own limit cannot be read).
[[nodiscard]] Result<Verified> read_limit_in_force(const std::string &root = "");

/// Whether our own cgroup below `mount`, or one above it there, has a limit of `expected` or less: what a launch needs
/// to know, without the whole chain and the table of mounts. False may mean that it could not be read.
[[nodiscard]] bool is_limited(const std::string &mount, Limit expected, const std::string &root = "");

/// Errors: limit, when more than `wanted.expected` is allowed: a user manager on cgroup v1 accepts MemoryMax and
/// enforces nothing. Less is fine (an ancestor's limit, or whole pages: the kernel rounds down).
[[nodiscard]] Result<Verified> verify_limit(const VerifyLimit &wanted, const std::string &root = "");

} // namespace dbgscope
