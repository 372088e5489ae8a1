// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/page_faults.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "dbgscope/bytes.hpp"
#include "kernel/process_memory.hpp"
#include "sys/file.hpp"
#include "tools/inspect/perf_events.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kHugePeriod = 4; ///< where each fault may bring 2 MiB
constexpr const char *kWhat = "page faults";
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

perf_event_attr attributes(std::uint64_t period)
{
    // MIN comes after the page is there: its size is known.
    perf_event_attr attr = perf_attributes(PERF_COUNT_SW_PAGE_FAULTS_MIN, period);
    (void)copy_stacks(attr);
    attr.sample_type |= PERF_SAMPLE_DATA_PAGE_SIZE;
    return attr;
}

/// Without what the kernel does not show to this user, or does not know yet.
bool ask_for_less(perf_event_attr &attr, int code)
{
    if (code == EINVAL && (attr.sample_type & PERF_SAMPLE_DATA_PAGE_SIZE) != 0) { // before 5.11
        attr.sample_type &= ~std::uint64_t{PERF_SAMPLE_DATA_PAGE_SIZE};
        return true;
    }
    return leave_kernel_out(attr, code);
}

/// "always [madvise] never".
bool huge_pages_everywhere()
{
    const auto text = read_file(kHugePages);
    return text && text->find("[always]") != std::string::npos;
}

} // namespace

struct FaultSampler::State {
    PerfEvents events;
    std::vector<pid_t> executed;
    std::uint64_t seen = 0, seen_before = 0, lost = 0;

    [[nodiscard]] bool with_page_size() const { return (events.attr().sample_type & PERF_SAMPLE_DATA_PAGE_SIZE) != 0; }
};

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
    if (kRegisterMask == 0)
        return fail(perf_error(EOPNOTSUPP, pid, kWhat, proc));
    auto events = PerfEvents::open(pid, attributes(period), ask_for_less, kWhat, proc);
    if (!events)
        return pass(events);
    return FaultSampler(std::make_unique<State>(State{.events = std::move(*events), .executed = {}}));
}

void FaultSampler::pause()
{
    const std::uint64_t taken = state_->events.count() / period(), seen = state_->seen - state_->seen_before;
    state_->events.close();
    if (taken > seen) { // how many were lost is told with the next one
        state_->lost += taken - seen;
        state_->seen += taken - seen;
    }
}

bool FaultSampler::resume(const std::vector<pid_t> &pids, const std::string &proc)
{
    state_->seen_before = state_->seen;
    return state_->events.open_again(pids, ask_for_less, kWhat, proc).has_value();
}

std::vector<pid_t> FaultSampler::take_executed()
{
    return std::exchange(state_->executed, {});
}

const std::vector<int> &FaultSampler::descriptors() const
{
    return state_->events.descriptors();
}

void FaultSampler::drain(std::deque<FaultSample> &to, std::size_t most)
{
    state_->events.take([&](const perf_event_header &header, std::span<const std::byte> record) {
        const std::uint64_t lost = lost_records(header, record);
        state_->lost += lost;
        state_->seen += lost;
        if (const pid_t pid = executed_process(header, record); pid != 0) {
            // What it has been until now is gone with all its memory.
            state_->executed.push_back(pid);
            std::erase_if(to, [pid](const FaultSample &one) { return one.pid == pid; });
        }
        if (header.type != PERF_RECORD_SAMPLE)
            return;
        ++state_->seen;
        FaultSample sample;
        if (to.size() < most && read_fault_record(record, state_->with_page_size(), sample))
            to.push_back(std::move(sample));
        else
            ++state_->lost;
    });
}

std::uint64_t FaultSampler::period() const
{
    return state_->events.attr().sample_period;
}

std::uint64_t FaultSampler::seen() const
{
    return state_->seen;
}

std::uint64_t FaultSampler::lost() const
{
    return state_->lost;
}

bool FaultSampler::with_kernel() const
{
    return state_->events.attr().exclude_kernel == 0;
}

bool copy_stacks(perf_event_attr &attr)
{
    constexpr std::uint32_t kStackBytes = 8 * kKiB; // enough for dozens of frames; what is not used is not copied
    attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_ADDR | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
    attr.sample_regs_user = kRegisterMask;
    attr.sample_stack_user = kStackBytes;
    return kRegisterMask != 0;
}

bool read_fault_record(std::span<const std::byte> record, bool with_page_size, FaultSample &sample)
{
    // perf_event_open(2), "PERF_RECORD_SAMPLE": pid, tid, addr, abi, regs[], size, stack[size], dyn_size, page size.
    std::uint32_t pid = 0, tid = 0;
    std::uint64_t abi = 0, size = 0, used = 0;
    if (!take_value(record, pid) || !take_value(record, tid) || !take_value(record, sample.address) ||
        !take_value(record, abi) || abi != PERF_SAMPLE_REGS_ABI_64)
        return false;
    sample.pid = static_cast<pid_t>(pid);
    sample.tid = static_cast<pid_t>(tid);
    for (const std::uint8_t number : kDwarfNumbers)
        if (!take_value(record, sample.registers[number]))
            return false;
    if (!take_value(record, size) || size > record.size())
        return false;
    const auto stack = record.first(size);
    record = record.subspan(size);
    if (size != 0 && !take_value(record, used))
        return false;
    const auto copied = stack.first(std::min(used, size));
    sample.stack.assign(copied.begin(), copied.end());
    sample.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (with_page_size) {
        std::uint64_t bytes = 0;
        if (!take_value(record, bytes))
            return false;
        if (bytes != 0) // 0: gone again, or unknown
            sample.page_bytes = bytes;
    }
    return true;
}

} // namespace dbgscope
