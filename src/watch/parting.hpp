// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "watch/open_session.hpp"

// Who of a session lives on when its debugger has gone, and where.
namespace dbgscope {

/// Thread groups are meant by their pids.
struct PartingRules {
    std::set<pid_t> detached; ///< the debugger let them go: they and what they started live on whatever happened
    std::set<pid_t> forks;    ///< forked by a debuggee and let go: gdb does that to each of them
    std::set<pid_t> sessions; ///< the debugger's, and those a debuggee leads: in them nobody has a session of its own
    bool debugger_by_itself = false; ///< it was not killed
    bool program_by_itself = false;  ///< nor was what it debugged, and neither runs any more
};

/// As it would without us: what was let go, and, after an end that nobody forced, what has made itself a session of its
/// own (a daemon). `in_debuggee`: in the debuggee's cgroup.
[[nodiscard]] bool lives_on(const PartingRules &rules, pid_t pid, bool in_debuggee, const std::string &proc = "/proc");
/// The process, its group, its session or one of its ancestors is one of `heads`.
[[nodiscard]] bool descends_from(pid_t pid, const std::set<pid_t> &heads, const std::string &proc = "/proc");

/// Who is left in the session's cgroups.
struct Parting {
    std::vector<pid_t> live_on, end; ///< who is dying already is in neither
};
[[nodiscard]] Parting part(const OpenSession &session, const PartingRules &rules);

/// Takes processes out of reach of the session's limits: a plain cgroup's into the cgroup around it, a unit's into a
/// child of its own, without limits, as processes cannot leave a unit of systemd's; the whole session's limit is lifted
/// then. Where neither can be, the limits of where they are are lifted. An oom_score_adj that is one of `ours` becomes
/// `score`.
void release(const OpenSession &session, const std::vector<pid_t> &pids, const std::set<int> &ours, int score);

/// "sleep (pid 4711), make (pid 4712)", for at most eight of them, and how many more there are.
[[nodiscard]] std::string names_of(const std::vector<std::string> &names);
/// "sleep (pid 4711)"
[[nodiscard]] std::string name_of(pid_t pid);

} // namespace dbgscope
