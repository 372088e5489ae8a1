// SPDX-License-Identifier: Apache-2.0
#include "session/end.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"
#include "kernel/sweep.hpp"
#include "session/history.hpp"
#include "session/recording_file.hpp"
#include "session/usage.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kKillPatience{1000};
constexpr milliseconds kPause{10};

std::string last_part(const std::string &path)
{
    return path.substr(path.rfind('/') + 1);
}

/// "ID.scope" (systemd puts "_" before names the kernel could take for its own files), "dbgscope.ID.PID-STARTTICKS".
bool names_session(const std::string &directory, const std::string &id)
{
    const std::string name = last_part(directory);
    const auto plain = parse_session_name(name);
    return name == id + ".scope" || name == '_' + id + ".scope" || (plain && plain->session == id);
}

Error stubborn(const SessionRecord &record, std::string cause)
{
    return {.kind = ErrorKind::timeout,
            .operation = "end session",
            .subject = record.id,
            .cause = std::move(cause),
            .hint = "it may be waiting in the kernel for a disk or a network file system"};
}

Result<void> kill_all(const SessionRecord &record, const EndOptions &options)
{
    const auto spared = [self = ::getpid(), &record](pid_t pid) { return pid == self || pid == record.watcher.pid; };
    if (record.place.scope.empty() && !has_no_cgroup(record))
        return {};
    if (has_no_cgroup(record)) {
        if (!kill_started_with(session_mark(record.id), spared, kKillPatience))
            return fail(stubborn(record, "a process of it cannot be killed"));
        return {};
    }
    std::vector<std::string> directories{record.place.scope};
    if (record.place.divided)
        directories = {record.place.scope + '/' + kDebuggerName, record.place.scope + '/' + kDebuggeeName};
    bool all = true;
    for (const std::string &directory : directories)
        all = kill_below(directory, spared, options.use_cgroup_kill, kKillPatience) && all;
    if (!all)
        return fail(stubborn(record, fmt::format("processes in {} cannot be killed", record.place.scope)));
    return {};
}

} // namespace

Ending::Ending(LiveSession session, const EndOptions &options)
    : session_(std::move(session)), options_(options), debugger_(session_.record.debugger, options.use_pidfd),
      begun_(Clock::now())
{
}

Result<void> Ending::begin() const
{
    if (!debugger_.alive())
        return {};
    if (const auto capped = open_directory(record().place.capped()); capped && record().place.divided)
        // A frozen debuggee hears of no signal but SIGKILL.
        (void)Cgroup(capped->get(), record().place.version).thaw().has_value();
    if (const int code = debugger_.send(SIGTERM); code != 0 && code != ESRCH)
        return fail(errno_error(code, "end session", fmt::format("{} (pid {})", record().id, record().debugger.pid)));
    return {};
}

Result<void> Ending::finish(const Registry &registry) const
{
    const auto polite = std::chrono::ceil<milliseconds>(begun_ + options_.polite - Clock::now());
    if (!debugger_.wait_end(polite)) {
        (void)debugger_.send(SIGKILL);
        if (!debugger_.wait_end(kKillPatience))
            return fail(stubborn(record(), fmt::format("pid {} does not end after SIGKILL", record().debugger.pid)));
    }
    const ProcessHandle watcher(record().watcher, options_.use_pidfd);
    for (const auto deadline = Clock::now() + options_.watcher; watcher.alive() && Clock::now() < deadline;) {
        if (!registry.has_live(record()))
            return {};
        std::this_thread::sleep_for(kPause);
    }
    if (!registry.has_live(record()))
        return {};
    (void)watcher.send(SIGKILL); // three seconds late: it would be in the way
    return clean_up(registry, record(), options_);
}

bool names_its_session(const SessionRecord &record)
{
    return names_session(record.place.scope, record.id);
}

bool holds_its_debugger(const SessionRecord &record)
{
    return !record.place.scope.empty() && std::ranges::count(pids_below(record.place.scope), record.debugger.pid) != 0;
}

Result<void> clean_up(const Registry &registry, const SessionRecord &record, const EndOptions &options)
{
    if (!record.place.scope.empty() && !names_session(record.place.scope, record.id))
        return fail(
            {.kind = ErrorKind::refused,
             .operation = "end session",
             .subject = record.id,
             .cause = fmt::format("its record names {}, which is no cgroup of that session", record.place.scope)});
    if (auto killed = kill_all(record, options); !killed)
        return killed;
    const auto plain = [&](const std::string &path) {
        return !path.empty() && parse_session_name(last_part(path)).has_value();
    };
    for (const std::string &path : {record.place.scope, record.place.unified})
        if (plain(path) && names_session(path, record.id) && !remove_cgroup_at(path, kKillPatience))
            return fail(stubborn(record, fmt::format("{} cannot be removed", path)));
    if (!options.history.empty()) {
        SessionRecord ended = record;
        ended.state = SessionState::ended;
        ended.verdicts.emplace_back("its watcher was gone before its end: what happened after that is not known");
        (void)append_history(options.history, ended).has_value(); // a full disk must not keep the session
    }
    (void)keep_recording(registry.path(), options.history, record).has_value();
    return registry.remove_live(record);
}

} // namespace dbgscope
