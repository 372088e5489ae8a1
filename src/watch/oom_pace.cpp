// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "watch/oom_watch.hpp"

// When it looks, and when it does not.
namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr auto kRetry = 50ms; ///< the log's line and the process' end follow the count by less

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

std::optional<Verdict> OomWatch::on_memory_event(Time now)
{
    look(now);
    return resolve(false, now);
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
    if (in_debuggee_.count + elsewhere_.count > 0)
        earlier(last_look_ + kRetry);
    if (log_due_)
        earlier(*log_due_);
    for (const Quiet &quiet : quiet_)
        if (quiet.unsaid > 0)
            earlier(quiet.until);
    return next;
}

std::optional<Verdict> OomWatch::on_timer(Time now)
{
    if (log_due_ && now >= *log_due_) {
        log_due_.reset();
        read_log();
    }
    look(now);
    if (auto told = resolve(false, now))
        return told;
    return end_quiet(now, false);
}

} // namespace dbgscope
