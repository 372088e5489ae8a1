// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/standstill.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "kernel/cgroup.hpp"
#include "kernel/process_stat.hpp"
#include "kernel/threads.hpp"
#include "sys/file.hpp"
#include "tools/inspect/cgroup_json.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 2s; ///< a busy machine runs a thread late that is to stop
constexpr auto kSoon = 10ms;
constexpr auto kBetweenLooks = 5ms;
constexpr auto kPause = 50us;
constexpr int kRounds = 8; ///< of threads that were made meanwhile
constexpr int kNotYet = -1;

/// For a disk, mostly: it stops before it runs on in the program.
bool waits_in_kernel(pid_t thread)
{
    const auto stat = read_process_stat(thread);
    return stat && stat->state == 'D';
}

/// The signal that the thread is about to get, or 0; kNotYet: it has not stopped by `last`.
int wait_for(pid_t thread, Clock::time_point last)
{
    const auto soon = Clock::now() + kSoon;
    for (;;) {
        int status = 0;
        const pid_t found = ::waitpid(thread, &status, __WALL | WNOHANG);
        // ptrace(2): a stop by PTRACE_INTERRUPT has an event; one without comes before a signal, which is handed on.
        if (found == thread && WIFSTOPPED(status))
            return status >> 16 == 0 ? WSTOPSIG(status) : 0;
        if (found != 0)
            return 0; // it has ended
        if (const auto now = Clock::now(); now > last || (now > soon && waits_in_kernel(thread)))
            return kNotYet;
        std::this_thread::sleep_for(kPause);
    }
}

} // namespace

Standstill::Standstill(pid_t pid, Freezer freezer, const std::string &proc) : freezer_(std::move(freezer))
{
    how_ = standing_still(pid, proc);
    if (how_.empty() && tracer_of(pid) == 0)
        stop_threads(pid, proc);
    else if (how_.empty() && !freezer_.directory.empty())
        freeze();
}

/// Those that are made before their maker has stopped are found by looking again.
void Standstill::stop_threads(pid_t pid, const std::string &proc)
{
    for (int round = 0; round < kRounds; ++round) {
        const std::size_t before = stopped_.size();
        for (const pid_t thread : thread_ids_of(pid, proc)) {
            if (stopped_.contains(thread))
                continue;
            if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0) {
                (void)::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
                stopped_[thread] = kNotYet;
            } else if (errno != ESRCH && read_process_stat(thread)) {
                return let_go();
            }
        }
        if (stopped_.size() == before) {
            how_ = stopped_.empty() ? "" : "while its threads were stopped: all of one instant";
            return;
        }
        const auto last = Clock::now() + kPatience;
        for (auto &[thread, signal] : stopped_)
            if (signal == kNotYet)
                if (signal = wait_for(thread, last); signal == kNotYet && !waits_in_kernel(thread))
                    return let_go();
    }
    let_go();
}

void Standstill::freeze()
{
    auto directory = open_directory(freezer_.directory);
    if (!directory)
        return;
    const Cgroup cgroup(directory->get(), 2);
    if (!cgroup.freeze())
        return;
    cgroup_ = std::move(*directory);
    for (const auto last = Clock::now() + kPatience; !cgroup.frozen();) {
        if (Clock::now() > last)
            return let_go();
        std::this_thread::sleep_for(kPause);
    }
    how_ = "while its cgroup was frozen: all of one instant";
}

void Standstill::let_go()
{
    how_ = {};
    const auto last = Clock::now() + kPatience;
    for (auto [thread, signal] : stopped_) {
        if (signal == kNotYet) // PTRACE_DETACH wants it stopped; else our own end lets it go
            signal = wait_for(thread, last);
        // NOLINTNEXTLINE(*-reinterpret-cast, performance-no-int-to-ptr): what ptrace(2) wants
        (void)::ptrace(PTRACE_DETACH, thread, nullptr, reinterpret_cast<void *>(std::max<long>(signal, 0)));
    }
    stopped_.clear();
    if (cgroup_.valid() && !(freezer_.stays && freezer_.stays()))
        (void)Cgroup(cgroup_.get(), 2).thaw().has_value();
    cgroup_ = UniqueFd();
}

std::string_view standing_still(pid_t pid, const std::string &proc)
{
    if (const std::string_view by_cgroup = standstill_by_cgroup(pid); !by_cgroup.empty())
        return by_cgroup;
    // A debugger stops one thread for a moment at each signal; and the only one there is for no longer than that.
    constexpr int kLooks = 3;
    for (int look = 0; look < kLooks; ++look) {
        if (look > 0)
            std::this_thread::sleep_for(kBetweenLooks);
        if (!all_threads_are(pid, "tT", proc)) // by a debugger, or by a signal
            return {};
    }
    return "while it was stopped: all of one instant";
}

} // namespace dbgscope
