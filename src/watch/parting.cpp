// SPDX-License-Identifier: Apache-2.0
#include "watch/parting.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/core.h>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/delegation.hpp"
#include "kernel/members.hpp"
#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "sys/file.hpp"
#include "watch/dying.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxAncestors = 64;

std::string parent_of(const std::string &path)
{
    return path.substr(0, path.rfind('/'));
}

/// False: one that still lives could not be moved.
bool move_all(const std::string &directory, int version, const std::vector<pid_t> &pids)
{
    const auto opened = open_directory(directory);
    if (!opened)
        return false;
    const Cgroup target(opened->get(), version);
    return std::ranges::all_of(pids, [&](pid_t pid) {
        const auto moved = target.add(pid);
        return moved || moved.error().error_number == ESRCH;
    });
}

/// v2's no-internal-process rule may keep the cgroup around empty: its processes are in a leaf then.
bool move_out(const std::string &scope, int version, const std::vector<pid_t> &pids)
{
    const std::string around = parent_of(scope);
    return move_all(around, version, pids) || move_all(around + '/' + kLeafName, version, pids);
}

void lift_limits(int directory, int version)
{
    const Cgroup cgroup(directory, version);
    if (!cgroup.valid())
        return;
    (void)cgroup.write_limit(Limit()).has_value();
    for (const CgroupFile file : {CgroupFile::high, CgroupFile::swap_limit})
        (void)cgroup.write(file, control_text(Limit(), version)).has_value(); // v1 has neither
}

bool move_within(const OpenSession &session, const std::vector<pid_t> &pids)
{
    if (::mkdirat(session.scope.get(), kDetachedName, 0755) != 0 && errno != EEXIST)
        return false;
    return move_all(session.place.scope + '/' + kDetachedName, session.place.version, pids);
}

} // namespace

bool descends_from(pid_t pid, const std::set<pid_t> &heads, const std::string &proc)
{
    for (std::size_t depth = 0; pid > 1 && depth < kMaxAncestors && !heads.empty(); ++depth) {
        if (heads.contains(pid))
            return true;
        const auto relatives = read_process_stat(pid, proc);
        if (!relatives)
            return false;
        if (heads.contains(relatives->group) || heads.contains(relatives->session))
            return true;
        pid = relatives->parent;
    }
    return false;
}

bool lives_on(const PartingRules &rules, pid_t pid, bool in_debuggee, const std::string &proc)
{
    if (descends_from(pid, rules.detached, proc))
        return true;
    if (!rules.debugger_by_itself || (in_debuggee && !rules.program_by_itself))
        return false;
    if (descends_from(pid, rules.forks, proc))
        return true;
    const auto stat = read_process_stat(pid, proc);
    return stat && stat->session > 0 && !rules.sessions.contains(stat->session); // 0: of another pid namespace
}

Parting part(const OpenSession &session, const PartingRules &rules)
{
    Parting parting;
    const auto take = [&](const std::vector<pid_t> &pids, bool in_debuggee) {
        for (const pid_t pid : pids) {
            const auto stat = read_process_stat(pid); // 0: of another pid namespace
            if (pid <= 0 || pid == ::getpid() || !stat || stat->parent == ::getpid() || look_at_process(pid).dying)
                continue;
            (lives_on(rules, pid, in_debuggee) ? parting.live_on : parting.end).push_back(pid);
        }
    };
    if (session.alone()) { // which side it is of cannot be told: a daemon lives on as one of the debuggee's
        take(pids_started_with(session.mark), true);
        return parting;
    }
    take(pids_below(session.place.debugger()), false);
    if (session.debuggee.valid())
        take(pids_below(session.place.debuggee()), true);
    return parting;
}

void release(const OpenSession &session, const std::vector<pid_t> &pids, const std::set<int> &ours, int score)
{
    const SessionPlace &place = session.place;
    if (pids.empty())
        return;
    for (const pid_t pid : pids)
        if (const auto now = oom_score_of(pid); now && ours.contains(*now))
            set_oom_score_of(pid, score);
    if (place.remove && !place.unified.empty())
        (void)move_out(place.unified, 2, pids);
    const bool moved = place.remove    ? move_out(place.scope, place.version, pids)
                       : place.divided ? move_within(session, pids)
                                       : false;
    if (!place.remove || !moved)
        lift_limits(session.scope.get(), place.version);
    if (!moved)
        lift_limits(session.debuggee.get(), place.version);
}

std::string name_of(pid_t pid)
{
    return fmt::format("{} (pid {})", process_name(pid), pid);
}

std::string names_of(const std::vector<std::string> &names)
{
    constexpr std::size_t kMaxNames = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kMaxNames); ++i)
        text += (text.empty() ? "" : ", ") + names[i];
    if (names.size() > kMaxNames)
        text += fmt::format(" and {} more", names.size() - kMaxNames);
    return text;
}

} // namespace dbgscope
