// SPDX-License-Identifier: Apache-2.0
#include "cli/held_by.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "cli/recorded_snapshot.hpp"
#include "dbgscope/utf8.hpp"
#include "session/record_json.hpp"
#include "session/registry.hpp"
#include "sys/file.hpp"
#include "tools/inspect/gc_places.hpp"
#include "tools/inspect/growth_answer.hpp"
#include "tools/inspect/holder_line.hpp"
#include "tools/inspect/program.hpp"
#include "tools/inspect/snapshot_store.hpp"
#include "tools/inspect/waiters.hpp"
#include "watch/holders.hpp"

namespace dbgscope {

namespace {

// Whoever stands still waits for less (Fuse::looking): these are for a machine that is busy, or emulated.
constexpr unsigned kPlacesDeadlineS = 5, kLineDeadlineS = 25, kSnapshotDeadlineS = 25, kLateDeadlineS = 25;
constexpr int kQuickLooks = 3, kSureLooks = 10;
constexpr std::chrono::milliseconds kPause{50}, kLongPause{200}, kWaiterPatience{8000}, kGrowthPatience{3000},
    kLatePatience{15'000};

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
    for (int look = 0; look < looks; ++look) {
        if (look > 0)
            std::this_thread::sleep_for(kPause);
        if (const auto waiters = find_waiters(target); of_program(waiters))
            return waiter_line(waiters);
    }
    return {};
}

/// Nothing stands still for this any more. A program that sleeps between small allocations may be a while in coming to
/// its limit, and where it was frozen in such a sleep nobody waits until it is let go.
std::string who_waits_at_last(const Target &target)
{
    const auto until = std::chrono::steady_clock::now() + kWaiterPatience;
    std::string line; // of others than the program's own, which may still come
    for (int look = 0, asleep = 0; std::chrono::steady_clock::now() < until; ++look) {
        if (look > 0)
            std::this_thread::sleep_for(look < kSureLooks ? kPause : kLongPause);
        const auto waiters = find_waiters(target);
        if (!waiters.empty())
            line = waiter_line(waiters);
        if (of_program(waiters))
            return line;
        asleep = frozen_asleep(target) ? asleep + 1 : 0;
        if (const pid_t taker = asleep >= kSureLooks ? largest_taker(target) : 0; taker != 0)
            return taker_line(target, taker);
    }
    return line;
}

/// Told by the process that samples this debuggee, where there is one. Of Go it would be no answer: it names the code
/// that allocates most, not the code that keeps.
bool is_sampled(const Result<Target> &target)
{
    struct stat status{};
    return ::fstat(STDIN_FILENO, &status) == 0 && S_ISSOCK(status.st_mode) && !(target && target->program.is_go());
}

std::optional<GrowthAnswer> grown_by(pid_t pid, std::chrono::milliseconds patience)
{
    auto growth = ask_growth(STDIN_FILENO, pid, patience);
    if (growth && !growth->growers.empty()) {
        answer("who", fmt::format("who grew it: {}; sampled since its start, {}", growth->growers, growth->seen));
        answer("grown-by", growth->growers);
    }
    return growth;
}

std::optional<SessionRecord> record_of(const std::string &session)
{
    const auto registry = Registry::open(session_paths());
    if (!registry)
        return std::nullopt;
    for (LiveSession &live : registry->list_live())
        if (live.record.id == session)
            return std::move(live.record);
    return std::nullopt;
}

void tell_holders(const Target &target)
{
    const auto view = view_heap(target, false);
    const std::string holders = view ? holders_text(*view) : "";
    if (holders.empty())
        return;
    answer("who", fmt::format("who holds it: {}; dbgscope heap shows all", holders));
    answer("held-by", holders);
}

void keep_snapshot(const Target &target, const std::string &session, bool among, const std::string &directory,
                   const GrowthAnswer *growth)
{
    (void)::alarm(kSnapshotDeadlineS);
    const auto record = record_of(session);
    const Snapshot snapshot = take_snapshot(target, unix_ns(), record ? record_line(*record) + '\n' : "", growth);
    const auto stored = store_snapshot(snapshot, directory, session);
    if (stored && record)
        record_snapshot(*record, snapshot, *stored);
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
    become_dispensable(kPlacesDeadlineS);
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
    const bool sampled = is_sampled(target);
    if (target)
        tell_holders(*target);
    const std::string waits = target ? who_waits(*target, kQuickLooks) : "";
    if (!waits.empty())
        answer("who", waits);
    if (sampled)
        (void)::alarm(kSnapshotDeadlineS);
    const GrowthAnswer not_yet{.text = "Who grew it was not known in time.\n"};
    auto growth = sampled ? grown_by(pid, kGrowthPatience) : std::nullopt;
    if (target && words.size() == 4 && (words[2] == kSnapshotIn || words[2] == kSnapshotAmong))
        keep_snapshot(*target, words[1], words[2] == kSnapshotAmong, words[3],
                      growth    ? &*growth
                      : sampled ? &not_yet
                                : nullptr);
    (void)::alarm(kLateDeadlineS); // on a busy machine all of the above took its time, and nothing waits for the rest
    if (target && waits.empty())
        if (const std::string later = who_waits_at_last(*target); !later.empty())
            answer("who", later);
    if (sampled && !growth)
        growth = grown_by(pid, kLatePatience);
    return target || growth ? 0 : 1;
}

} // namespace dbgscope
