// SPDX-License-Identifier: Apache-2.0
#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/request.hpp"
#include "dbgscope/session.hpp"

namespace dbgscope {

const char *why_words(Why why)
{
    switch (why) {
    case Why::not_asked: return "not looked at";
    case Why::absent: return "does not exist";
    case Why::denied: return "not permitted";
    case Why::disabled: return "switched off";
    case Why::malformed: return "cannot be understood";
    case Why::assumed: return "switched off by --assume";
    }
    return "unknown";
}

const char *tool_name(Tool tool)
{
    switch (tool) {
    case Tool::none: break;
    case Tool::dlv: return "dlv";
    case Tool::gdbserver: return "gdbserver";
    case Tool::gdb: return "gdb";
    case Tool::lldb_server: return "lldb-server";
    case Tool::lldb_dap: return "lldb-dap";
    }
    return "run";
}

const char *backend_name(Backend backend)
{
    switch (backend) {
    case Backend::systemd_system: return "systemd-system";
    case Backend::systemd_user: return "systemd-user";
    case Backend::cgroupfs: return "cgroupfs";
    case Backend::none: break;
    }
    return "none";
}

const char *state_name(SessionState state)
{
    switch (state) {
    case SessionState::running: return "running";
    case SessionState::throttled: return "throttled";
    case SessionState::held: return "held";
    case SessionState::stopped: return "stopped";
    case SessionState::ended: break;
    }
    return "ended";
}

} // namespace dbgscope
