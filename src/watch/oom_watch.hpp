// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/session.hpp"
#include "kernel/cgroup_files.hpp"
#include "watch/evidence.hpp"
#include "watch/kernel_log.hpp"
#include "watch/squeeze.hpp"
#include "watch/verdict.hpp"

// Out-of-memory kills of one session, as the watcher's loop meets them: events in, at most one verdict out.
namespace dbgscope {

struct OomSetup {
    int version = 2; ///< of the hierarchy that carries memory, which the three directories are in
    WatchedCgroup scope, debuggee, debugger; ///< borrowed, must outlive the watch; the last two -1 without a split
    int debugger_pid = 0;
    Limit cap; ///< of the debuggee
    VerdictContext context;
};

/// Every call takes the time. A timer is wanted only for a second after a kill, and while kills come by the dozen.
/// Not for sharing between threads. Nothing here blocks or fails: what cannot be read is left out of the words.
class OomWatch {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit OomWatch(OomSetup setup);

    /// The cap has changed.
    void set_cap(Limit cap) { reader_.set_cap(cap); }
    /// The filter announced a debuggee (before its exec), or one of gdb's probing children, and those more than once.
    /// The last 64 are remembered.
    void on_debuggee_started(int pid);
    /// memory.events of one of the session's cgroups changed. v2 only: v1 has no such event.
    [[nodiscard]] std::optional<Verdict> on_memory_event(Time now);
    /// The kernel's log, where nothing else tells of a kill at once: v1. A debuggee all of whose threads are dead sends
    /// no word of that as long as its stopped debugger has not reaped them. -1: there is none.
    [[nodiscard]] int log_fd() const
    {
        return has_file(CgroupFile::events, setup_.version) || log_due_ ? -1 : log_.fd();
    }
    /// We are charged to the limit that is hit, and the debugger or we are the kernel's next victim if we want a page
    /// before its first is gone: what can wait is looked at kDying later then.
    /// Not of a container on v2: there nothing but a look at once tells who died.
    [[nodiscard]] bool shares_limit() const
    {
        return !setup_.context.split && !(alone() && has_file(CgroupFile::events, setup_.version));
    }
    static constexpr std::chrono::milliseconds kDying{200};
    /// Looks as at a kill, with nothing new, and has `events` do what the loop does then: what that takes of our code
    /// and heap is there from then on.
    void rehearse(const std::function<void()> &events, Time now);
    [[nodiscard]] std::optional<Verdict> on_log(Time now);
    /// `wait_status` as of waitpid(2), where it can be known. `name` may be empty.
    [[nodiscard]] std::optional<Verdict> on_debuggee_gone(int pid, std::string_view name,
                                                          std::optional<int> wait_status, Time now);
    /// The last call: what was still being found out is said now, more than one verdict as one line.
    [[nodiscard]] std::optional<Verdict> on_debugger_gone(std::optional<int> wait_status, Time now);
    /// When on_timer wants to be called; nothing: not at all.
    [[nodiscard]] std::optional<Time> next_look() const;
    [[nodiscard]] std::optional<Verdict> on_timer(Time now);

    /// Memory is stalling (each event of a PSI trigger), or has stopped to (`stalling` false). Not while the fuse holds
    /// the debuggee. A line when the file cache starts or stops to be squeezed out: a livelock no counter of kills
    /// shows.
    [[nodiscard]] std::optional<std::string> on_pressure(bool stalling, Time now);

    /// Since the start.
    [[nodiscard]] MemoryCounts counts();
    /// Highest use; 0: unknown. Without a split the scope's is the debuggee's.
    [[nodiscard]] std::uint64_t debuggee_peak_bytes();
    [[nodiscard]] std::uint64_t debugger_peak_bytes();
    /// A debuggee was killed for memory at least once (--wait: exit status 137, for the last one).
    [[nodiscard]] bool last_debuggee_killed_for_memory() const { return last_debuggee_killed_; }

  private:
    struct Debuggee {
        int pid = 0;
        std::string name;
        bool killed = false, gone = false, reaped = false; ///< reaped: before its end was told
        std::optional<int> wait_status;
    };
    /// Kills that were counted and not told yet.
    struct Pending {
        std::uint64_t count = 0;
        Time since{};
    };
    /// Of processes that are not debuggees there may be a thousand a minute: after a line, silence that doubles.
    struct Quiet {
        Time until{};
        std::chrono::seconds length{0};
        std::uint64_t unsaid = 0;
        Verdict last;
    };
    using Told = std::optional<Verdict>;

    [[nodiscard]] bool alone() const { return !setup_.context.around.empty(); }
    void look(Time now);
    void look_at_processes();
    void read_log();
    [[nodiscard]] Told resolve(bool final, Time now);
    [[nodiscard]] std::optional<Death> find_in_debuggee(bool final, Time now) const;
    [[nodiscard]] std::optional<Death> find_elsewhere(bool final, Time now) const;
    [[nodiscard]] const OomKill *logged(bool in_debuggee) const;
    [[nodiscard]] const Debuggee *debuggee_of(const OomKill &kill) const;
    [[nodiscard]] bool may_be_debuggee(const OomKill &kill) const;
    [[nodiscard]] bool in_debuggee(const OomKill &kill) const;
    [[nodiscard]] Told tell(const Death &death, Time now);
    [[nodiscard]] Told end_quiet(Time now, bool final);
    [[nodiscard]] Verdict judge_debugger(Time now);
    void forget_gone();

    OomSetup setup_;
    EvidenceReader reader_;
    KernelLog log_;
    Evidence before_, previous_; ///< as of the last verdict, and as of the one before
    SessionCounts start_, seen_;
    std::vector<Debuggee> debuggees_;
    std::vector<OomKill> kills_; ///< of this session, from the log, not told yet
    Pending in_debuggee_, elsewhere_;
    std::array<Quiet, 2> quiet_;
    SqueezeWatch squeeze_;
    Time last_look_{};
    std::optional<Time> log_due_; ///< when the log is read; not watched until then
    Time nameless_until_{}; ///< alone: more were killed than could be named; a debugger that is gone by then is one
    std::optional<int> debugger_status_;
    std::string debugger_name_; ///< as last seen; empty: not yet
    bool debugger_killed_ = false, own_pids_ = false, last_debuggee_killed_ = false;
    bool debugger_told_ = false; ///< by the log, before its end was seen
};

} // namespace dbgscope
