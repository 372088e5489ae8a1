// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/fidelity.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <thread>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "kernel/reader.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr double kAskedProfileMs = 10; ///< what Go's and gperftools' profilers ask for

// Reference ranges: the default timer slack is 50 µs (prctl(2), PR_SET_TIMERSLACK), so a wake-up is late by 50 to 100
// µs on an idle machine; a blocked thread is woken by a signal within tens of µs. From 1 ms at p99 on single steps and
// timeouts of a few ms are off; from 10 ms on (a starved virtual machine) timing bugs cannot be told from the host.
constexpr double kLateUs = 1000;
constexpr double kStarvedUs = 10000;
constexpr double kSlowClockNs = 300;
constexpr double kProfileSlack = 1.5;

std::int64_t now_ns(clockid_t clock)
{
    timespec time{};
    (void)::clock_gettime(clock, &time);
    return time.tv_sec * kNanosPerSecond + time.tv_nsec;
}

timespec as_timespec(std::int64_t ns)
{
    return {.tv_sec = ns / kNanosPerSecond, .tv_nsec = ns % kNanosPerSecond};
}

void sleep_until(std::int64_t ns)
{
    const timespec target = as_timespec(ns);
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, nullptr) == EINTR) {
    }
}

/// A signal blocked in this thread (and those it starts); what is pending is dropped and the old mask restored.
class BlockedSignal {
  public:
    explicit BlockedSignal(int number)
    {
        (void)::sigemptyset(&set_);
        (void)::sigaddset(&set_, number);
        (void)::pthread_sigmask(SIG_BLOCK, &set_, &old_);
    }
    BlockedSignal(const BlockedSignal &) = delete;
    BlockedSignal &operator=(const BlockedSignal &) = delete;
    ~BlockedSignal()
    {
        while (take(0)) {
        }
        (void)::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
    }
    /// Waits for one; false: none within `patience_ns`.
    [[nodiscard]] bool take(std::int64_t patience_ns) const
    {
        const timespec patience = as_timespec(patience_ns);
        return ::sigtimedwait(&set_, nullptr, &patience) > 0;
    }

  private:
    sigset_t set_{}, old_{};
};

std::vector<std::int64_t> timer_samples(std::int64_t end_ns)
{
    constexpr std::int64_t kStep = 1'000'000;
    std::vector<std::int64_t> samples;
    for (std::int64_t now = now_ns(CLOCK_MONOTONIC); now < end_ns; now = now_ns(CLOCK_MONOTONIC)) {
        sleep_until(now + kStep);
        samples.push_back(now_ns(CLOCK_MONOTONIC) - now - kStep);
    }
    return samples;
}

std::vector<std::int64_t> signal_samples(std::int64_t end_ns)
{
    const int number = SIGRTMIN + 7;
    const BlockedSignal blocked(number);
    const pthread_t receiver = ::pthread_self();
    std::vector<std::int64_t> sent;
    std::vector<std::int64_t> received;
    std::thread sender([&] {
        for (std::int64_t now = now_ns(CLOCK_MONOTONIC); now < end_ns; now = now_ns(CLOCK_MONOTONIC)) {
            sleep_until(now + 1'000'000); // so that the receiver sleeps
            sent.push_back(now_ns(CLOCK_MONOTONIC));
            if (::pthread_kill(receiver, number) != 0)
                break;
        }
    });
    while (blocked.take(kNanosPerSecond / 10))
        received.push_back(now_ns(CLOCK_MONOTONIC));
    sender.join();
    std::vector<std::int64_t> samples; // realtime signals queue: the n-th received is the n-th sent
    for (std::size_t i = 0; i < std::min(sent.size(), received.size()); ++i)
        samples.push_back(received[i] - sent[i]);
    return samples;
}

/// CPU time between two SIGPROFs, as the profilers of Go and gperftools ask for them.
double profile_interval_ms(std::int64_t end_ns)
{
    const BlockedSignal blocked(SIGPROF);
    itimerval asked{};
    asked.it_interval.tv_usec = asked.it_value.tv_usec = static_cast<suseconds_t>(kAskedProfileMs * 1000);
    itimerval before{};
    if (::setitimer(ITIMER_PROF, &asked, &before) != 0)
        return 0;
    const std::int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    std::int64_t last = start;
    int count = 0;
    while (now_ns(CLOCK_MONOTONIC) < end_ns)
        if (blocked.take(0)) {
            ++count;
            last = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        }
    (void)::setitimer(ITIMER_PROF, &before, nullptr);
    return count == 0 ? 0 : static_cast<double>(last - start) / 1e6 / count;
}

