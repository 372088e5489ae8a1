// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/profile.hpp"

namespace dbgscope {

/// One backend that could carry the launch, and why it is (or is not) the one to use.
struct BackendOption {
    Backend backend = Backend::none;
    std::string reason;  ///< "root on a machine with systemd"
    bool limits = false; ///< a memory limit set through it would be enforced
};

/// A backend that was looked at and cannot be used here.
struct BackendGap {
    Backend backend = Backend::none;
    std::string why;  ///< "no user manager: /run/user/1000/systemd/private does not exist"
    std::string cure; ///< "loginctl enable-linger"; may be empty
};

struct BackendChoice {
    std::vector<BackendOption> usable; ///< best first; always ends with `none`
    std::vector<BackendGap> gaps;
};

/// Which backends can be used, for `--backend=auto` or the one asked for (then `none` follows it as fallback).
[[nodiscard]] BackendChoice choose_backend(const Facts &facts, const Settings &settings);

/// v2: whether a limit on a child of our own cgroup needs the processes in it to move into a leaf first
/// (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint").
[[nodiscard]] bool must_vacate(const CgroupFacts &cgroup);

} // namespace dbgscope
