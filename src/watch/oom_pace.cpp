// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "watch/oom_watch.hpp"

// When it looks, and when it does not.
namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetry = 50ms; ///< the log's line and the process' end follow the count by less
/// The count comes before the signal, and of a process that is gone nothing can be seen. A look takes no memory.
constexpr auto kDyingLook = 5ms;

} // namespace

void OomWatch::rehearse(const std::function<void()> &events, Time now)
{
    const auto due = log_due_;
    events();
    log_due_ = due;
    read_log();
    look(now);
    look_at_processes();
}

/// Of what was counted and not told yet, the first.
std::optional<OomWatch::Time> OomWatch::pending_since() const
{
    std::optional<Time> since;
    for (const Pending *of : {&in_debuggee_, &elsewhere_})
        if (of->count > 0)
            since = since ? std::min(*since, of->since) : of->since;
    return since;
}

bool OomWatch::is_victim_dying(Time now) const
{
    const auto since = pending_since();
    return alone() && shares_limit() && since && now < *since + kDying;
}

std::optional<Verdict> OomWatch::on_memory_event(Time now)
{
    look(now);
    return is_victim_dying(now) ? std::nullopt : resolve(false, now);
}

std::optional<Verdict> OomWatch::on_log(Time now)
{
    if (shares_limit()) {
        log_due_ = now + kDying;
        return std::nullopt;
    }
    read_log();
    return on_memory_event(now);
}

std::optional<OomWatch::Time> OomWatch::next_look() const
{
    std::optional<Time> next;
    const auto earlier = [&next](Time at) {
        if (!next || at < *next)
            next = at;
    };
    if (const auto since = pending_since())
        earlier(last_look_ + (alone() && shares_limit() && last_look_ < *since + kDying ? kDyingLook : kRetry));
    if (log_due_)
        earlier(*log_due_);
    for (const Quiet &quiet : quiet_)
        if (quiet.unsaid > 0)
            earlier(quiet.until);
    return next;
}

std::optional<Verdict> OomWatch::on_timer(Time now)
{
    const bool waited = log_due_ && now >= *log_due_;
    if (waited) {
        log_due_.reset();
        read_log();
    }
    look(now);
    if (!waited && is_victim_dying(now))
        return std::nullopt;
    if (auto told = resolve(false, now))
        return told;
    return end_quiet(now, false);
}

} // namespace dbgscope
