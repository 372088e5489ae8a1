// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dbgscope/bytes.hpp"
#include "dbgscope/plan.hpp"
#include "kernel/oom_lines.hpp"
#include "watch/evidence.hpp"

// Whose limit it was, who died of it, and what to do. Pure: two readings and what is known of the dead → one line.
namespace dbgscope {

/// What ended a process, as far as the counters show it.
enum class Cause : std::uint8_t {
    cap,        ///< the debuggee's own limit; without a split the session's
    debugger,   ///< the debugger's own limit (debugger.memory_max)
    scope,      ///< the total of the session, beside which the debuggee has its own cap
    ancestor,   ///< a slice or another cgroup above the session
    inner,      ///< a cgroup that the program made for itself
    machine,    ///< the machine ran out of memory, or the NUMA nodes it may use did
    unseen,     ///< a cgroup above what is visible here, or the machine
    oomd,       ///< systemd-oomd
    not_memory, ///< no counter of memory moved
};

enum class Victim : std::uint8_t {
    debuggee,           ///< what the debugger traces from its start
    debuggee_child,     ///< a process started by it
    debugger,           ///< the debugger itself; under `run` the command
    helper,             ///< what the debugger started: compile, link
    debugger_or_helper, ///< one of these two; neither the log nor the exit says which
    session,            ///< no split: some process of the session
};

/// One death, or several at once.
struct Death {
    Victim victim = Victim::debuggee;
    int pid = 0;                  ///< 0: unknown
    std::string name;             ///< empty: unknown
    std::uint64_t size_bytes = 0; ///< what of it could not be reclaimed; 0: unknown
    std::uint64_t others = 0;     ///< killed at the same time, not worth a line each
    bool guessed = false;         ///< neither the log nor its state says it was this one
    std::optional<OomKill> log;   ///< the kernel's line about it, where it could be read
};

/// What does not change in a session.
struct VerdictContext {
    std::string tool; ///< "dlv", "gdb", "gdbserver", …
    bool split = false;
    bool builds = false;             ///< the debugger starts a compiler
    bool go = false;                 ///< the debuggee is Go
    std::optional<Limit> gomemlimit; ///< in force for the debuggee, infinity: none; nothing: unknown
    FuseAction fuse = FuseAction::off;
    std::string around; ///< whose limit it is where the session has none: "the container"; empty: it has
};

struct Verdict {
    Cause cause = Cause::not_memory;
    Victim victim = Victim::debuggee;
    std::string line; ///< one line for people
    bool say = true;  ///< false: for the record only (a debugger ends its debuggee by SIGKILL at every restart)
    [[nodiscard]] bool memory() const { return cause != Cause::not_memory; }
};

/// Which limit it was. v2 counts `oom` where the limit was hit; v1 counts only failures to charge, with and without a
/// kill, so that more than one level that has some makes it a guess, unless the kernel's log names the cgroup.
struct Culprit {
    Cause cause = Cause::not_memory;
    const LevelEvidence *level = nullptr; ///< of `after`: the one whose limit was hit; nullptr: none that we see
    bool guessed = false;
};
[[nodiscard]] Culprit find_culprit(const Evidence &before, const Evidence &after, const Death &death, bool split);

/// The whole verdict.
[[nodiscard]] Verdict judge(const Evidence &before, const Evidence &after, const Death &death,
                            const VerdictContext &context);

/// A limit to try instead: twice as much, whole MiB.
[[nodiscard]] std::string larger(std::uint64_t bytes);

} // namespace dbgscope
