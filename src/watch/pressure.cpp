// SPDX-License-Identifier: Apache-2.0
#include "watch/pressure.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kWindowUs = 2'000'000; // without CAP_SYS_RESOURCE only multiples of 2 s are accepted
constexpr std::int64_t kWhole = 10'000;
constexpr auto kCalm = 10s; // five windows
constexpr auto kLongestCalm = 160s;
constexpr auto kSoon = 5min;

/// "SwapTotal:       2097148 kB"
std::uint64_t meminfo_bytes(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const auto words = split_words(next_line(text));
        std::uint64_t kib = 0;
        if (words.size() == 3 && words[0] == key && parse_number(words[1], kib))
            return kib * kKiB;
    }
    return 0;
}

std::uint64_t swapped_in_pages()
{
    const auto vmstat = read_file("/proc/vmstat");
    return vmstat ? count_of(*vmstat, "pswpin").value_or(0) : 0;
}

std::string percent(std::int64_t permyriad)
{
    return permyriad % 100 == 0 ? fmt::format("{}%", permyriad / 100)
                                : fmt::format("{:.1f}%", static_cast<double>(permyriad) / 100);
}

} // namespace

std::string swap_advice(const SwapUse &use)
{
    // 60 is the kernel's default. It only matters for what is in swap and comes back from there.
    constexpr std::uint64_t kAlreadyLow = 10;
    if (use.total_bytes == 0 || use.session_bytes == 0 || use.swapped_in_pages == 0 || use.swappiness <= kAlreadyLow)
        return "";
    return fmt::format(
        "{} of this session is in swap ({} of {} in use, vm.swappiness is {}): \"sysctl vm.swappiness=10\" or "
        "--memory-swap-max=0 keeps it out",
        format_bytes(use.session_bytes), format_bytes(use.used_bytes), format_bytes(use.total_bytes), use.swappiness);
}

PressureStates::PressureStates(PressureAction action, std::int64_t some_permyriad, std::int64_t full_permyriad)
    : action_(action)
{
    states_[0].permyriad = some_permyriad;
    states_[1].permyriad = full_permyriad;
}

/// The CPU weight goes down at the first sign; the debuggee is held only when everything stands still, if that is
/// watched.
bool PressureStates::acts_on(PressureKind kind) const
{
    if (action_ == PressureAction::weight)
        return true;
    return action_ == PressureAction::hold && (kind == PressureKind::full || states_[1].permyriad == 0);
}

PressureStep PressureStates::on_event(PressureKind kind, Time now, const std::string &advice)
{
    if (fuse_held_)
        return {};
    State &state = states_[static_cast<std::size_t>(kind)];
    state.last = now;
    PressureStep step{.stalling = true};
    if (state.active)
        return step;
    // A trigger gives one event in each window of 2 s as long as the stall lasts: silence means that it is over.
    const bool again = state.ended && now - *state.ended < kSoon;
    state.calm = again ? std::min<std::chrono::seconds>(state.calm * 2, kLongestCalm) : kCalm;
    state.active = true;
    state.began = now;
    if (kind == PressureKind::full)
        step.line = fmt::format("memory pressure: everything in this session stands still for memory more than {} of "
                                "the time",
                                percent(state.permyriad));
    else if (!active(PressureKind::full)) // that said more
        step.line = fmt::format("memory pressure: something in this session waits for memory more than {} of the time",
                                percent(state.permyriad));
    if (acts_on(kind) && !acting_) {
        acting_ = true;
        const bool hold = action_ == PressureAction::hold;
        step.effect = hold ? PressureEffect::hold : PressureEffect::lower_weight;
        step.line +=
            hold ? "; the debuggee is held until it is over" : "; the debuggee gets less of the CPU until it is over";
    }
    if (!advice.empty() && !step.line.empty())
        step.line += "; " + advice;
    return step;
}

