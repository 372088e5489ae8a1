// SPDX-License-Identifier: Apache-2.0
#include "watch/cleanup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <ctime>
#include <optional>

#include "launch/sweep.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxAncestors = 64;
constexpr long kPauseNs = 2'000'000;

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

/// One round of SIGKILL. Returns how many processes are left that should not be.
std::size_t kill_round(int directory, const std::set<pid_t> &detached)
{
    std::size_t left = 0;
    const pid_t self = ::getpid();
    for (const pid_t pid : processes_of(directory)) {
        if (pid <= 1 || pid == self || (!detached.empty() && is_spared(pid, detached)))
            continue;
        (void)::kill(pid, SIGKILL);
        ++left;
    }
    return left;
}

void pause()
{
    const timespec time{.tv_sec = 0, .tv_nsec = kPauseNs};
    (void)::nanosleep(&time, nullptr);
}

bool empty_cgroup(int directory, const std::set<pid_t> &detached, bool at_once,
                  std::chrono::steady_clock::time_point deadline)
{
    // A fork bomb outruns a loop over pids; cgroup.kill (5.14) does not let it.
    if (at_once && detached.empty()) [[maybe_unused]]
        const bool killed = write_at(directory, "cgroup.kill", "1").has_value();
    for (;;) {
        if (kill_round(directory, detached) == 0)
            return true;
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        pause();
    }
}

} // namespace

bool kill_leftovers(const SessionCgroups &session, const std::set<pid_t> &detached, bool use_cgroup_kill,
                    std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const bool v2 = session.places.version == 2;
    // The scope itself may hold the watcher: never cgroup.kill there.
    bool empty =
        empty_cgroup(session.debugger.get(), detached, use_cgroup_kill && v2 && session.places.debugger_leaf, deadline);
    if (session.debuggee.valid())
        empty = empty_cgroup(session.debuggee.get(), detached, use_cgroup_kill && v2, deadline) && empty;
    return empty;
}

void remove_abandoned(const SessionPlaces &places)
{
    constexpr int kTries = 250; // half a second
    for (const std::string &path : {places.scope, places.unified}) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos)
            continue;
        const auto parent = open_at(AT_FDCWD, path.substr(0, slash), O_RDONLY | O_DIRECTORY);
        const std::string name = path.substr(slash + 1);
        for (int i = 0; parent && i < kTries && ::faccessat(parent->get(), name.c_str(), F_OK, 0) == 0 &&
                        !remove_cgroup(parent->get(), name);
             ++i)
            pause();
    }
}

void remove_cgroups(const SessionCgroups &session)
{
    for (const char *child : {kDebuggeeName, kDebuggerName})
        (void)remove_cgroup(session.scope.get(), child);
    if (!session.places.remove)
        return;
    for (const std::string &path : {session.places.scope, session.places.unified}) {
        const auto slash = path.rfind('/');
        if (slash == std::string::npos)
            continue;
        if (const auto parent = open_at(AT_FDCWD, path.substr(0, slash), O_RDONLY | O_DIRECTORY))
            (void)remove_cgroup(parent->get(), path.substr(slash + 1));
    }
}

} // namespace dbgscope
