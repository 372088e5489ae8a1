// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "cli/on_event.hpp"
#include "session/history_reader.hpp"
#include "session/paths.hpp"
#include "session/recording_file.hpp"
#include "sys/file.hpp"
#include "tools/inspect/holder_line.hpp"
#include "tools/report/drift.hpp"
#include "tools/report/past_session.hpp"
#include "watch/speak.hpp"

namespace dbgscope {
namespace {

constexpr unsigned kDeadlineS = 10;
constexpr double kWhole = 10'000;
constexpr const char *kTextfile = "dbgscope.prom";

struct AfterOrder {
    std::string session, textfile;
    double beyond = 0;
    bool say = false;
    CommandOrder commands;
};

std::optional<AfterOrder> order_of(const std::vector<std::string> &words)
{
    AfterOrder order;
    std::int64_t permyriad = 0;
    if (words.size() < 6 ||
        std::from_chars(words[1].data(), words[1].data() + words[1].size(), permyriad).ec != std::errc{} ||
        !read_order(std::span(words).subspan(4), order.commands))
        return std::nullopt;
    order.session = order.commands.session = words[0];
    order.beyond = static_cast<double>(permyriad) / kWhole;
    order.textfile = words[2];
    order.say = words[3] == "say";
    return order;
}

/// The sessions of that one's program up to it, with what their recordings say; the last is the one. Empty: too few.
std::vector<PastSession> sessions_to(const History &history, const std::string &id, const SessionPaths &paths,
                                     std::int64_t window_s)
{
    const auto last = std::ranges::find(history.sessions, id, &SessionRecord::id);
    if (last == history.sessions.end())
        return {};
    const std::string program = program_of(*last);
    std::vector<PastSession> sessions;
    for (auto record = history.sessions.begin(); record != last + 1; ++record)
        if (record->started_unix_s >= last->started_unix_s - window_s && program_of(*record) == program)
            sessions.push_back({.record = *record, .program = program});
    if (sessions.size() <= kFewestSessions)
        return {};
    for (PastSession &session : sessions)
        if (const auto recorded =
                read_recording(recordings_directory(paths.history) + '/' + recording_name(session.record)))
            add_from_recording(session, *recorded);
    return sessions;
}

/// Nothing: like the others.
std::string drift_of_session(const AfterOrder &order, const SessionPaths &paths)
{
    const DriftRules rules{.beyond = order.beyond};
    const std::int64_t since = static_cast<std::int64_t>(::time(nullptr)) - 2 * rules.window_s;
    const auto history = read_history(paths.history, since); // a session of a week, and the week before it
    if (!history)
        return {};
    const auto programs = drift_of(sessions_to(*history, order.session, paths, rules.window_s), rules);
    return programs.empty() || !programs.front().drifted() ? "" : drift_line(programs.front());
}

/// Whoever reads it sees the old one or the new one, whole. Of two sessions that end together the later writer has
/// read the history last.
Result<void> write_textfile(const std::string &directory, const SessionPaths &paths)
{
    const auto opened = open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
    if (!opened)
        return fail(opened.error());
    while (::flock(opened->get(), LOCK_EX) != 0 && errno == EINTR) { // the alarm ends a wait that is too long
    }
    auto history = read_history(paths.history);
    if (!history)
        return fail(history.error());
    std::vector<PastSession> sessions;
    for (SessionRecord &record : history->sessions) {
        PastSession session{.program = program_of(record)};
        session.record = std::move(record);
        sessions.push_back(std::move(session));
    }
    const std::string unfinished = fmt::format(".{}.{}", kTextfile, ::getpid()); // node_exporter reads *.prom alone
    auto file = open_at(opened->get(), unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (!file)
        return fail(file.error());
    (void)::fchmod(file->get(), 0644); // whatever the umask: another user reads it
    auto written = write_all(file->get(), history_openmetrics(sessions), directory + '/' + kTextfile);
    if (written && ::renameat(opened->get(), unfinished.c_str(), opened->get(), kTextfile) != 0)
        written = fail(errno_error(errno, "replace", directory + '/' + kTextfile));
    if (!written)
        (void)::unlinkat(opened->get(), unfinished.c_str(), 0);
    return written;
}

/// In a process that is niced and bounded in memory and time, since history and recordings are large. What it tells of
/// the session.
std::string looked_at(const AfterOrder &order)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return {};
    const UniqueFd from(ends[0]);
    UniqueFd to(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        become_dispensable(kDeadlineS);
        const SessionPaths paths = session_paths();
        if (order.say || !order.commands.actions.empty())
            (void)write_all(to.get(), drift_of_session(order, paths), "pipe").has_value();
        if (!order.textfile.empty())
            if (const auto written = write_textfile(order.textfile, paths); !written && order.say)
                (void)write_all(STDERR_FILENO, said_line(to_line(written.error())), "stderr").has_value();
        ::_exit(0);
    }
    to.reset();
    std::string said;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; child > 0 && (got = ::read(from.get(), block.data(), block.size())) > 0;)
        said.append(block.data(), static_cast<std::size_t>(got));
    while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    return said;
}

void say(const std::string &line, const std::string &log_file)
{
    if (log_file.empty())
        return (void)write_all(STDERR_FILENO, said_line(line), "stderr").has_value();
    if (const auto file = open_at(AT_FDCWD, log_file, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, 0600))
        (void)write_all(file->get(), said_line(line), log_file).has_value();
}

} // namespace

Result<int> after_session(const std::vector<std::string> &words)
{
    auto order = order_of(words);
    if (!order)
        return 1;
    const std::string line = looked_at(*order);
    if (line.empty())
        return 0;
    if (order->say)
        say(line, order->commands.log_file);
    order->commands.variables.push_back("DBGSCOPE_EVENT_TEXT=" + line);
    std::erase(order->commands.actions, "say");
    run_commands(order->commands);
    return 0;
}

} // namespace dbgscope
