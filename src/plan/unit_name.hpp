// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// "run-p123-0011223344556677.scope", "PREFIX-p123-….scope", or exactly --unit (".scope" added where missing).
/// Errors: usage, for names systemd.unit(5) does not allow.
[[nodiscard]] Result<std::string> scope_unit(const Request &request);

/// "debug" → "debug.slice"; with slice_inherit below the slice the caller is in ("a.slice" + "b" → "a-b.slice").
/// Empty: none asked for. Errors: usage.
[[nodiscard]] Result<std::string> scope_slice(const Request &request, const Facts &facts, bool user_manager);

/// The session's id: the unit without ".scope". Exported as DBGSCOPE_SESSION.
[[nodiscard]] std::string session_of(std::string_view unit);

/// Whether `self_cgroup` (/proc/self/cgroup) lies inside the scope or directory of `session`.
[[nodiscard]] bool inside_session(std::string_view self_cgroup, std::string_view session);

/// cgroupfs: "dbgscope.SESSION.PID-STARTTICKS", recognised by the next start's sweep.
[[nodiscard]] std::string cgroup_name(const Request &request, std::string_view session);

} // namespace dbgscope
