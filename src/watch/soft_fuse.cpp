// SPDX-License-Identifier: Apache-2.0
#include "watch/soft_fuse.hpp"

#include <algorithm>

#include "dbgscope/session.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kLeastStep = 8 * kMiB;            ///< from one stop to the next
constexpr std::chrono::milliseconds kStopPatience{2'000}; ///< for a debugger to show the stop
constexpr std::chrono::milliseconds kStopLook{50};        ///< meanwhile
constexpr std::chrono::milliseconds kWaitingLook{200};    ///< for a pause while an allocation waits,
constexpr std::chrono::milliseconds kSoon{10'000};        ///< after so long
constexpr std::uint64_t kShrunkPercent = 90;

std::uint64_t less(std::uint64_t from, std::uint64_t bytes)
{
    return from - std::min(from, bytes);
}

std::uint64_t left(Limit limit, std::uint64_t bytes)
{
    return limit.finite() ? less(limit.bytes(), bytes) : Limit().bytes();
}

} // namespace

/// The line, or, for memory that is asked for in one piece, the cap itself.
bool SoftFuse::past_line(const SoftSample &sample, std::uint64_t more)
{
    const auto past = [more](Limit limit, std::uint64_t bytes) {
        return limit.finite() && (bytes >= fuse_line_for(limit).bytes() || more > less(limit.bytes(), bytes));
    };
    return past(sample.cap, sample.own_bytes) || past(sample.around_limit, sample.around_bytes);
}

bool SoftFuse::over(const SoftSample &sample) const
{
    if (!allowed_own_)
        return past_line(sample, sample.asked_bytes);
    return sample.own_bytes + sample.asked_bytes > *allowed_own_ ||
           sample.around_bytes + sample.asked_bytes > allowed_around_.value_or(Limit().bytes());
}

/// What was asked for while it was held belongs to what it may have: a person let it go on.
void SoftFuse::allow(const SoftSample &sample)
{
    const auto up_to = [&](Limit limit, std::uint64_t bytes) {
        const std::uint64_t wanted = bytes + sample.asked_bytes;
        return wanted + std::max(limit.finite() ? left(limit, wanted) / 2 : 0, kLeastStep);
    };
    allowed_own_ = up_to(sample.cap, sample.own_bytes);
    allowed_around_ =
        sample.around_limit.finite() ? std::optional(up_to(sample.around_limit, sample.around_bytes)) : std::nullopt;
}

std::uint64_t SoftFuse::room(const SoftSample &sample) const
{
    if (allowed_own_)
        return std::min(less(*allowed_own_, sample.own_bytes),
                        less(allowed_around_.value_or(Limit().bytes()), sample.around_bytes));
    const auto to_line = [](Limit limit, std::uint64_t bytes) {
        return limit.finite() ? less(fuse_line_for(limit).bytes(), bytes) : Limit().bytes();
    };
    return std::min(to_line(sample.cap, sample.own_bytes), to_line(sample.around_limit, sample.around_bytes));
}

void SoftFuse::new_debuggee()
{
    state_ = State::running;
    allowed_own_ = allowed_around_ = std::nullopt;
}

void SoftFuse::trip(const SoftSample &sample, SoftOrders &orders)
{
    ++trips_;
    orders.say_held = true;
    said_cap_ = sample.cap;
    if (action_ == FuseAction::hold && how_ != SoftStop::none) {
        state_ = State::asked;
        asked_at_ = sample.now;
        again_ = false;
        orders.stop = true;
        return;
    }
    state_ = State::on; // told once
    allowed_own_ = Limit().bytes();
    allowed_around_ = std::nullopt;
}

/// True: what was announced is over.
bool SoftFuse::release(const SoftSample &sample, SoftOrders &orders)
{
    const auto shrunk = [](Limit limit, std::uint64_t bytes) {
        return !limit.finite() || bytes < fuse_line_for(limit).bytes() / 100 * kShrunkPercent;
    };
    if (!sample.any)
        orders.say_released = Release::ended;
    else if (!sample.traced && state_ != State::asked)
        orders.say_released = Release::detached;
    else if (sample.cap > said_cap_ && !past_line(sample, sample.asked_bytes))
        orders.say_released = Release::raised;
    else if (sample.asked_bytes == 0 && state_ != State::stopped && shrunk(sample.cap, sample.own_bytes) &&
             shrunk(sample.around_limit, sample.around_bytes))
        orders.say_released = Release::shrunk;
    else
        return false;
    new_debuggee();
    orders.let_allocate = true;
    return true;
}

SoftOrders SoftFuse::step(const SoftSample &sample)
{
    SoftOrders orders;
    if (state_ != State::running && release(sample, orders))
        return orders;
    switch (state_) {
    case State::running:
        if (sample.any && sample.traced && over(sample))
            trip(sample, orders);
        break;
    case State::asked:
        if (sample.stopped) {
            state_ = State::stopped;
            allow(sample);
        } else if (how_ != SoftStop::allocation && sample.now - asked_at_ >= kStopPatience) {
            if (again_) { // its debugger does not take it for a stop
                state_ = State::on;
                allow(sample);
            } else {
                again_ = orders.stop = true;
                asked_at_ = sample.now;
            }
        }
        break;
    case State::stopped:
        if (!sample.stopped)
            state_ = State::on;
        [[fallthrough]];
    case State::on:
        if (sample.stopped)
            state_ = State::stopped;
        else if (over(sample))
            trip(sample, orders);
        break;
    }
    orders.let_allocate = orders.let_allocate || (state_ != State::asked);
    return orders;
}

std::optional<std::chrono::milliseconds> SoftFuse::look_in(Ms now) const
{
    if (state_ != State::asked)
        return std::nullopt;
    return how_ == SoftStop::allocation && now - asked_at_ > kSoon ? kWaitingLook : kStopLook;
}

} // namespace dbgscope
