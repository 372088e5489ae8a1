// SPDX-License-Identifier: Apache-2.0
#include "watch/cleanup.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

#include "launch/sweep.hpp"
#include "session/cgroup_processes.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxAncestors = 64;

struct Relatives {
    pid_t parent = 0, group = 0, session = 0;
};

/// Fields 4 to 6 of /proc/PID/stat: "4711 (a) b) S 1 4711 4711 0 …"
std::optional<Relatives> relatives_of(pid_t pid)
{
    const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    const auto comm_end = stat ? stat->rfind(')') : std::string::npos;
    if (comm_end == std::string::npos || stat->size() < comm_end + 4)
        return std::nullopt;
    Relatives out;
    const char *at = stat->data() + comm_end + 3; // ") S", then a blank and the numbers
    const char *const last = stat->data() + stat->size();
    for (pid_t *field : std::array{&out.parent, &out.group, &out.session}) {
        while (at != last && *at == ' ')
            ++at;
        const auto [end, code] = std::from_chars(at, last, *field);
        if (code != std::errc{})
            return std::nullopt;
        at = end;
    }
    return out;
}

bool is_spared(pid_t pid, const std::set<pid_t> &detached)
{
    for (std::size_t depth = 0; pid > 1 && depth < kMaxAncestors; ++depth) {
        if (detached.contains(pid))
            return true;
        const auto relatives = relatives_of(pid);
        if (!relatives)
            return false;
        if (detached.contains(relatives->group) || detached.contains(relatives->session))
            return true;
        pid = relatives->parent;
    }
    return false;
}

} // namespace

bool kill_leftovers(const SessionCgroups &session, const std::set<pid_t> &detached, bool use_cgroup_kill,
                    std::chrono::milliseconds patience)
{
    const auto spared = [&, self = ::getpid()](pid_t pid) {
        return pid == self || (!detached.empty() && is_spared(pid, detached));
    };
    bool empty = kill_below(session.debugger_path(), spared, use_cgroup_kill, patience);
    if (session.debuggee.valid())
        empty = kill_below(session.debuggee_path(), spared, use_cgroup_kill, patience) && empty;
    return empty;
}

void remove_abandoned(const SessionPlaces &places, std::chrono::milliseconds patience)
{
    for (const std::string &path : {places.scope, places.unified})
        if (!path.empty())
            (void)remove_cgroup_at(path, patience);
}

void remove_cgroups(const SessionCgroups &session, std::chrono::milliseconds patience)
{
    if (session.places.remove)
        return remove_abandoned(session.places, patience);
    for (const char *child : {kDebuggeeName, kDebuggerName}) // systemd removes the scope, and these with it
        (void)remove_cgroup(session.scope.get(), child);
}

} // namespace dbgscope
