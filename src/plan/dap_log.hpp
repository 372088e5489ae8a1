// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"

namespace dbgscope {

/// What `--dap-log` asks for.
struct DapLogChoice {
    bool on = false;
    std::string file; ///< as written; empty: one of the session's own
};
[[nodiscard]] DapLogChoice dap_log_choice(const Settings &settings);

/// "ID.PID-STARTTICKS.log", as the session's record is called.
[[nodiscard]] std::string dap_log_name(const Request &request, const std::string &session);

/// `--dap-log`: the file's step into `plan`, the debugger's words into `execute`. Where it cannot be had without a
/// change to what a client reads, the command stays as it is, and a notice says so.
void plan_dap_log(const Request &request, const std::string &session, Execute &execute, LaunchPlan &plan);

} // namespace dbgscope
