// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"
#include "tools/inspect/perf_ring.hpp"

namespace dbgscope {

/// One kind of event of a process: of all its threads, and of those and the processes that they start. One descriptor
/// for each thread and processor; the events of one processor share a ring.
class PerfEvents {
  public:
    /// Asks for less where the kernel has refused with `code`. False: there is nothing less.
    using AskForLess = bool (*)(perf_event_attr &attr, int code);
    /// `what` is sampled ("page faults"). Errors: denied (the hint names the setting), not_found, unsupported (no such
    /// kernel or processor), limit (more threads than descriptors).
    [[nodiscard]] static Result<PerfEvents> open(pid_t pid, const perf_event_attr &attr, AskForLess ask_for_less,
                                                 const char *what, const std::string &proc);

    /// Opens them anew, of these processes, as they were asked for last; first close(). Errors: those of open().
    [[nodiscard]] Result<void> open_again(const std::vector<pid_t> &pids, AskForLess ask_for_less, const char *what,
                                          const std::string &proc);
    /// The events happen unseen then; what the rings have is gone.
    void close();
    /// Of the events since they were opened.
    [[nodiscard]] std::uint64_t count() const;

    /// Of the rings: readable when one is half full.
    [[nodiscard]] const std::vector<int> &descriptors() const { return descriptors_; }
    /// What was asked for in the end.
    [[nodiscard]] const perf_event_attr &attr() const { return attr_; }
    /// From now on, those that were opened disabled.
    void enable() const;
    void disable() const;
    /// Each record of each ring in turn.
    template <class Visit> void take(Visit visit)
    {
        for (PerfRing &ring : rings_)
            ring.take(visit);
    }

  private:
    /// 0, or errno.
    int watch(const std::vector<pid_t> &pids, AskForLess ask_for_less, const std::string &proc);
    /// 0, or errno; a processor that is off is none.
    int watch_cpu(int cpu, const std::vector<pid_t> &threads, AskForLess ask_for_less);
    int open_first(int cpu, pid_t thread, AskForLess ask_for_less);
    int map_ring(int fd);

    perf_event_attr attr_{};
    std::uint64_t pages_ = 0; ///< of a ring
    std::vector<UniqueFd> events_;
    std::vector<PerfRing> rings_; ///< one a processor
    std::vector<int> descriptors_;
};

/// What every sampler of a process wants of a software event: children too, wake-ups by the amount of data, a record of
/// each exec. `disabled` and the kind of sample are left to the caller.
[[nodiscard]] perf_event_attr perf_attributes(std::uint64_t software_event, std::uint64_t period);
/// Part of an AskForLess: only those who may see the kernel get samples of it.
[[nodiscard]] bool leave_kernel_out(perf_event_attr &attr, int code);

/// Of a record without its header: how many a full ring has cost; 0 where it is about something else.
[[nodiscard]] std::uint64_t lost_records(const perf_event_header &header, std::span<const std::byte> record);
/// The process that has become another program; 0: none.
[[nodiscard]] pid_t executed_process(const perf_event_header &header, std::span<const std::byte> record);

/// Errors of PerfEvents::open.
[[nodiscard]] Error perf_error(int code, pid_t pid, const char *what, const std::string &proc);

/// The next value of a record. False: it is shorter.
template <class T> bool take_value(std::span<const std::byte> &rest, T &value)
{
    if (rest.size() < sizeof value)
        return false;
    std::memcpy(&value, rest.data(), sizeof value);
    rest = rest.subspan(sizeof value);
    return true;
}

} // namespace dbgscope
