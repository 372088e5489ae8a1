// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/perf_events.hpp"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/threads.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kAllRings = kMiB;
constexpr std::uint64_t kFewestPages = 4, kMostPages = 64;
constexpr const char *kParanoid = "/proc/sys/kernel/perf_event_paranoid";

int open_event(const perf_event_attr &attr, pid_t tid, int cpu)
{
    return static_cast<int>(::syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

/// Documentation/admin-guide/sysctl/kernel.rst; Debian has 3 (nobody but root), Ubuntu 4, the kernel itself 2.
std::string denied_hint(const std::string &proc)
{
    const auto text = read_file(proc + (kParanoid + sizeof "/proc" - 1));
    int level = 0;
    if (text)
        (void)std::from_chars(text->data(), text->data() + text->size(), level);
    if (level > 2)
        return fmt::format("kernel.perf_event_paranoid is {}: as root, sysctl kernel.perf_event_paranoid=2; or sudo",
                           level);
    return "it is another user's, or may not be looked into; sudo";
}

/// One descriptor for each thread and processor; the usual soft limit of 1024 is soon reached.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint64_t pages_for(int cpus)
{
    const std::uint64_t each = kAllRings / static_cast<std::uint64_t>(cpus) / (4 * kKiB);
    std::uint64_t pages = kMostPages;
    while (pages > std::max(each, kFewestPages))
        pages /= 2;
    return pages;
}

} // namespace

perf_event_attr perf_attributes(std::uint64_t software_event, std::uint64_t period)
{
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = software_event;
    attr.sample_period = period;
    attr.inherit = 1;
    attr.comm = 1;
    attr.comm_exec = 1; // a new program: PERF_RECORD_MISC_COMM_EXEC
    attr.exclude_hv = 1;
    attr.watermark = 1;
    return attr;
}

bool leave_kernel_out(perf_event_attr &attr, int code)
{
    if ((code != EACCES && code != EPERM) || attr.exclude_kernel != 0)
        return false;
    attr.exclude_kernel = 1;
    return true;
}

std::uint64_t lost_records(const perf_event_header &header, std::span<const std::byte> record)
{
    std::uint64_t id = 0, lost = 0;
    return header.type == PERF_RECORD_LOST && take_value(record, id) && take_value(record, lost) ? lost : 0;
}

pid_t executed_process(const perf_event_header &header, std::span<const std::byte> record)
{
    std::uint32_t pid = 0;
    const bool executed = header.type == PERF_RECORD_COMM && (header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
    return executed && take_value(record, pid) ? static_cast<pid_t>(pid) : 0;
}

Error perf_error(int code, pid_t pid, const char *what, const std::string &proc)
{
    const std::string subject = fmt::format("process {}", pid);
    if (code == ESRCH)
        return {.kind = ErrorKind::not_found,
                .operation = "watch",
                .subject = subject,
                .cause = "there is no such process, or it has ended"};
    if (code == EMFILE)
        return {.kind = ErrorKind::limit,
                .operation = "watch",
                .subject = subject,
                .cause = "it takes one descriptor for each thread and processor, and there are too many",
                .hint = "raise the limit: ulimit -n",
                .error_number = code};
    if (code == ENOENT || code == ENOSYS || code == EOPNOTSUPP)
        return {.kind = ErrorKind::unsupported,
                .operation = "watch",
                .subject = subject,
                .cause = fmt::format("this kernel cannot sample {} (perf_event_open)", what),
                .error_number = code};
    return errno_error(code, "watch", subject, code == EACCES || code == EPERM ? denied_hint(proc) : "");
}

/// Tries what this user and this kernel cannot do with less. -1 and errno: no.
int PerfEvents::open_first(int cpu, pid_t thread, AskForLess ask_for_less)
{
    for (;;) {
        attr_.wakeup_watermark =
            static_cast<std::uint32_t>(pages_ * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 2);
        const int fd = open_event(attr_, thread, cpu);
        if (fd >= 0 || !ask_for_less(attr_, errno))
            return fd;
    }
}

/// What may be locked is limited for each user: kernel.perf_event_mlock_kb, then `ulimit -l`.
int PerfEvents::map_ring(int fd)
{
    for (;; pages_ /= 2) {
        PerfRing ring(fd, pages_);
        if (ring.valid()) {
            rings_.push_back(std::move(ring));
            descriptors_.push_back(fd);
            return 0;
        }
        if (errno != EPERM || pages_ <= 1)
            return errno;
    }
}

int PerfEvents::watch_cpu(int cpu, const std::vector<pid_t> &threads, AskForLess ask_for_less)
{
    int first = -1;
    for (const pid_t thread : threads) {
        const int fd = open_first(cpu, thread, ask_for_less);
        if (fd < 0 && (errno == ESRCH || errno == ENODEV))
            continue; // the thread has ended, or the processor is off
        if (fd < 0)
            return errno;
        events_.emplace_back(fd);
        if (first >= 0 && ::ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, first) != 0) // NOLINT(*-vararg)
            return errno;
        if (first < 0) {
            if (const int code = map_ring(fd); code != 0)
                return code;
            first = fd;
        }
    }
    return 0;
}

int PerfEvents::watch(const std::vector<pid_t> &pids, AskForLess ask_for_less, const std::string &proc)
{
    constexpr int kTries = 8;
    const int cpus = std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)));
    const auto all_threads = [&] {
        std::vector<pid_t> all;
        for (const pid_t pid : pids)
            std::ranges::copy(thread_ids_of(pid, proc), std::back_inserter(all));
        return all;
    };
    std::vector<pid_t> threads, there = all_threads();
    // A thread inherits what its maker had: one that was made between the two looks has been missed.
    for (int tries = 0; threads != there && tries < kTries; ++tries, there = all_threads()) {
        threads = there;
        close();
        pages_ = pages_for(cpus);
        for (int cpu = 0; cpu < cpus; ++cpu)
            if (const int code = watch_cpu(cpu, threads, ask_for_less); code != 0)
                return code;
    }
    return rings_.empty() ? ESRCH : 0;
}

Result<PerfEvents> PerfEvents::open(pid_t pid, const perf_event_attr &attr, AskForLess ask_for_less, const char *what,
                                    const std::string &proc)
{
    raise_descriptor_limit();
    PerfEvents events;
    events.attr_ = attr;
    if (const int code = events.watch({pid}, ask_for_less, proc); code != 0)
        return fail(perf_error(code, pid, what, proc));
    return events;
}

Result<void> PerfEvents::open_again(const std::vector<pid_t> &pids, AskForLess ask_for_less, const char *what,
                                    const std::string &proc)
{
    if (const int code = watch(pids, ask_for_less, proc); code != 0) {
        close();
        return fail(perf_error(code, pids.empty() ? 0 : pids.front(), what, proc));
    }
    return {};
}

void PerfEvents::close()
{
    descriptors_.clear();
    rings_.clear();
    events_.clear();
}

std::uint64_t PerfEvents::count() const
{
    std::uint64_t sum = 0;
    for (const UniqueFd &event : events_) { // with those of the threads that inherited it
        std::uint64_t some = 0;
        if (::read(event.get(), &some, sizeof some) == sizeof some)
            sum += some;
    }
    return sum;
}

void PerfEvents::enable() const
{
    for (const UniqueFd &event : events_)
        (void)::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0); // NOLINT(*-vararg)
}

void PerfEvents::disable() const
{
    for (const UniqueFd &event : events_)
        (void)::ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0); // NOLINT(*-vararg)
}

} // namespace dbgscope
