// SPDX-License-Identifier: Apache-2.0
#include "cli/held_by.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "dbgscope/utf8.hpp"
#include "session/record_json.hpp"
#include "session/registry.hpp"
#include "sys/file.hpp"
#include "tools/inspect/gc_places.hpp"
#include "tools/inspect/holder_line.hpp"
#include "tools/inspect/program.hpp"
#include "tools/inspect/snapshot_store.hpp"
#include "tools/inspect/waiters.hpp"
#include "watch/holders.hpp"

namespace dbgscope {

namespace {

constexpr unsigned kLineDeadlineS = 5, kSnapshotDeadlineS = 10;
constexpr int kQuickLooks = 3, kPatientLooks = 60;
constexpr std::chrono::milliseconds kPause{50};

/// One line of the answer, at once: what comes later may never come.
void answer(std::string_view kind, std::string_view text)
{
    (void)write_all(STDOUT_FILENO, fmt::format("{} {}\n", kind, printable(text)), "stdout").has_value();
}

/// 0: the first word is no process's number.
pid_t pid_of(const std::vector<std::string> &words)
{
    pid_t pid = 0;
    if (words.empty() || std::from_chars(words[0].data(), words[0].data() + words[0].size(), pid).ec != std::errc{})
        return 0;
    return pid;
}

/// A moment after the line has been passed some threads are still on their way into the wait, or look for pages that
/// can be had from others.
std::string who_waits(const Target &target, int looks)
{
    std::string line;
    for (int look = 0; look < looks && line.empty(); ++look) {
        if (look > 0)
            std::this_thread::sleep_for(kPause);
        line = waiter_line(find_waiters(target));
    }
    return line;
}

std::string record_of(const std::string &session)
{
    const auto registry = Registry::open(session_paths());
    if (!registry)
        return {};
    for (const LiveSession &live : registry->list_live())
        if (live.record.id == session)
            return record_line(live.record) + '\n';
    return {};
}

void keep_snapshot(const Target &target, const std::string &session, bool among, const std::string &directory)
{
    (void)::alarm(kSnapshotDeadlineS);
    const Snapshot snapshot = take_snapshot(target, unix_ns(), record_of(session));
    const auto stored = store_snapshot(snapshot, directory, session);
    if (stored)
        answer("snapshot", *stored);
    else if (!among)
        answer("say", "no snapshot: " + to_line(stored.error()));
    if (among)
        prune_snapshots(directory);
}

} // namespace

Result<int> gc_places_of(const std::vector<std::string> &words)
{
    const pid_t pid = pid_of(words);
    if (pid <= 0)
        return 1;
    become_dispensable(kLineDeadlineS);
    (void)std::signal(SIGPIPE, SIG_IGN); // NOLINT: the macro's cast
    const auto program = Program::of_process(pid);
    if (!program)
        return 1;
    if (const std::string places = gc_places(*program); !places.empty())
        answer(kGcVerb, places);
    return 0;
}

Result<int> held_by(const std::vector<std::string> &words)
{
    const pid_t pid = pid_of(words);
    if (words.size() < 2 || pid <= 0)
        return 1;
    become_dispensable(kLineDeadlineS);
    (void)std::signal(SIGPIPE, SIG_IGN); // NOLINT: the macro's cast
    const auto target = open_process(pid);
    if (!target)
        return 1;
    if (const auto view = view_heap(*target, false))
        if (const std::string holders = holders_text(*view); !holders.empty()) {
            answer("say", fmt::format("who holds it: {}; dbgscope heap shows all", holders));
            answer("held-by", holders);
        }
    std::string waits = who_waits(*target, kQuickLooks);
    const bool at_once = !waits.empty();
    if (at_once)
        answer("say", waits);
    if (words.size() == 4 && (words[2] == kSnapshotIn || words[2] == kSnapshotAmong))
        keep_snapshot(*target, words[1], words[2] == kSnapshotAmong, words[3]);
    if (!at_once)
        if (waits = who_waits(*target, kPatientLooks); !waits.empty())
            answer("say", waits);
    return 0;
}

} // namespace dbgscope
