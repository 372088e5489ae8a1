// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tools/inspect/target.hpp"

// Which threads of a held program want more memory: those a person is to look at, as a pause in the debugger may land
// on any other.
namespace dbgscope {

/// A thread that waits at the limit.
struct Waiter {
    pid_t thread = 0;
    std::string name;            ///< of the thread
    std::uint64_t goroutine = 0; ///< 0: none, or unknown
    Frame frame;                 ///< the innermost that is not the Go runtime's; `function` empty: unknown
    bool of_runtime = false;     ///< Go's own: a collector's, a finalizer's
    bool collects = false;       ///< a collector's
    bool beside = false;         ///< does not wait for memory itself: the program's, beside a collector that does
};

/// Those of the program itself. Where there are none, those of its Go runtime, and beside them the goroutines of the
/// program that are not parked. Empty: nobody waits at this moment.
[[nodiscard]] std::vector<Waiter> find_waiters(const Target &target);

/// Whether that is an answer: not only Go's collector, and no goroutine that was on its way from one stack to another.
[[nodiscard]] bool of_program(const std::vector<Waiter> &waiters);

/// "who waits at the limit: goroutine 6, main.leakForever main.go:27 (thread 30054)", or "who waits at the limit: Go's
/// collector (thread 30056); beside it goroutine 6, main.leakForever main.go:27 (thread 30054)". Empty: nobody.
[[nodiscard]] std::string waiter_line(const std::vector<Waiter> &waiters);

/// It was frozen past its limit while each of its threads was asleep in a call.
[[nodiscard]] bool frozen_asleep(const Target &target);
/// The thread that has taken the most memory so far; 0: it has ended, or it is Go, whose threads say nothing.
[[nodiscard]] pid_t largest_taker(const Target &target);
/// "who waits at the limit: nobody at this moment; eat eater.c:70 (thread 279) has taken the most".
[[nodiscard]] std::string taker_line(const Target &target, pid_t thread);
[[nodiscard]] std::string taker_line(const Waiter &taker);

} // namespace dbgscope
