// SPDX-License-Identifier: Apache-2.0
#include "cli/top_sample.hpp"

#include <algorithm>
#include <ctime>

#include "cli/inspect_choice.hpp"
#include "cli/session_choice.hpp"
#include "cli/session_now.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/pressure.hpp"
#include "session/usage.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr auto kEndedStays = 60s;

bool past_its_line(const SessionRecord &record)
{
    return record.state != SessionState::running && record.state != SessionState::ended;
}

/// Of what carries the cap; on a hybrid host, whose v1 has none, of the whole scope.
std::optional<Pressure> pressure_of(const SessionPlace &place)
{
    const bool own = has_file(CgroupFile::pressure, place.version);
    const std::string path = own ? place.capped() : place.unified;
    if (path.empty())
        return std::nullopt;
    const auto directory = open_directory(path);
    if (!directory)
        return std::nullopt;
    const auto text = Cgroup(directory->get(), own ? place.version : 2).read(CgroupFile::pressure);
    Pressure pressure;
    if (!text || !parse_pressure(*text, pressure))
        return std::nullopt;
    return pressure;
}

void show_usage(const LiveSession &session, TopHistory &history, TopHistory::Clock::time_point now, TopSession &shown)
{
    const SessionRecord &record = session.record;
    const Usage usage = read_usage(record);
    shown.id = record.id;
    shown.tool = record.tool;
    shown.debugger_pid = record.debugger.pid;
    shown.command = record.command;
    shown.state = state_of(session, usage);
    shown.at_its_line = past_its_line(record);
    shown.age_s = age_s(record);
    shown.used_bytes = usage.current_bytes;
    shown.kept_bytes = usage.kept_bytes();
    shown.fuse = record.fuse;
    shown.cap = usage.cap.value_or(record.cap);
    if (usage.current_bytes)
        history.add(now, *usage.current_bytes);
    shown.history = history.bytes();
    shown.growth_bytes_per_s = history.growth();
    shown.cap_in_s.reset();
    if (shown.cap.finite() && usage.current_bytes && shown.growth_bytes_per_s && !usage.frozen)
        shown.cap_in_s = seconds_to(shown.cap.bytes(), *usage.current_bytes, *shown.growth_bytes_per_s);
    const auto pressure = pressure_of(record.place);
    shown.stalled_some = pressure ? std::optional(pressure->some.avg10) : std::nullopt;
    shown.stalled_full = pressure ? std::optional(pressure->full.avg10) : std::nullopt;
}

/// What it used last stays to be seen.
void show_end(TopSession &shown)
{
    shown.state = state_name(SessionState::ended);
    shown.at_its_line = false;
    shown.growth_bytes_per_s.reset();
    shown.cap_in_s.reset();
    shown.stalled_some.reset();
    shown.stalled_full.reset();
}

} // namespace

Result<TopSampler> TopSampler::open(const std::string &name)
{
    if (name.empty())
        return TopSampler("");
    const auto live = live_sessions();
    if (!live)
        return fail(live.error());
    const auto session = choose_session(live->sessions, name);
    if (!session)
        return fail(session.error());
    return TopSampler(live_file_name(session->record));
}

Result<void> TopSampler::sample(Inside inside)
{
    auto live = live_sessions();
    if (!live)
        return pass(live);
    const auto now = Clock::now();
    const bool first = seen_.empty();
    take(std::move(live->sessions), now);
    forget(now);
    if (first && !seen_.empty()) {
        const auto held =
            std::find_if(seen_.rbegin(), seen_.rend(), [](const Seen &seen) { return seen.shown.at_its_line; });
        chosen_ = held == seen_.rend() ? seen_.size() - 1 : static_cast<std::size_t>(seen_.rend() - held) - 1;
    }
    for (std::size_t i = 0; i < seen_.size(); ++i)
        if (!seen_[i].ended && (inside == Inside::all || (inside == Inside::chosen && i == chosen_)))
            look(seen_[i], Clock::now());
    return {};
}

void TopSampler::take(std::vector<LiveSession> live, Clock::time_point now)
{
    std::vector<bool> there(seen_.size(), false);
    for (LiveSession &session : live) {
        const std::string key = live_file_name(session.record);
        if ((!named_.empty() && key != named_) || !session.debugger_alive)
            continue;
        auto at = std::ranges::find(seen_, key, &Seen::key);
        if (at == seen_.end()) {
            seen_.push_back({.key = key});
            there.push_back(false);
            at = std::prev(seen_.end());
        }
        there[static_cast<std::size_t>(at - seen_.begin())] = true;
        at->session = std::move(session);
        show_usage(at->session, at->history, now, at->shown);
    }
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        if (there[i] || seen_[i].ended)
            continue;
        seen_[i].ended = now;
        seen_[i].inside.reset();
        show_end(seen_[i].shown);
    }
}

void TopSampler::forget(Clock::time_point now)
{
    for (std::size_t i = seen_.size(); i-- > 0;) {
        const auto &ended = seen_[i].ended;
        if (!ended || now - *ended < kEndedStays || i == chosen_ || seen_[i].key == named_)
            continue;
        seen_.erase(seen_.begin() + static_cast<std::ptrdiff_t>(i));
        if (chosen_ > i)
            --chosen_;
    }
}

void TopSampler::look(Seen &seen, Clock::time_point now)
{
    const std::vector<pid_t> debuggees = living_debuggees(seen.session);
    if (debuggees.empty()) {
        seen.inside.reset();
        seen.shown.debuggee_pid = 0;
        seen.shown.go.reset();
        seen.shown.sites.clear();
        seen.shown.sites_unknown = "nothing is being debugged";
        return;
    }
    if (!seen.inside)
        seen.inside = std::make_unique<TopInside>();
    seen.inside->look(debuggees.back(), seen.shown, now);
}

TopView TopSampler::view() const
{
    TopView view{.time_unix_s = ::time(nullptr), .sessions = {}};
    for (const Seen &seen : seen_)
        view.sessions.push_back(seen.shown);
    return view;
}

void TopSampler::choose(int step)
{
    if (!seen_.empty())
        chosen_ = static_cast<std::size_t>(
            std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(chosen_) + step, 0, std::ssize(seen_) - 1));
}

const LiveSession *TopSampler::chosen_session() const
{
    return chosen_ < seen_.size() && !seen_[chosen_].ended ? &seen_[chosen_].session : nullptr;
}

bool TopSampler::over() const
{
    return !named_.empty() && (seen_.empty() || seen_.front().ended);
}

} // namespace dbgscope
