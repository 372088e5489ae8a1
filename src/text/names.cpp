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
    return name_of(backend).data(); // a literal's
}

const char *state_name(SessionState state)
{
    return name_of(state).data();
}

} // namespace dbgscope
