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

/// systemd: one transient scope with our pid in it.
struct CreateScope {
    bool user_manager = false;
    std::string unit; ///< "run-p123-0011223344556677.scope"
    std::string job_mode = "fail";
    bool ask_password = false;             ///< allow polkit to ask (system manager, not root)
    std::string socket;                    ///< private socket to try first; empty: none
    std::string bus;                       ///< bus address or socket to try second; empty: none
    std::vector<ScopeProperty> properties; ///< in the order they are sent, PIDFDs not among them
};

/// One write into a control file of the new cgroup.
struct CgroupWrite {
    std::string file;      ///< "memory.max"
    std::string value;     ///< "536870912"
    bool optional = false; ///< ENOENT (no swap accounting, …) is reported and survived
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
};

/// Read back what is in force from the hierarchy that /proc/self/cgroup names.
struct VerifyLimit {
    Limit expected;        ///< the cap asked for
    bool required = false; ///< --require=limit: a mismatch is an error, not a line on stderr
};

struct SetOomScore {
    int value = 0;
    bool required = false;
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

using Action = std::variant<CreateScope, CreateCgroup, VerifyLimit, SetOomScore, SetRlimit, SetNice, SetCredentials,
                            ChangeDirectory, SetEnvironment, Execute>;

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
    /// One line for the user once everything before the exec has worked; empty for a pass-through.
    std::string announcement;
};

} // namespace dbgscope