double clock_read_ns()
{
    constexpr int kReads = 20000;
    const std::int64_t start = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < kReads; ++i)
        (void)now_ns(CLOCK_MONOTONIC);
    return static_cast<double>(now_ns(CLOCK_MONOTONIC) - start) / kReads;
}

CheckFinding latency_finding(const char *what, const char *looked, const Latencies &seen, const char *usual)
{
    CheckFinding finding{.looked_at = looked,
                         .found = fmt::format("{}: p50 {:.0f} µs, p99 {:.0f} µs, worst {:.0f} µs of {} (usual when "
                                              "idle: {})",
                                              what, seen.p50_us, seen.p99_us, seen.worst_us, seen.count, usual)};
    if (seen.count == 0) {
        finding.level = CheckLevel::unknown;
        finding.found = fmt::format("{}: nothing could be measured", what);
        finding.matters = "how faithful timing is here is not known";
    } else if (seen.p99_us >= kStarvedUs) {
        finding.level = CheckLevel::warn;
        finding.matters = "a timeout or a race seen here may be the host's doing";
        finding.cure = "measure again on an idle machine; in a virtual machine give it CPUs of its own";
    } else if (seen.p99_us >= kLateUs) {
        finding.level = CheckLevel::note;
        finding.matters = "timeouts of a few milliseconds are off here; a busy machine shows this too";
        finding.cure = "measure again on an idle machine";
    }
    return finding;
}

} // namespace

Latencies summarize(std::vector<std::int64_t> samples_ns)
{
    if (samples_ns.empty())
        return {};
    std::ranges::sort(samples_ns);
    const auto rank = [&](std::size_t percent) {
        const std::size_t at = (samples_ns.size() * percent + 99) / 100; // 1 … size
        return static_cast<double>(samples_ns[at - 1]) / 1000;
    };
    return {samples_ns.size(), rank(50), rank(99), rank(100)};
}

Fidelity measure_fidelity(std::chrono::milliseconds patience)
{
    const std::int64_t part = std::chrono::nanoseconds(patience).count() / 4;
    Fidelity measured{.profile_asked_ms = kAskedProfileMs};
    measured.timer = summarize(timer_samples(now_ns(CLOCK_MONOTONIC) + part));
    measured.signal = summarize(signal_samples(now_ns(CLOCK_MONOTONIC) + part));
    measured.profile_got_ms = profile_interval_ms(now_ns(CLOCK_MONOTONIC) + 2 * part);
    measured.clock_read_ns = clock_read_ns();
    return measured;
}

CheckFindings judge_fidelity(const Fidelity &measured, const std::string &clock_source)
{
    CheckFindings findings{latency_finding("lateness of timers", "clock_nanosleep(2) for 1 ms, again and again",
                                           measured.timer, "p50 50 to 100 µs, p99 below 1000 µs"),
                           latency_finding("lateness of signals",
                                           "a signal from one thread to another that waits for it", measured.signal,
                                           "p50 below 50 µs, p99 below 1000 µs")};
    CheckFinding profile{.looked_at = "SIGPROF by setitimer(2), ITIMER_PROF, under full load",
                         .found = fmt::format("SIGPROF every {:.1f} ms of CPU time, asked for every {:.1f} ms (usual: "
                                              "10 to 12 ms, whole ticks of the kernel)",
                                              measured.profile_got_ms, measured.profile_asked_ms)};
    if (measured.profile_got_ms == 0 || measured.profile_got_ms > measured.profile_asked_ms * kProfileSlack) {
        profile.level = CheckLevel::note;
        profile.matters = "a CPU profile has fewer samples than its rate says";
        profile.cure = "profile for longer; do not read times out of sample counts";
    }
    findings.push_back(std::move(profile));
    CheckFinding clock{.looked_at = "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                       .found = fmt::format("clock source {}; one reading takes {:.0f} ns (usual: 20 to 60 ns)",
                                            clock_source.empty() ? "unknown" : clock_source, measured.clock_read_ns)};
    if (measured.clock_read_ns > kSlowClockNs) {
        clock.level = CheckLevel::note;
        clock.matters = "each reading of the clock is a system call: what measures itself finely is slowed";
        clock.cure = "see available_clocksource beside that file for tsc or the hypervisor's own";
    }
    findings.push_back(std::move(clock));
    return findings;
}

CheckFindings check_fidelity(const DoctorInput &input)
{
    Reader reader(input.root.root);
    const auto text = reader.read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    std::string_view view = text ? *text : std::string_view{};
    return judge_fidelity(measure_fidelity(std::chrono::milliseconds(2000)), std::string(next_line(view)));
}

} // namespace dbgscope
