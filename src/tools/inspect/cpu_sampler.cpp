// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cpu_sampler.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include <fmt/core.h>

#include "kernel/process.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::uint64_t kPeriodNs = 5'025'125; ///< 199 a second of processor time: in step with nothing that ticks
constexpr std::size_t kMaxWaiting = 4096;      ///< stacks that are not read yet: at most 32 MiB
constexpr std::uint64_t kMaxChain = 4096;
constexpr auto kTick = 100ms;
constexpr auto kLastWord = 5000ms; ///< for the stacks that are left at the end
constexpr const char *kWhat = "processor time";

perf_event_attr attributes(bool is_go, bool &known)
{
    perf_event_attr attr = perf_attributes(PERF_COUNT_SW_CPU_CLOCK, kPeriodNs);
    attr.disabled = 1;
    known = is_go || copy_stacks(attr);
    if (is_go) {
        attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN;
        attr.exclude_callchain_kernel = 1; // a sample taken there is the caller's time
    }
    return attr;
}

} // namespace

bool read_chain_record(std::span<const std::byte> record, pid_t &pid, std::vector<std::uint64_t> &chain)
{
    // perf_event_open(2), "PERF_RECORD_SAMPLE": pid, tid, nr, ips[nr].
    std::uint32_t process = 0, thread = 0;
    std::uint64_t count = 0, address = 0;
    if (!take_value(record, process) || !take_value(record, thread) || !take_value(record, count) || count > kMaxChain)
        return false;
    pid = static_cast<pid_t>(process);
    chain.clear();
    for (; count > 0; --count) {
        if (!take_value(record, address))
            return false;
        if (address < PERF_CONTEXT_MAX && address != 0) // else a mark: what follows is the program's
            chain.push_back(address);
    }
    return !chain.empty();
}

CpuSampler::CpuSampler(pid_t pid, bool is_go, PerfEvents events, StackNames names)
    : pid_(pid), is_go_(is_go), events_(std::move(events)), names_(std::move(names))
{
    profile_.program = executable_of(pid);
    profile_.pid = pid;
    profile_.is_go = is_go;
    profile_.period_ns = kPeriodNs;
    profile_.with_kernel = events_.attr().exclude_kernel == 0;
}

Result<CpuSampler> CpuSampler::open(pid_t pid, bool is_go, const std::string &proc)
{
    bool known = false;
    const perf_event_attr attr = attributes(is_go, known);
    if (!known)
        return fail(perf_error(EOPNOTSUPP, pid, kWhat, proc));
    auto events = PerfEvents::open(pid, attr, leave_kernel_out, kWhat, proc);
    if (!events)
        return pass(events);
    auto names = StackNames::of_process(pid, proc);
    if (!names)
        return pass(names);
    return CpuSampler(pid, is_go, std::move(*events), std::move(*names));
}

void CpuSampler::run(std::chrono::milliseconds span, int stop)
{
    const UniqueFd end = open_pidfd(pid_);
    std::vector<pollfd> polled{{.fd = stop, .events = POLLIN, .revents = 0},
                               {.fd = end.get(), .events = POLLIN, .revents = 0}};
    for (const int fd : events_.descriptors())
        polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    profile_.begin = Moment::now();
    events_.enable();
    const auto last = Clock::now() + span;
    for (auto now = Clock::now(); now < last; now = Clock::now()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(last - now);
        const auto patience = waiting_.empty() ? std::min<std::chrono::milliseconds>(left, kTick) : 0ms;
        (void)::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
        drain();
        if (polled[0].revents != 0 || (ended_ = polled[1].revents != 0))
            break;
        for (int some = 0; some < 8 && !waiting_.empty(); ++some)
            name_next();
        for (std::size_t i = 2; i < polled.size(); ++i) // its first thread has ended: it would wake us without an end
            if ((polled[i].revents & (POLLHUP | POLLERR)) != 0)
                polled[i].fd = -1;
    }
}

void CpuSampler::close(Moment end)
{
    events_.disable();
    drain();
    profile_.end = end;
}

void CpuSampler::drain()
{
    events_.take([this](const perf_event_header &header, std::span<const std::byte> record) {
        profile_.lost += lost_records(header, record);
        executed_ |= executed_process(header, record) == pid_;
        if (header.type == PERF_RECORD_SAMPLE)
            add(record);
    });
}

void CpuSampler::add(std::span<const std::byte> record)
{
    Sample sample;
    const bool whole = is_go_ ? read_chain_record(record, sample.copied.pid, sample.chain)
                              : read_fault_record(record, false, sample.copied);
    if (whole && sample.copied.pid != pid_)
        ++profile_.of_others;
    else if (whole && waiting_.size() < kMaxWaiting)
        waiting_.push_back(std::move(sample));
    else
        ++profile_.lost;
}

void CpuSampler::name_next()
{
    const Sample sample = std::move(waiting_.front());
    waiting_.pop_front();
    ++stacks_[is_go_ ? names_.read(sample.chain) : names_.read(sample.copied)];
}

Result<CpuProfile> CpuSampler::profile()
{
    const auto refuse = [this](ErrorKind kind, const char *cause) {
        return fail({.kind = kind,
                     .operation = "sample",
                     .subject = fmt::format("process {}", pid_),
                     .cause = cause,
                     .hint = kind == ErrorKind::refused ? "try again" : ""});
    };
    if (ended_)
        return refuse(ErrorKind::not_found, "it ended before the time was over: there is nothing left to look at");
    if (executed_)
        return refuse(ErrorKind::refused, "it has become another program meanwhile");
    for (const auto last = Clock::now() + kLastWord; !waiting_.empty() && Clock::now() < last;)
        name_next();
    profile_.lost += waiting_.size();
    waiting_.clear();
    for (const auto &[frames, samples] : stacks_) {
        profile_.stacks.push_back({.frames = frames, .samples = samples});
        profile_.samples += samples;
    }
    return profile_;
}

} // namespace dbgscope
