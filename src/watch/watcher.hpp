// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/watcher_link.hpp"
#include "sys/fd.hpp"
#include "watch/alloc_watcher.hpp"
#include "watch/ancestor_limits.hpp"
#include "watch/debuggee_stderr.hpp"
#include "watch/debuggees.hpp"
#include "watch/desktop.hpp"
#include "watch/fuse_keeper.hpp"
#include "watch/growth_sampler.hpp"
#include "watch/hold_guard.hpp"
#include "watch/holders.hpp"
#include "watch/loop.hpp"
#include "watch/oom_watch.hpp"
#include "watch/open_session.hpp"
#include "watch/pressure.hpp"
#include "watch/reactions.hpp"
#include "watch/recorder.hpp"
#include "watch/recording.hpp"
#include "watch/signals.hpp"
#include "watch/soft_keeper.hpp"
#include "watch/speak.hpp"
#include "watch/usage_threshold.hpp"

namespace dbgscope {

/// One session's watcher: everything it holds, and what it does about each thing that wakes it. It sleeps in poll(2)
/// without a timer while nothing happens.
class Watcher {
  public:
    explicit Watcher(WatchStart start);
    /// Waits for the launcher's introduction. False: there is nothing to watch.
    [[nodiscard]] bool introduced();
    /// Until the debugger is gone.
    void run();
    /// Cleans up and records.
    void finish();
    /// --wait: the debugger's, as waitpid(2) gave it to finish().
    [[nodiscard]] std::optional<int> wait_status() const { return wait_status_; }
    [[nodiscard]] bool debuggee_killed_for_memory() const { return oom_ && oom_->last_debuggee_killed_for_memory(); }

  private:
    using Time = WatchTime;

    void set_up();
    [[nodiscard]] OpenSession open_alone() const;
    void set_up_alone();
    void take_soft_cap(bool asked);
    void note_soft_state();
    void bound_debuggees();
    void disarm_fuses();
    void end_alone();
    void follow();
    void follow_with_soft_fuse();
    [[nodiscard]] std::optional<int> debugger_status();
    void arm_fuse();
    void take_listener(UniqueFd fd);
    void say(std::string_view line);
    void tell(std::string_view line);
    void say_if_not_watched();
    void on_fuse(std::string_view id, std::string_view line);
    [[nodiscard]] bool looks() const;
    void look_inside();
    void seen_nothing();
    void sample_growth(pid_t pid);
    void take(const LookNews &news);
    void note_snapshot(const std::string &directory);
    [[nodiscard]] std::string last_look_words() const;
    void forget_look();
    void report(const std::optional<Verdict> &verdict);
    void take(const PressureStep &step, Time now);

    static constexpr std::string_view kOomSource = "oom";
    void add_sources();
    [[nodiscard]] Source debugger_source();
    [[nodiscard]] Source debuggees_source();
    [[nodiscard]] Source memory_source();
    [[nodiscard]] Source pressure_source();
    [[nodiscard]] Source look_source();
    [[nodiscard]] Source ancestors_source();
    void follow_ancestors();
    [[nodiscard]] std::vector<pid_t> debuggee_pids() const;
    void on_signal();
    [[nodiscard]] bool take_message();
    void on_launcher();
    void settle();
    [[nodiscard]] bool rest();
    void on_memory_event(Time now);
    void on_notice(Time now);
    void new_debuggee(pid_t pid, Time now);
    void adopt_command();
    [[nodiscard]] bool is_own_debuggee() const;
    [[nodiscard]] std::vector<ProcessId> command_members() const;
    void looked();
    [[nodiscard]] std::vector<GoneDebuggee> collect_gone();
    void on_populated();
    void on_gone(Time now);
    void look(Time now);
    void let_go(const std::vector<ProcessId> &processes);
    void set_free(const std::vector<pid_t> &pids);
    [[nodiscard]] PartingRules take_leave(std::optional<int> debugger_status);
    [[nodiscard]] EventFacts event_facts(std::string_view text);
    void react(SessionEvent event, std::string_view text);
    void lower_weight();
    void end_unreached();
    void note_state(Time now);
    void remove_debug_binaries();

    Loop loop_;
    Watch order_;
    UniqueFd launcher_;
    ProcessId debugger_;
    UniqueFd debugger_pidfd_;
    UniqueFd for_listener_;       ///< keeps its place: without the listener the debugger's ptrace calls fail (ENOSYS)
    pid_t debuggers_session_ = 0; ///< setsid(2)
    std::optional<int> own_score_, debuggers_score_; ///< oom_score_adj: as a program has it without us, the debugger's
    bool gone_ = false;
    std::optional<int> wait_status_;
    bool executed_ = false; ///< without that there was no session to record

    Speaker speaker_;
    DebuggeeStderr debuggee_stderr_;
    Desktop desktop_;
    Reactor reactor_{order_};
    Signals signals_;
    Recorder recorder_;
    Recording recording_;
    const OpenSession no_cgroups_; ///< stands for `cgroups_` where they could not be opened
    std::optional<OpenSession> cgroups_;
    std::string not_watched_; ///< why there are none, where that is still to be said
    UniqueFd memory_events_;  ///< v2: of the scope, hierarchical
    UniqueFd populated_;      ///< v2: cgroup.events of `debuggee`
    std::optional<Debuggees> debuggees_;
    std::optional<OomWatch> oom_;
    std::optional<PressureWatch> pressure_;
    std::optional<FuseKeeper> fuse_;
    HoldGuard answers_; ///< after us: a listener that nobody answers ends programs where they ask for memory
    std::optional<SoftKeeper> soft_; ///< instead of it, where there is no cgroup of the session's own
    AncestorLimits ancestors_;
    struct Lowered {
        Limit from, to; ///< the cap that was asked for, and the one that a limit above leaves
    };
    std::optional<Lowered> lowered_;
    InsideLook look_;
    bool may_look_again_ = false;
    std::optional<Time> look_again_; ///< when, as the last one has brought nothing
    GrowthSampler growth_;
    AllocWatcher alloc_;
    UsageThreshold look_line_;          ///< v1, without a fuse
    std::string last_snapshot_;         ///< of the debuggee there is now
    int let_go_looks_ = 0;              ///< how often it is still looked whether a debuggee has been let go
    std::optional<Time> look_at_;       ///< a new debuggee is to be looked at
    std::optional<Time> look_by_;       ///< and not later than that, however many come
    std::optional<Time> events_muted_;  ///< memory.events is not polled before
    std::optional<Time> gone_check_at_; ///< without pidfd
    std::optional<Time> settle_at_;     ///< the session's record and pressure are still to be seen to
    std::optional<Time> client_due_at_; ///< by then somebody must have reached the debugger
    std::string weight_before_;         ///< cpu.weight of the debuggee before we lowered it
    std::vector<std::string> programs_; ///< what the debuggees of this session were
};

} // namespace dbgscope
