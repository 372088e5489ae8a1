// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/fields.hpp"

// What `dbgscope top` shows of one moment, for people and as JSON. What is not known is missing.
namespace dbgscope {

/// A line of code that holds memory of a Go program.
struct TopSite {
    std::string function, file;
    int line = 0; ///< 0: unknown
    std::uint64_t bytes = 0;
    double share = 0; ///< of all sites, 0 to 1
};

struct TopGo {
    std::optional<std::uint64_t> heap_live_bytes, goal_bytes, memory_limit_bytes, cycles;
    std::optional<double> gc_cpu_share; ///< of the CPU time the program could have had since its start, 0 to 1
};

struct TopSession {
    std::string id, tool;
    int debugger_pid = 0;
    std::vector<std::string> command;
    std::string state;        ///< "running", "held", "ended", …
    bool at_its_line = false; ///< held by the fuse, or about to be
    std::optional<std::int64_t> age_s;
    std::optional<std::uint64_t> used_bytes;
    std::optional<std::uint64_t> kept_bytes; ///< of those: no page cache
    Limit fuse, cap;
    std::optional<std::int64_t> growth_bytes_per_s;   ///< over the last seconds
    std::optional<std::uint64_t> cap_in_s;            ///< at that rate; only while it grows
    std::optional<double> stalled_some, stalled_full; ///< percent of the last 10 s (PSI)
    int debuggee_pid = 0;                             ///< the one looked into; 0: none
    std::optional<TopGo> go;
    std::vector<TopSite> sites;         ///< the largest first
    std::string sites_unknown;          ///< why there are none
    std::vector<std::uint64_t> history; ///< bytes in use, one a second, the oldest first
};

struct TopView {
    std::int64_t time_unix_s = 0;
    std::vector<TopSession> sessions;
};

void fields(auto &visit, Is<TopSite> auto &site)
{
    visit("function", site.function);
    visit("file", site.file);
    visit("line", site.line);
    visit("bytes", site.bytes);
    visit("share", site.share);
}

void fields(auto &visit, Is<TopGo> auto &go)
{
    visit("heap_live_bytes", go.heap_live_bytes);
    visit("goal_bytes", go.goal_bytes);
    visit("memory_limit_bytes", go.memory_limit_bytes);
    visit("cycles", go.cycles);
    visit("gc_cpu_share", go.gc_cpu_share);
}

void fields(auto &visit, Is<TopSession> auto &session)
{
    visit("id", session.id);
    visit("tool", session.tool);
    visit("debugger_pid", session.debugger_pid);
    visit("command", session.command);
    visit("state", session.state);
    visit("age_s", session.age_s);
    visit("used_bytes", session.used_bytes);
    visit("kept_bytes", session.kept_bytes);
    visit("fuse_bytes", session.fuse);
    visit("cap_bytes", session.cap);
    visit("growth_bytes_per_s", session.growth_bytes_per_s);
    visit("cap_in_s", session.cap_in_s);
    visit("stalled_some_percent", session.stalled_some);
    visit("stalled_full_percent", session.stalled_full);
    visit("debuggee_pid", session.debuggee_pid);
    visit("go", session.go);
    visit("sites", session.sites);
    visit("sites_unknown", session.sites_unknown);
}

void fields(auto &visit, Is<TopView> auto &view)
{
    visit.schema(1);
    visit("time_unix_s", view.time_unix_s);
    visit("sessions", view.sessions);
}

} // namespace dbgscope
