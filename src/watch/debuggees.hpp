// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/session.hpp"
#include "sys/fd.hpp"
#include "sys/seccomp.hpp"
#include "watch/open_session.hpp"
#include "watch/parting.hpp"

// Split: who is a debuggee, and its way into the debuggee's cgroup.
namespace dbgscope {

/// A process that asked to be traced (PTRACE_TRACEME).
struct Debuggee {
    ProcessId id;
    std::string name;    ///< comm after its exec (gdb's start-up shell has another); empty until looked at
    std::string program; ///< /proc/PID/exe; empty until looked at
    UniqueFd pidfd;      ///< invalid: not supported
    bool checked = false;
    int looks = 0; ///< without another program in it than the debugger's own
};

/// How what was debugged has ended.
enum class ProgramEnd : std::uint8_t {
    none,      ///< nothing has
    by_itself, ///< it exited, or by a signal of its own making
    outlived,  ///< as by_itself, but its debugger was gone and had not collected it: perhaps one of its breakpoints
    killed,    ///< by SIGKILL: by its debugger, or for memory
    unclear,   ///< together with its debugger, and the kernel tells no more
};

/// The end of one.
struct GoneDebuggee {
    Debuggee was;
    std::optional<int> wait_status; ///< as waitpid(2) gives it, where the kernel still told
};

class Debuggees {
  public:
    using Say = std::function<void(std::string_view line)>;
    /// `session` outlives this. `refuse`: a debuggee that cannot be moved may not start (--require=split).
    /// `heap_profile_rate`: of Go programs; 0: their heap profiles are left as they are.
    Debuggees(const OpenSession &session, PtraceListener listener, pid_t debugger, int oom_score_adj, bool refuse,
              std::uint64_t heap_profile_rate, Say say);

    /// A command that is its own debuggee; so is all that it starts.
    void adopt(pid_t command);
    [[nodiscard]] bool adopted() const { return adopted_; }
    /// For poll(2); -1 once nobody is left under the filter.
    [[nodiscard]] int listener() const { return listener_.fd(); }
    /// Instead of a watcher that was killed: answers everything, those that wait first. Until nobody is left.
    void answer_for_ever() const;
    void forget_listener() { listener_ = PtraceListener(UniqueFd()); }
    /// `may` is asked before a debuggee gets a large piece of memory; where it says no, that call waits.
    void ask_before_allocating(std::function<bool(std::uint64_t bytes)> may) { may_allocate_ = std::move(may); }
    /// Each new one may map so much (RLIMIT_DATA).
    void bound_data_to(Limit limit) { data_limit_ = limit; }
    /// Lets those that wait have it.
    void let_allocate();
    /// Takes one notification and answers it. Returns the pid of a process that was moved into the cgroup.
    [[nodiscard]] std::optional<pid_t> on_notice(Limit cap);
    /// A little after a start: program and name, and whether it is where it should be, under the cap that is in force.
    void look(Limit cap);
    /// Warns, once, of a debuggee that has left its cgroup.
    void check_places(Limit cap);
    /// The same, twice a second at most, at whatever has woken the watcher: on v1 no event tells that a process leaves.
    void check_places_at_times(Limit cap);
    /// Those that have ended since the last call.
    [[nodiscard]] std::vector<GoneDebuggee> collect_gone();
    /// Debuggees that the debugger has let go of by now; they are not followed any more.
    [[nodiscard]] std::vector<ProcessId> take_let_go();
    /// One has executed no program yet: it will, or it is one of gdb's tries of ptrace. Look again.
    [[nodiscard]] bool undecided() const;
    /// One has been announced, and is not let go of yet.
    [[nodiscard]] bool letting_go() const;
    /// Who lives on; debugger_by_itself and its session are the caller's to fill. `debugger_known`: how it ended is.
    [[nodiscard]] PartingRules parting_rules(bool debugger_known) const;
    [[nodiscard]] const std::vector<Debuggee> &living() const { return living_; }
    /// What came of switching the newest Go debuggee's heap profile on: heap_switch_text().
    [[nodiscard]] const std::string &heap_profile() const { return heap_profile_; }

  private:
    [[nodiscard]] int move(pid_t thread) const;
    bool remember(pid_t pid);
    void tell_escape(pid_t pid, Limit cap);
    void move_back(pid_t thread) const;
    [[nodiscard]] std::set<pid_t> living_pids() const;
    void on_detach(const PtraceNotice &notice);
    void note_end(const GoneDebuggee &gone, bool uncollected);
    [[nodiscard]] bool program_ended_by_itself(bool debugger_known) const;
    void on_go_start(const PtraceNotice &notice);
    void on_allocation(const PtraceNotice &notice);
    void note_program(pid_t thread);
    void note_program(Debuggee &debuggee);
    void check_place(const Debuggee &debuggee, Limit cap);

    const OpenSession &session_;
    PtraceListener listener_;
    pid_t debugger_;
    int oom_score_adj_;
    bool refuse_;
    std::uint64_t heap_profile_rate_;
    std::string heap_profile_;
    Say say_;
    std::function<bool(std::uint64_t bytes)> may_allocate_;
    std::vector<std::uint64_t> waiting_; ///< notifications that are not answered yet
    Limit data_limit_;
    UniqueFd procs_;   ///< debuggee/cgroup.procs, open for writing
    int no_procs_ = 0; ///< errno of opening it
    std::vector<Debuggee> living_;
    std::set<pid_t> known_;        ///< pids of all there have been
    std::set<pid_t> detached_;     ///< thread groups the debugger let go of: not ours to end
    std::vector<ProcessId> forks_; ///< the same of what a debuggee forked
    ProgramEnd end_ = ProgramEnd::none;
    std::string debuggers_own_; ///< the debugger's program, once it was asked for
    std::chrono::steady_clock::time_point places_checked_;
    bool adopted_ = false;
    bool failure_said_ = false, escape_said_ = false;
};

} // namespace dbgscope
