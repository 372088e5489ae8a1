// SPDX-License-Identifier: Apache-2.0
#include "cli/inspect_choice.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/members.hpp"
#include "kernel/process.hpp"
#include "kernel/process_stat.hpp"
#include "session/usage.hpp"
#include "tools/inspect/core_file.hpp"
#include "tools/inspect/pprof.hpp"

namespace dbgscope {
namespace {

Result<pid_t> read_pid(const std::string &word)
{
    pid_t pid = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), pid);
    if (code != std::errc{} || end != word.data() + word.size() || pid <= 0)
        return fail({.kind = ErrorKind::usage,
                     .operation = "read",
                     .subject = fmt::format("--pid \"{}\"", word),
                     .cause = "not the number of a process"});
    return pid;
}

/// A new one is written down a tenth of a second after its start, which is too late for who asks at once.
std::vector<pid_t> traced_now(const SessionRecord &session)
{
    std::vector<pid_t> pids =
        has_no_cgroup(session) ? pids_started_with(session_mark(session.id)) : pids_below(session.place.capped());
    std::erase_if(pids, [&](pid_t pid) { return pid == session.debugger.pid || tracer_of(pid) == 0; });
    return pids;
}

Result<pid_t> only_debuggee(const LiveSession &session)
{
    const std::vector<pid_t> pids = living_debuggees(session);
    if (pids.size() == 1)
        return pids.front();
    std::string names;
    for (const pid_t pid : pids)
        names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", pid, process_name(pid));
    return fail({.kind = pids.empty() ? ErrorKind::not_found : ErrorKind::usage,
                 .operation = "find",
                 .subject = fmt::format("the debuggee of session \"{}\"", session.record.id),
                 .cause = pids.empty() ? "it has none now" : "there are several: " + names,
                 .hint = pids.empty() ? "" : "give one with --pid"});
}

Result<pid_t> debuggee_of(const std::string &word)
{
    auto live = live_sessions();
    if (!live)
        return pass(live);
    if (!word.empty()) {
        auto session = choose_session(live->sessions, word);
        if (!session)
            return pass(session);
        return only_debuggee(*session);
    }
    const auto newest = std::find_if(live->sessions.rbegin(), live->sessions.rend(),
                                     [](const LiveSession &session) { return !living_debuggees(session).empty(); });
    if (newest == live->sessions.rend())
        return fail({.kind = ErrorKind::not_found,
                     .operation = "find",
                     .subject = "a debuggee",
                     .cause = "no session of yours is running one",
                     .hint = "--pid PID looks into any process of yours"});
    return only_debuggee(*newest);
}

} // namespace

std::vector<pid_t> living_debuggees(const LiveSession &session)
{
    std::vector<pid_t> pids(session.record.debuggees.begin(), session.record.debuggees.end());
    if (session.record.tool == "run" && pids.empty())
        pids.push_back(session.record.debugger.pid);
    std::erase_if(pids, [](pid_t pid) { return !process_id(pid); });
    return pids.empty() ? traced_now(session.record) : pids;
}

void declare_process(CLI::App &app)
{
    add_value(app, "ID", "ID", "the session whose debuggee to look into; without, the newest");
    add_value(app, "--pid", "PID", "Look into this process instead");
}

void declare_target(CLI::App &app)
{
    declare_process(app);
    add_value(app, "--core", "FILE", "Look into this core file instead");
    add_value(app, "--exe", "FILE", "The program whose core file it is");
}

Result<pid_t> chosen_process(const CLI::App &parsed)
{
    const std::string word = option_value(parsed, "ID"), pid_word = option_value(parsed, "--pid");
    if (!word.empty() && !pid_word.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "choose",
                     .subject = "what to look into",
                     .cause = "both a session and --pid were given"});
    return pid_word.empty() ? debuggee_of(word) : read_pid(pid_word);
}

Result<Target> chosen_target(const CLI::App &parsed)
{
    const std::string word = option_value(parsed, "ID"), pid_word = option_value(parsed, "--pid");
    const std::string core = option_value(parsed, "--core"), exe = option_value(parsed, "--exe");
    if ((word.empty() ? 0 : 1) + (pid_word.empty() ? 0 : 1) + (core.empty() ? 0 : 1) > 1)
        return fail({.kind = ErrorKind::usage,
                     .operation = "choose",
                     .subject = "what to look into",
                     .cause = "more than one of a session, --pid and --core was given"});
    if (core.empty() != exe.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "look into",
                     .subject = core.empty() ? exe : core,
                     .cause = "--core and --exe go together",
                     .hint = "--core FILE --exe PROGRAM"});
    if (!core.empty())
        return open_core(core, exe);
    const auto pid = chosen_process(parsed);
    if (!pid)
        return fail(pid.error());
    return open_process(*pid);
}

Result<int> write_profile(const std::string &file, const Result<std::string> &profile)
{
    if (!profile)
        return fail(profile.error());
    if (auto written = write_private_file(file, *profile); !written)
        return pass(written);
    if (auto printed = print(fmt::format("written: {}\n", printable(file))); !printed)
        return pass(printed);
    return 0;
}

std::int64_t unix_ns()
{
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

} // namespace dbgscope
