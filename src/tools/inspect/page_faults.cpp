// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/page_faults.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/threads.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "tools/inspect/perf_ring.hpp"

namespace dbgscope {
namespace {

constexpr std::uint32_t kStackBytes = 8 * kKiB; ///< enough for dozens of frames; what is not used is not copied
constexpr std::uint64_t kHugePeriod = 4;        ///< where each fault may bring 2 MiB
constexpr std::uint64_t kAllPerfRings = kMiB;
constexpr std::uint64_t kFewestPages = 4, kMostPages = 64;
constexpr const char *kParanoid = "/proc/sys/kernel/perf_event_paranoid";
constexpr const char *kHugePages = "/sys/kernel/mm/transparent_hugepage/enabled";

#ifdef __x86_64__
// asm/perf_regs.h: AX BX CX DX SI DI BP SP IP, then FLAGS and segments, then R8 to R15. Their DWARF numbers are in the
// System V ABI, figure 3.36.
constexpr std::uint64_t kRegisterMask = 0xff'01ff;
constexpr std::uint8_t kDwarfNumbers[FaultSample::kRegisters] = {0, 3, 2,  1,  4,  5,  6,  7, 16,
                                                                 8, 9, 10, 11, 12, 13, 14, 15};
#else
constexpr std::uint64_t kRegisterMask = 0;
constexpr std::uint8_t kDwarfNumbers[FaultSample::kRegisters] = {};
#endif

perf_event_attr attributes(std::uint64_t period, bool with_kernel, bool with_page_size, std::uint64_t wake_bytes)
{
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN; // comes after the page is there: its size is known
    attr.sample_period = period;
    attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_ADDR | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
    if (with_page_size)
        attr.sample_type |= PERF_SAMPLE_DATA_PAGE_SIZE;
    attr.sample_regs_user = kRegisterMask;
    attr.sample_stack_user = kStackBytes;
    attr.inherit = 1;
    attr.comm = 1;
    attr.comm_exec = 1; // a new program: PERF_RECORD_MISC_COMM_EXEC
    attr.exclude_kernel = with_kernel ? 0 : 1;
    attr.exclude_hv = 1;
    attr.watermark = 1;
    attr.wakeup_watermark = static_cast<std::uint32_t>(wake_bytes);
    return attr;
}

int open_event(const perf_event_attr &attr, pid_t tid, int cpu)
{
    return static_cast<int>(::syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

/// "always [madvise] never".
bool huge_pages_everywhere()
{
    const auto text = read_file(kHugePages);
    return text && text->find("[always]") != std::string::npos;
}

/// "THP_enabled:\t0": prctl(PR_SET_THP_DISABLE), which a launch with a fuse does. Since Linux 5.0.
bool may_have_huge_pages(pid_t pid, const std::string &proc)
{
    const auto status = read_file(fmt::format("{}/{}/status", proc, pid));
    return !status || status->find("\nTHP_enabled:\t0") == std::string::npos;
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

std::unexpected<Error> refused(int code, pid_t pid, const std::string &proc)
{
    const std::string subject = fmt::format("process {}", pid);
    if (code == ESRCH)
        return fail({.kind = ErrorKind::not_found,
                     .operation = "watch",
                     .subject = subject,
                     .cause = "there is no such process, or it has ended"});
    if (code == EMFILE)
        return fail({.kind = ErrorKind::limit,
                     .operation = "watch",
                     .subject = subject,
                     .cause = "it takes one descriptor for each thread and processor, and there are too many",
                     .hint = "raise the limit: ulimit -n",
                     .error_number = code});
    if (code == ENOENT || code == ENOSYS || code == EOPNOTSUPP)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "watch",
                     .subject = subject,
                     .cause = "this kernel cannot sample page faults (perf_event_open)",
                     .error_number = code});
    return fail(errno_error(code, "watch", subject, code == EACCES || code == EPERM ? denied_hint(proc) : ""));
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

template <class T> bool take(std::span<const std::byte> &rest, T &value)
{
    if (rest.size() < sizeof value)
        return false;
    std::memcpy(&value, rest.data(), sizeof value);
    rest = rest.subspan(sizeof value);
    return true;
}

} // namespace

struct FaultSampler::State {
    std::vector<UniqueFd> events;
    std::vector<PerfRing> rings; ///< one a processor
    std::vector<int> descriptors;
    std::vector<pid_t> executed;
    std::uint64_t period = kUsual, lost = 0, pages = kMostPages;
    bool with_kernel = true, with_page_size = true;

    int cpus = 1;
    static std::unique_ptr<State> with_rings(std::uint64_t period);
    /// Events of all threads on one processor, with one ring. 0, or errno; a processor that is off is none.
    int watch_cpu(int cpu, const std::vector<pid_t> &threads);
    int open_first(int cpu, pid_t thread);
    int map_ring(int fd);
};

/// Tries what this user and this kernel cannot do with less. -1 and errno: no.
int FaultSampler::State::open_first(int cpu, pid_t thread)
{
    for (;;) {
        const std::uint64_t wake = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
        const int fd = open_event(attributes(period, with_kernel, with_page_size, wake), thread, cpu);
        if (fd >= 0)
            return fd;
        if ((errno == EACCES || errno == EPERM) && with_kernel)
            with_kernel = false;
        else if (errno == EINVAL && with_page_size) // before 5.11
            with_page_size = false;
        else
            return -1;
    }
}

/// What may be locked is limited for each user: kernel.perf_event_mlock_kb, then `ulimit -l`.
int FaultSampler::State::map_ring(int fd)
{
    for (;; pages /= 2) {
        PerfRing ring(fd, pages);
        if (ring.valid()) {
            rings.push_back(std::move(ring));
            descriptors.push_back(fd);
            return 0;
        }
        if (errno != EPERM || pages <= 1)
            return errno;
    }
}

std::unique_ptr<FaultSampler::State> FaultSampler::State::with_rings(std::uint64_t period)
{
    auto state = std::make_unique<State>();
    state->period = period;
    state->cpus = std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)));
    const std::uint64_t each = kAllPerfRings / static_cast<std::uint64_t>(state->cpus) / (4 * kKiB);
    for (state->pages = kMostPages; state->pages > std::max(each, kFewestPages);)
        state->pages /= 2;
    return state;
}

