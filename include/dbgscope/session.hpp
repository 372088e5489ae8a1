// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/fields.hpp"

// One session = one record: live in the runtime directory while it runs, one line of the history when it has ended.
namespace dbgscope {

/// What the debuggee is doing as far as its memory is concerned.
enum class SessionState : std::uint8_t {
    running,
    throttled, ///< past the fuse line; the kernel slows its allocations (announced as held)
    held,      ///< past the fuse line and not running at all: frozen (v2), or waiting in the kernel (v1)
    stopped,   ///< past the fuse line and stopped by its debugger
    ended,     ///< the debugger is gone
};
constexpr std::array<Named<SessionState>, 5> enum_names(SessionState)
{
    return {{{SessionState::running, "running"},
             {SessionState::throttled, "throttled"},
             {SessionState::held, "held"},
             {SessionState::stopped, "stopped"},
             {SessionState::ended, "ended"}}};
}
[[nodiscard]] const char *state_name(SessionState state); ///< the same for people

/// A process that cannot be mistaken for a later one of the same number.
struct ProcessId {
    int pid = 0;
    std::uint64_t start_ticks = 0; ///< field 22 of /proc/PID/stat
    bool operator==(const ProcessId &) const = default;
};

/// Counts of memory.events, hierarchical, since the session's start. v1 knows oom_kill and under `max` memory.failcnt.
struct MemoryCounts {
    std::uint64_t high = 0, max = 0, oom = 0, oom_kill = 0;
    bool operator==(const MemoryCounts &) const = default;
};

/// Names of the cgroups inside a scope.
inline constexpr const char *kDebuggerName = "debugger";
inline constexpr const char *kDebuggeeName = "debuggee";
inline constexpr const char *kWatchName = "watch";
inline constexpr const char *kDetachedName = "detached"; ///< what lives on; it has no limit

/// Where a session lives.
struct SessionPlace {
    int version = 0;            ///< of the hierarchy that carries memory
    std::string scope;          ///< directory in it; empty: the session has none
    std::string unified;        ///< hybrid: directory of the same scope in the v2 hierarchy; empty elsewhere
    bool divided = false;       ///< split: `scope`/debuggee exists and carries the cap
    bool debugger_leaf = false; ///< the debugger is in `scope`/debugger, not in `scope` itself
    bool remove = false;        ///< plain cgroups: nobody else removes them

    [[nodiscard]] std::string debugger() const { return debugger_leaf ? scope + '/' + kDebuggerName : scope; }
    [[nodiscard]] std::string debuggee() const { return scope + '/' + kDebuggeeName; }
    /// The directory that carries the cap.
    [[nodiscard]] std::string capped() const { return divided && !scope.empty() ? debuggee() : scope; }
    bool operator==(const SessionPlace &) const = default;
};

struct SessionRecord {
    std::string id;      ///< "dlv-debug-p4711-5f0c9b1d8e7a2c34"
    std::string backend; ///< "systemd-user", "cgroupfs", …
    std::string tool;    ///< "dlv"; "run" for a plain command
    std::vector<std::string> command;
    std::string directory;      ///< working directory at the start
    std::string boot_id;        ///< /proc/sys/kernel/random/boot_id: pids and cgroups mean nothing in another boot
    std::string pid_namespace;  ///< "pid:[4026531836]": numbers mean nothing in another one
    std::string time_namespace; ///< "time:[4026531834]": start times are others in another one; empty: before Linux 5.6
    std::uint32_t uid = 0;
    ProcessId debugger;
    ProcessId watcher; ///< pid 0: none (--no-watch never has a record)

    std::int64_t started_unix_s = 0;
    std::int64_t duration_ms = 0; ///< CLOCK_BOOTTIME: does not jump when the clock is set; final at the end

    SessionPlace place;
    Limit cap;              ///< of the debuggee (split) or of the command
    Limit fuse;             ///< infinity: no fuse
    Limit look;             ///< without a fuse: the line at which it is looked who holds the memory; infinity: none
    Limit scope_limit;      ///< of the whole scope
    std::string go_version; ///< of the debuggee where known: "go1.19.8"; empty: not Go or unknown

