// SPDX-License-Identifier: Apache-2.0
#include "watch/oom_watch.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "watch/dying.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxDebuggees = 64;
constexpr auto kLogPatience = 250ms; ///< for the line with the size
constexpr auto kPatience = 1s;       ///< for a debuggee to be gone; 128M are freed in 0.1 s even under emulation
constexpr auto kFirstQuiet = 10s;
constexpr auto kLongestQuiet = 640s;

std::string_view last_name(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// "/a/run-p1.scope/debuggee/x" has the component "run-p1.scope".
bool has_component(std::string_view path, std::string_view name)
{
    while (!path.empty() && !name.empty()) {
        const auto slash = path.find('/');
        if (path.substr(0, slash) == name)
            return true;
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return false;
}

/// The kernel's names have 15 characters. One that was never seen may be any.
bool same_name(std::string_view seen, std::string_view logged)
{
    constexpr std::size_t kLongest = 15;
    return seen.empty() || seen.substr(0, kLongest) == logged.substr(0, kLongest);
}

void take_log(Death &death, const OomKill &kill)
{
    death.log = kill;
    death.size_bytes = kill.bytes;
    death.name = kill.name;
}

} // namespace

OomWatch::OomWatch(OomSetup setup)
    : setup_(std::move(setup)), reader_(setup_.version, setup_.scope, setup_.debuggee, setup_.debugger),
      log_(KernelLog::open()), before_(reader_.read()), previous_(before_), start_(reader_.counts()), seen_(start_),
      own_pids_(in_initial_pid_namespace())
{
    reader_.set_cap(setup_.cap);
}

void OomWatch::on_debuggee_started(int pid)
{
    if (std::ranges::any_of(debuggees_, [pid](const Debuggee &known) { return known.pid == pid && !known.gone; }))
        return;
    if (debuggees_.size() >= kMaxDebuggees)
        debuggees_.erase(debuggees_.begin());
    debuggees_.push_back({.pid = pid});
    if (before_.levels.empty()) // the machine's count is all there is, and others are killed too
        before_ = reader_.read();
    last_debuggee_killed_ = false;
}

/// Counts, and what can be seen of the processes only now.
void OomWatch::look(Time now)
{
    last_look_ = now;
    SessionCounts counts = reader_.counts();
    if (alone()) // nothing tells whose victim was whose but their ends
        counts.debuggee_kills = counts.total.oom_kill;
    const auto add = [now](Pending &pending, std::uint64_t new_count, std::uint64_t old_count) {
        if (new_count <= old_count)
            return;
        if (pending.count == 0)
            pending.since = now;
        pending.count += new_count - old_count;
    };
    const auto other = [](const SessionCounts &of) {
        return of.total.oom_kill - std::min(of.debuggee_kills, of.total.oom_kill);
    };
    add(in_debuggee_, counts.debuggee_kills, seen_.debuggee_kills);
    add(elsewhere_, other(counts), other(seen_));
    seen_ = counts;
    if (in_debuggee_.count + elsewhere_.count > 0)
        look_at_processes();
}

void OomWatch::look_at_processes()
{
    for (Debuggee &debuggee : debuggees_) {
        ProcessLook found = look_at_process(debuggee.pid);
        debuggee.reaped = !found.there;
        if (!found.there || debuggee.gone)
            continue;
        debuggee.killed = debuggee.killed || found.killed;
        debuggee.name = std::move(found.name);
    }
    if (setup_.debugger_pid <= 0)
        return;
    const ProcessLook found = look_at_process(setup_.debugger_pid);
    debugger_killed_ = debugger_killed_ || found.killed;
    if (found.there)
        debugger_name_ = found.name;
}

const OomWatch::Debuggee *OomWatch::debuggee_of(const OomKill &kill) const
{
    const auto found = std::ranges::find_if(debuggees_, [&](const Debuggee &known) {
        return own_pids_ ? known.pid == kill.pid
                         : (known.killed || known.gone) && !known.name.empty() && same_name(known.name, kill.name);
    });
    return found == debuggees_.end() ? nullptr : &*found;
}

/// In another PID namespace the log's pid says nothing, and one that is seen neither to have a SIGKILL nor to exit may
/// be between the two: its end will tell.
bool OomWatch::may_be_debuggee(const OomKill &kill) const
{
    return !own_pids_ && std::ranges::any_of(debuggees_, [&kill](const Debuggee &known) {
        return known.reaped || (!known.gone && same_name(known.name, kill.name));
    });
}

bool OomWatch::in_debuggee(const OomKill &kill) const
{
    if (!kill.victim_cgroup.empty() && setup_.debuggee.directory >= 0)
        return has_component(kill.victim_cgroup, last_name(setup_.debuggee.path));
    return debuggee_of(kill) != nullptr;
}

/// Keeps what is of this session: by the scope's name, or, where the kernel left out the cgroup, by the pid.
void OomWatch::read_log()
{
    log_.read(kills_);
    std::erase_if(kills_, [this](const OomKill &kill) {
        if (!kill.victim_cgroup.empty())
            return !has_component(kill.victim_cgroup, last_name(setup_.scope.path));
        return debuggee_of(kill) == nullptr && (!own_pids_ || kill.pid != setup_.debugger_pid);
    });
}

/// The kill to name: the debuggee's or the debugger's before any other's, then the latest.
const OomKill *OomWatch::logged(bool in_debuggee_wanted) const
{
    const OomKill *found = nullptr;
    for (const OomKill &kill : kills_) {
        if (in_debuggee(kill) != in_debuggee_wanted)
            continue;
        if (debuggee_of(kill) != nullptr || (own_pids_ && kill.pid == setup_.debugger_pid))
            return &kill;
        found = &kill;
    }
    return found;
}

/// Nothing: it may become clearer in a moment.
std::optional<Death> OomWatch::find_in_debuggee(bool final, Time now) const
{
    const OomKill *const kill = logged(true);
    const auto waited = now - in_debuggee_.since;
    if (!final && log_.available() && (kill == nullptr || !kill->sized) && waited < kLogPatience)
        return std::nullopt;
    Death death{.victim = Victim::debuggee,
                .others = alone() ? 0 : in_debuggee_.count - 1}; // our own helper counts, too
    const Debuggee *of_log = kill != nullptr ? debuggee_of(*kill) : nullptr;
    if (of_log != nullptr) {
        death.pid = of_log->pid;
        take_log(death, *kill);
        return death;
    }
    auto known = std::ranges::find_if(debuggees_, &Debuggee::killed);
    if (known == debuggees_.end())
        known =
            std::ranges::find_if(debuggees_, [](const Debuggee &of) { return of.gone && by_sigkill(of.wait_status); });
    if (known == debuggees_.end())
        known = std::ranges::find_if(debuggees_, [](const Debuggee &of) { return of.gone && !of.wait_status; });
    // Every kill is in the log, and none of them is a debuggee: then it was not killed, whatever it looks like.
    const auto lines = std::ranges::count_if(kills_, [this](const OomKill &of) { return in_debuggee(of); });
    const bool all_logged = own_pids_ && static_cast<std::uint64_t>(lines) >= in_debuggee_.count;
    if (known != debuggees_.end() && !all_logged) {
        death.pid = known->pid;
        death.name = known->name;
        death.guessed = !known->killed && !by_sigkill(known->wait_status);
        return death;
    }
    if (!final && (kill == nullptr || may_be_debuggee(*kill)) && waited < kPatience)
        return std::nullopt;
    const bool debugger = debugger_killed_ || by_sigkill(debugger_status_);
    death.victim = !alone() ? Victim::debuggee_child : debugger ? Victim::debugger : Victim::session;
    if (kill != nullptr) {
        death.pid = own_pids_ ? kill->pid : 0;
        take_log(death, *kill);
    }
    return death;
}

std::optional<Death> OomWatch::find_elsewhere(bool final, Time now) const
{
    const OomKill *const kill = logged(false);
    const auto waited = now - elsewhere_.since;
    const bool split = setup_.context.split;
    const bool debugger_died = debugger_killed_ || by_sigkill(debugger_status_);
    const bool may_be_debugger = kill == nullptr || same_name(debugger_name_, kill->name);
    if (!final && !own_pids_ && !debugger_died && waited < (may_be_debugger ? kPatience : kLogPatience))
        return std::nullopt; // the log's pids are not ours: that it ends is what tells
    if (!final && log_.available() && (kill == nullptr || !kill->sized) && waited < kLogPatience)
        return std::nullopt;
    Death death{.victim = split ? Victim::helper : Victim::session, .others = elsewhere_.count - 1};
    if (kill != nullptr) {
        const bool of_debugger =
            own_pids_ ? kill->pid == setup_.debugger_pid : debugger_died && same_name(debugger_name_, kill->name);
        if (of_debugger)
            death.victim = Victim::debugger;
        death.pid = own_pids_ ? kill->pid : of_debugger ? setup_.debugger_pid : 0;
        take_log(death, *kill);
        return death;
    }
    if (debugger_died) {
        death.victim = Victim::debugger;
        death.pid = setup_.debugger_pid;
    } else if (final) {
        if (!debugger_status_ && split)
            death.victim = Victim::debugger_or_helper;
    } else if (waited < kPatience) {
        return std::nullopt;
    }
    return death;
}

/// One verdict at most; on_timer comes back for what is left.
OomWatch::Told OomWatch::resolve(bool final, Time now)
{
    if (in_debuggee_.count + elsewhere_.count == 0)
        return std::nullopt;
    read_log();
    if (in_debuggee_.count > 0) {
        if (const auto death = find_in_debuggee(final, now)) {
            if (alone() && in_debuggee_.count > 1)
                nameless_until_ = now + kPatience;
            in_debuggee_.count = 0;
            std::erase_if(kills_, [this](const OomKill &kill) { return in_debuggee(kill); });
            auto told = tell(*death, now);
            forget_gone();
            // The log may tell of it before its end can be seen: that is no second death then.
            if (death->victim == Victim::debuggee)
                std::erase_if(debuggees_, [&](const Debuggee &known) { return known.pid == death->pid; });
            if (told)
                return told;
        }
    }
    if (elsewhere_.count == 0)
        return std::nullopt;
    const auto death = find_elsewhere(final, now);
    if (!death)
        return std::nullopt;
    elsewhere_.count = 0;
    std::erase_if(kills_, [this](const OomKill &kill) { return !in_debuggee(kill); });
    return tell(*death, now);
}

OomWatch::Told OomWatch::tell(const Death &death, Time now)
{
    const bool one_of_many = death.victim != Victim::debuggee && death.victim != Victim::debugger;
    Quiet &quiet = quiet_[death.victim == Victim::debuggee_child ? 0 : 1];
    Evidence after = reader_.read();
    std::optional<Verdict> verdict;
    if (one_of_many && now < quiet.until)
        quiet.unsaid += 1 + death.others;
    else
        verdict = judge(before_, after, death, setup_.context);
    if (verdict &&
        !verdict->memory()) // it was counted, but came before the evidence that the one before it was told by
        verdict = judge(previous_, after, death, setup_.context);
    if (in_debuggee_.count + elsewhere_.count == 0) // what is still to be told has the same past
        previous_ = std::exchange(before_, std::move(after));
    if (!verdict || !verdict->memory())
        return std::nullopt;
    if (death.victim == Victim::debuggee)
        last_debuggee_killed_ = verdict->memory();
    debugger_told_ = debugger_told_ || death.victim == Victim::debugger;
    if (one_of_many) {
        const bool again = quiet.length > 0s && now < quiet.until + quiet.length;
        quiet.length = again ? std::min<std::chrono::seconds>(quiet.length * 2, kLongestQuiet) : kFirstQuiet;
        quiet.until = now + quiet.length;
        quiet.last = *verdict;
    }
    return verdict;
}

/// What was swallowed while it was quiet, as one line.
OomWatch::Told OomWatch::end_quiet(Time now, bool final)
{
    for (Quiet &quiet : quiet_) {
        if (quiet.unsaid == 0 || (!final && now < quiet.until))
            continue;
        Verdict verdict = quiet.last;
        verdict.line = fmt::format("{} more process{} killed for memory in the last {} s, like the one before",
                                   quiet.unsaid, quiet.unsaid == 1 ? " was" : "es were", quiet.length.count());
        quiet.unsaid = 0;
        quiet.length = std::min<std::chrono::seconds>(quiet.length * 2, kLongestQuiet);
        quiet.until = now + quiet.length;
        return verdict;
    }
    return std::nullopt;
}

void OomWatch::forget_gone()
{
    std::erase_if(debuggees_, [](const Debuggee &known) { return known.gone || known.killed; });
}

std::optional<std::string> OomWatch::on_pressure(bool stalling, Time now)
{
    return squeeze_.on_pressure(reader_, setup_.context, stalling, now);
}

MemoryCounts OomWatch::counts()
{
    const MemoryCounts now = reader_.counts().total;
    const MemoryCounts &then = start_.total;
    return {now.high - then.high, now.max - then.max, now.oom - then.oom, now.oom_kill - then.oom_kill};
}

std::uint64_t OomWatch::debuggee_peak_bytes()
{
    return reader_.peak_bytes(setup_.debuggee.directory >= 0 ? Level::debuggee : Level::scope);
}

std::uint64_t OomWatch::debugger_peak_bytes()
{
    return reader_.peak_bytes(Level::debugger);
}

} // namespace dbgscope
