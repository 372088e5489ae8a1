// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dbgscope/bytes.hpp"

// What was decided and why: ordered, typed steps. Made by plan/, carried out by launch/, printed by render/.
namespace dbgscope {

enum class Backend { systemd_system, systemd_user, cgroupfs, none };
[[nodiscard]] const char *backend_name(Backend backend); ///< "systemd-system", …

/// A D-Bus property value, by the shapes scopes use. The comment is the signature on the bus.
struct PathLimit {
    std::string path;
    std::uint64_t value;
    bool operator==(const PathLimit &) const = default;
};
struct StringPair {
    std::string first, second;
    bool operator==(const StringPair &) const = default;
};
struct AddressPrefix {
    std::int32_t family;
    std::vector<std::uint8_t> address;
    std::uint32_t prefix;
    bool operator==(const AddressPrefix &) const = default;
};
struct NameFilter {
    bool allow;
    std::vector<std::string> names;
    bool operator==(const NameFilter &) const = default;
};
struct SocketBind {
    std::int32_t family, protocol;
    std::uint16_t count, first;
    bool operator==(const SocketBind &) const = default;
};
using BusValue = std::variant<bool,                       // b
                              std::int32_t,               // i
                              std::uint32_t,              // u
                              std::uint64_t,              // t
                              std::string,                // s
                              std::vector<std::string>,   // as
                              std::vector<std::uint8_t>,  // ay
                              std::vector<PathLimit>,     // a(st)
                              std::vector<StringPair>,    // a(ss)
                              std::vector<AddressPrefix>, // a(iayu)
                              NameFilter,                 // (bas)
                              std::vector<SocketBind>>;   // a(iiqq)

struct ScopeProperty {
    std::string name; ///< D-Bus name: "MemoryMax", "RuntimeMaxUSec"
    BusValue value;
    bool droppable = true; ///< an older systemd may not know it: drop it and report; false: fail
    bool limit = false;    ///< dropping it means the cap is not in force
};

/// One write into a control file of the new cgroup.
struct CgroupWrite {
    std::string file;      ///< "memory.max"
    std::string value;     ///< "536870912"
    bool optional = false; ///< ENOENT (no swap accounting, …) is reported and survived
};

/// Split: two cgroups below the scope's. `debugger` is entered; the watcher moves each debuggee into `debuggee`.
struct Division {
    int version = 2;                   ///< of the hierarchy that carries memory
    std::vector<std::string> enable;   ///< v2: controllers to enable in the scope's cgroup.subtree_control
    std::vector<CgroupWrite> debugger; ///< limits of the debugger and what it starts
    std::vector<CgroupWrite> debuggee; ///< the cap
};

/// systemd: one transient scope with our pid in it.
struct CreateScope {
    bool user_manager = false;
    std::string unit; ///< "run-p123-0011223344556677.scope"
    std::string job_mode = "fail";
    bool ask_password = false;             ///< allow polkit to ask (system manager, not root)
    std::string socket;                    ///< private socket to try first; empty: none
    std::string bus;                       ///< bus address or socket to try second; empty: none
    std::vector<ScopeProperty> properties; ///< in the order they are sent, PIDFDs not among them
    std::string memory_mount;              ///< of the hierarchy that carries memory: finds the scope's directory
    std::string unified_mount;             ///< hybrid: of the v2 hierarchy; empty elsewhere
    std::optional<Division> division;
};

/// cgroupfs: a directory of our own below `parent`, limits first, then our pid.
struct CreateCgroup {
    int version = 2;    ///< of the hierarchy that carries memory
    std::string parent; ///< directory of our own cgroup in it
    std::string name;   ///< "dbgscope.SESSION.PID-STARTTICKS"
    bool vacate_parent =
        false; ///< v2: move every process of `parent` that may be moved into a leaf, then enable memory
    std::vector<std::string> enable; ///< v2: controllers to enable in parent's cgroup.subtree_control
    std::vector<CgroupWrite> writes;
    std::string unified_parent; ///< hybrid: also enter `unified_parent`/`name`, for pressure, kill, freeze; empty: no
    std::optional<Division> division;
};

enum class FuseAction : std::uint8_t { off, warn, hold };
enum class PressureAction : std::uint8_t {
    off,
    say,
    weight, ///< and the debuggee's cpu.weight is lowered while it lasts
    hold,   ///< and the debuggee is frozen while it lasts, as long as nobody asks it to stop
};

/// What the watcher has to know; plain data, so that everything else can be freed.
struct Watch {
    bool wait = false; ///< be the debugger's parent instead of a process beside it
    std::string session, backend, tool;
    std::vector<std::string> command;
    bool split = false, split_required = false;
    int debuggee_oom_score_adj = 0; ///< raised to this on entering `debuggee`; below what it has: left alone
    Limit cap;                      ///< of the debuggee (split) or the command
    Limit scope_limit;
    FuseAction fuse = FuseAction::off;
    Limit fuse_line; ///< infinity: no fuse
    PressureAction pressure = PressureAction::off;
    std::int64_t pressure_some_permyriad = 0, pressure_full_permyriad = 0; ///< of a 2 s window; 0: not watched
    std::uint64_t heap_profile_rate = 0; ///< switch Go's heap profile on, a sample every so many bytes; 0: do not
    bool use_pidfd = true, use_cgroup_kill = true; ///< false: --assume no-…
    std::string go_version;                        ///< of the debuggee where known
    std::optional<Limit> gomemlimit;    ///< of the debuggee, infinity: none; nothing: not Go, or its client may set it
    bool builds = false;                ///< the debugger starts a compiler
    std::int64_t client_timeout_ms = 0; ///< end a debugger that no client has reached by then; 0: never
    bool quiet = false;
    std::string log_file; ///< instead of stderr; empty: stderr
};

/// Leave a watcher beside the debugger, or (wait) become one. Before the cgroup is made: both enter it together.
struct StartWatcher {
    Watch watch;
};

/// The seccomp filter that tells the watcher of each new debuggee. Inherited by everything the debugger starts.
struct InstallFilter {
    bool required = false;
    bool go_starts = false; ///< and of each start of a Go program, so that its heap profile can be switched on
};

/// Read back what is in force from the hierarchy that /proc/self/cgroup names.
struct VerifyLimit {
    Limit expected;        ///< the cap asked for
    bool required = false; ///< --require=limit: a mismatch is an error, not a line on stderr
};

/// PR_SET_THP_DISABLE, inherited by all that is started: a page fault takes a page, not a huge page of 2 MiB.
struct NoHugePages {};

struct SetOomScore {
    int value = 0;
    bool required = false;
    bool only_with_split = false; ///< after InstallFilter: without it the debuggee would inherit the score
};
struct SetRlimit {
    std::string resource;
    std::uint64_t soft = 0, hard = 0;
}; ///< resource as in prlimit(1): "NOFILE"; UINT64_MAX = infinity
struct SetNice {
    int value = 0;
};
struct SetCredentials {
    std::string user, group;
}; ///< names or numbers; initgroups is done; empty: unchanged
struct ChangeDirectory {
    std::string path;
};
struct EnvChange {
    std::string name;
    std::optional<std::string> value;
}; ///< nothing: unset
struct SetEnvironment {
    std::vector<EnvChange> changes;
};
/// The last step. `path` is the file to execute, arguments[0] the name the tool sees.
struct Execute {
    std::string path;
    std::vector<std::string> arguments;
    bool search_path = false;
};

using Action = std::variant<StartWatcher, CreateScope, CreateCgroup, VerifyLimit, InstallFilter, NoHugePages,
                            SetOomScore, SetRlimit, SetNice, SetCredentials, ChangeDirectory, SetEnvironment, Execute>;

struct Step {
    Action action;
    std::string reason; ///< why, for people: "cap 512M from --memory-max"
};

/// Something the user should know; printed before the launch, one line each.
struct Notice {
    std::string id; ///< stable: "no-scope", "pressure", "godebug-dead"
    std::string text;
};

/// What to do when creating the scope fails although the plan expected it to work.
enum class OnFailure { fall_back, fail };

struct LaunchPlan {
    Backend backend = Backend::none;
    std::string backend_reason;
    std::string session;      ///< exported as DBGSCOPE_SESSION; empty for a pass-through
    std::optional<Limit> cap; ///< of the debuggee or command; nothing: no cap
    OnFailure on_scope_failure = OnFailure::fall_back;
    OnFailure on_limit_failure = OnFailure::fall_back;
    std::vector<Step> steps;
    /// Steps used instead when the scope cannot be made and on_scope_failure is fall_back: the next backend's. Ends at
    /// `none`.
    std::vector<LaunchPlan> fallback;
    std::vector<Notice> notices;
    /// What was considered and is not done, with the reason: for the plan's text, not worth a line at every launch.
    std::vector<Notice> left_out;
    /// One line for the user once everything before the exec has worked; empty for a pass-through.
    std::string announcement;
};

} // namespace dbgscope