    Limit gomemlimit;      ///< that this session set and the debugger's own commands can change; infinity: none
    Limit gomemlimit_ours; ///< chosen by this session, and no client has a command for it: it follows the cap, written
                           ///< into the program; infinity: none
    std::string heap_profile; ///< what came of switching the debuggee's on: "on", "refused: …"; empty: not tried

    SessionState state = SessionState::running;
    std::vector<int> debuggees; ///< pids of the processes the debugger traces from their start
    std::uint64_t debuggee_peak_bytes = 0, debugger_peak_bytes = 0; ///< 0: unknown
    MemoryCounts counts;
    std::uint64_t stall_some_us = 0, stall_full_us = 0; ///< memory.pressure totals of the scope
    std::uint32_t fuse_trips = 0;
    std::string held_by;                ///< who held the debuggee's memory at the last look: "main.grow main.go:13 …"
    std::string grown_by;               ///< who grew it until then, of what is not Go: "leak_node leak.c:7 …"
    std::vector<std::string> snapshots; ///< directories, the newest last
    std::vector<std::string> verdicts;  ///< in the order they were reached, one line each
    std::vector<std::string> ended;     ///< what was ended with the session: "sleep (pid 4711)"
    std::vector<std::string> unsaid;    ///< lines nobody could read on stderr (closed, full pipe)
    std::optional<int> exit_status;     ///< of the debugger; negative: killed by that signal; nothing: unknown
    bool operator==(const SessionRecord &) const = default;
};

inline constexpr int kRecordSchema = 1;

void fields(auto &visit, Is<ProcessId> auto &id)
{
    visit("pid", id.pid);
    visit("start_ticks", id.start_ticks);
}

void fields(auto &visit, Is<MemoryCounts> auto &counts)
{
    visit("high", counts.high);
    visit("max", counts.max);
    visit("oom", counts.oom);
    visit("oom_kill", counts.oom_kill);
}

void fields(auto &visit, Is<SessionRecord> auto &record)
{
    visit.schema(kRecordSchema);
    visit("id", record.id);
    visit("backend", record.backend);
    visit("tool", record.tool);
    visit("command", record.command);
    visit("directory", record.directory);
    visit("boot_id", record.boot_id);
    visit("pid_namespace", record.pid_namespace);
    visit("time_namespace", record.time_namespace);
    visit("uid", record.uid);
    visit("debugger", record.debugger);
    visit("watcher", record.watcher);
    visit("started_unix_s", record.started_unix_s);
    visit("duration_ms", record.duration_ms);
    visit("cgroup_version", record.place.version);
    visit("scope_directory", record.place.scope);
    visit("unified_directory", record.place.unified);
    visit("split", record.place.divided);
    visit("cap_bytes", record.cap);
    visit("fuse_bytes", record.fuse);
    visit("look_bytes", record.look);
    visit("scope_limit_bytes", record.scope_limit);
    visit("go_version", record.go_version);
    visit("gomemlimit_bytes", record.gomemlimit);
    visit("gomemlimit_ours_bytes", record.gomemlimit_ours);
    visit("heap_profile", record.heap_profile);
    visit("state", record.state);
    visit("debuggees", record.debuggees);
    visit("debuggee_peak_bytes", record.debuggee_peak_bytes);
    visit("debugger_peak_bytes", record.debugger_peak_bytes);
    visit("events", record.counts);
    visit("stall_some_us", record.stall_some_us);
    visit("stall_full_us", record.stall_full_us);
    visit("fuse_trips", record.fuse_trips);
    visit("held_by", record.held_by);
    visit("grown_by", record.grown_by);
    visit("snapshots", record.snapshots);
    visit("verdicts", record.verdicts);
    visit("ended", record.ended);
    visit("unsaid", record.unsaid);
    visit("exit_status", record.exit_status);
}

/// Where the fuse is when nobody says otherwise: cap − max(5 %, 8 MiB), at least half the cap; infinity: infinity.
[[nodiscard]] Limit fuse_line_for(Limit cap);
/// Without a fuse: 80 %, late enough to see a leak, early enough to be read before the end.
[[nodiscard]] Limit look_line_for(Limit cap);

} // namespace dbgscope