PressureStep PressureStates::on_timer(Time now)
{
    PressureStep step;
    if (fuse_held_)
        return step;
    for (const PressureKind kind : {PressureKind::full, PressureKind::some}) {
        State &state = states_[static_cast<std::size_t>(kind)];
        if (!state.active || now - state.last < state.calm)
            continue;
        state.active = false;
        state.ended = now;
        const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(state.last - state.began) + 2s;
        step.line =
            kind == PressureKind::full && states_[0].active
                ? fmt::format("memory pressure eased after {} s: not everything stands still any more", lasted.count())
                : fmt::format("memory pressure is over after {} s", lasted.count());
        step.over = !any();
    }
    const bool wanted = (active(PressureKind::some) && acts_on(PressureKind::some)) ||
                        (active(PressureKind::full) && acts_on(PressureKind::full));
    if (acting_ && !wanted) {
        acting_ = false;
        step.effect = action_ == PressureAction::hold ? PressureEffect::release : PressureEffect::restore_weight;
        step.line +=
            action_ == PressureAction::hold ? "; the debuggee runs on" : "; the debuggee has its CPU weight again";
    }
    return step;
}

std::optional<PressureStates::Time> PressureStates::next_look() const
{
    std::optional<Time> next;
    for (const State &state : states_)
        if (state.active && !fuse_held_ && (!next || state.last + state.calm < *next))
            next = state.last + state.calm;
    return next;
}

void PressureStates::set_fuse_held(bool held, Time now)
{
    held = held && !(acting_ && action_ == PressureAction::hold);
    if (fuse_held_ && !held)
        for (State &state : states_)
            state.last = now; // its calm begins only now
    fuse_held_ = held;
}

PressureWatch::PressureWatch(int directory, std::int64_t some_permyriad, std::int64_t full_permyriad,
                             PressureAction action)
    : scope_(directory, 2), states_(action, some_permyriad, full_permyriad),
      swapped_in_at_start_pages_(swapped_in_pages())
{
    if (directory < 0) {
        why_not_ =
            errno_error(ENOENT, "watch", file_name(CgroupFile::pressure, 2), "no cgroup v2 directory of this session");
        return;
    }
    open_trigger(PressureKind::some, some_permyriad);
    open_trigger(PressureKind::full, full_permyriad);
}

void PressureWatch::open_trigger(PressureKind kind, std::int64_t permyriad)
{
    if (permyriad <= 0)
        return;
    // "some 800000 2000000": stalled µs in a window of so many. One trigger for each open file.
    const std::string trigger = fmt::format("{} {} {}", kind == PressureKind::some ? "some" : "full",
                                            std::min(permyriad, kWhole) * (kWindowUs / kWhole), kWindowUs);
    auto file = scope_.open(CgroupFile::pressure, O_RDWR | O_NONBLOCK);
    if (!file) {
        why_not_ = std::move(file.error());
        return;
    }
    if (::write(file->get(), trigger.c_str(), trigger.size() + 1) < 0) {
        why_not_ = errno_error(errno, "write", file_name(CgroupFile::pressure, 2));
        return;
    }
    watched_[count_] = {.fd = file->get(), .events = POLLPRI};
    kinds_[count_] = kind;
    owned_[count_] = std::move(*file);
    ++count_;
}

SwapUse PressureWatch::read_swap() const
{
    SwapUse use;
    if (const auto meminfo = read_file("/proc/meminfo")) {
        use.total_bytes = meminfo_bytes(*meminfo, "SwapTotal:");
        use.used_bytes = use.total_bytes - std::min(meminfo_bytes(*meminfo, "SwapFree:"), use.total_bytes);
    }
    if (use.total_bytes == 0)
        return use;
    if (const auto text = read_file("/proc/sys/vm/swappiness"))
        (void)parse_number(*text, use.swappiness);
    use.session_bytes = scope_.read_number(CgroupFile::swap_usage).value_or(0);
    const std::uint64_t pages = swapped_in_pages();
    use.swapped_in_pages = pages - std::min(swapped_in_at_start_pages_, pages);
    return use;
}

PressureStep PressureWatch::on_ready(int fd, short revents, Time now)
{
    const auto at = static_cast<std::size_t>(std::ranges::find(fds(), fd, &Watched::fd) - fds().begin());
    if (at >= count_)
        return {};
    if ((revents & (POLLERR | POLLNVAL)) != 0) {
        owned_[at].reset();
        --count_;
        std::swap(owned_[at], owned_[count_]);
        std::swap(kinds_[at], kinds_[count_]);
        std::swap(watched_[at], watched_[count_]);
        return {};
    }
    const PressureKind kind = kinds_[at];
    return states_.on_event(kind, now, states_.active(kind) ? std::string() : swap_advice(read_swap()));
}

} // namespace dbgscope