int FaultSampler::State::watch_cpu(int cpu, const std::vector<pid_t> &threads)
{
    int first = -1;
    for (const pid_t thread : threads) {
        const int fd = open_first(cpu, thread);
        if (fd < 0 && (errno == ESRCH || errno == ENODEV))
            continue; // the thread has ended, or the processor is off
        if (fd < 0)
            return errno;
        events.emplace_back(fd);
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

FaultSampler::FaultSampler(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaultSampler::FaultSampler(FaultSampler &&) noexcept = default;
FaultSampler &FaultSampler::operator=(FaultSampler &&) noexcept = default;
FaultSampler::~FaultSampler() = default;

std::uint64_t FaultSampler::period_for(pid_t pid, std::uint64_t small, const std::string &proc)
{
    return huge_pages_everywhere() && may_have_huge_pages(pid, proc) ? kHugePeriod : small;
}

Result<FaultSampler> FaultSampler::open(pid_t pid, std::uint64_t period, const std::string &proc)
{
    constexpr int kTries = 8;
    if (kRegisterMask == 0)
        return refused(EOPNOTSUPP, pid, proc);
    raise_descriptor_limit();
    std::unique_ptr<State> state;
    std::vector<pid_t> threads, there = thread_ids_of(pid, proc);
    // A thread inherits what its maker had: one that was made between the two looks has been missed.
    for (int tries = 0; threads != there && tries < kTries; ++tries, there = thread_ids_of(pid, proc)) {
        threads = there;
        state = State::with_rings(period);
        for (int cpu = 0; cpu < state->cpus; ++cpu)
            if (const int code = state->watch_cpu(cpu, threads); code != 0)
                return refused(code, pid, proc);
    }
    if (!state || state->rings.empty())
        return refused(ESRCH, pid, proc);
    return FaultSampler(std::move(state));
}

std::vector<pid_t> FaultSampler::take_executed()
{
    return std::exchange(state_->executed, {});
}

const std::vector<int> &FaultSampler::descriptors() const
{
    return state_->descriptors;
}

void FaultSampler::drain(std::deque<FaultSample> &to, std::size_t most)
{
    for (PerfRing &ring : state_->rings)
        ring.take([&](const perf_event_header &header, std::span<const std::byte> record) {
            std::uint64_t id = 0, lost = 0;
            std::uint32_t pid = 0;
            if (header.type == PERF_RECORD_LOST && take(record, id) && take(record, lost))
                state_->lost += lost;
            if (header.type == PERF_RECORD_COMM && (header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0 &&
                take(record, pid)) { // what it has been until now is gone with all its memory
                state_->executed.push_back(static_cast<pid_t>(pid));
                std::erase_if(to, [pid](const FaultSample &one) { return one.pid == static_cast<pid_t>(pid); });
            }
            if (header.type != PERF_RECORD_SAMPLE)
                return;
            FaultSample sample;
            if (to.size() < most && read_fault_record(record, state_->with_page_size, sample))
                to.push_back(std::move(sample));
            else
                ++state_->lost;
        });
}

std::uint64_t FaultSampler::period() const
{
    return state_->period;
}

std::uint64_t FaultSampler::lost() const
{
    return state_->lost;
}

bool FaultSampler::with_kernel() const
{
    return state_->with_kernel;
}

bool read_fault_record(std::span<const std::byte> record, bool with_page_size, FaultSample &sample)
{
    // perf_event_open(2), "PERF_RECORD_SAMPLE": pid, tid, addr, abi, regs[], size, stack[size], dyn_size, page size.
    std::uint32_t pid = 0, tid = 0;
    std::uint64_t abi = 0, size = 0, used = 0;
    if (!take(record, pid) || !take(record, tid) || !take(record, sample.address) || !take(record, abi) ||
        abi != PERF_SAMPLE_REGS_ABI_64)
        return false;
    sample.pid = static_cast<pid_t>(pid);
    sample.tid = static_cast<pid_t>(tid);
    for (const std::uint8_t number : kDwarfNumbers)
        if (!take(record, sample.registers[number]))
            return false;
    if (!take(record, size) || size > record.size())
        return false;
    const auto stack = record.first(size);
    record = record.subspan(size);
    if (size != 0 && !take(record, used))
        return false;
    const auto copied = stack.first(std::min(used, size));
    sample.stack.assign(copied.begin(), copied.end());
    sample.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (with_page_size) {
        std::uint64_t bytes = 0;
        if (!take(record, bytes))
            return false;
        if (bytes != 0) // 0: gone again, or unknown
            sample.page_bytes = bytes;
    }
    return true;
}

} // namespace dbgscope
