// SPDX-License-Identifier: Apache-2.0
#include "watch/recording_pace.hpp"

#include <algorithm>
#include <utility>

namespace dbgscope {
namespace {

constexpr std::uint64_t kLeastMove = 64 * kKiB;
constexpr std::uint64_t kMovedPart = 128;
constexpr double kBytesPerMs = static_cast<double>(kRecordingBytesPerHour) / (3600.0 * 1000);
constexpr std::chrono::milliseconds kAgain{500};
constexpr std::chrono::milliseconds kWorks{2}; ///< of processor time since the last look: less is none
constexpr double kPointBytes = 160;            ///< more than most points take

} // namespace

void RecordingPace::refill(Ms now)
{
    if (last_refill_)
        allowance_ = std::min(kSpare, allowance_ + kBytesPerMs * static_cast<double>((now - *last_refill_).count()));
    last_refill_ = now;
}

RecordingPace::Seen RecordingPace::looked(Ms now, std::uint64_t current_bytes)
{
    last_look_ = now;
    refill(now);
    const std::uint64_t before = last_bytes_.value_or(0);
    const std::uint64_t change = std::max(before, current_bytes) - std::min(before, current_bytes);
    if (last_bytes_ && change < std::max(kLeastMove, before / kMovedPart)) {
        moved_ = false;
        wanted_ = std::min(std::max(wanted_, kSteady) * 2, kLongest);
        return Seen::same;
    }
    moved_ = true;
    wanted_ = allowance_ > kSpare / 2 ? kClosest : kSteady;
    return allowance_ >= kPointBytes ? Seen::worth_a_point : Seen::moved;
}

RecordingPace::Ms RecordingPace::arm(Ms now, std::chrono::nanoseconds used)
{
    double pace = 0; // processor time a unit of the wall clock's
    works_ = armed_at_ && used - used_ >= kWorks;
    if (armed_at_ && used > used_) // less: one of several has ended
        pace = std::chrono::duration<double>(used - used_) /
               std::max(std::chrono::duration<double>(now - *armed_at_), std::chrono::duration<double>(Ms(1)));
    armed_at_ = now;
    used_ = used;
    const Ms needed(static_cast<std::int64_t>(pace * static_cast<double>(wanted_.count())));
    // What the Go runtime does in the background of a sleeping program is no work worth a look.
    const Ms least = kLeastUsed * std::clamp<std::int64_t>(wanted_ / (2 * kSteady), 1, 4);
    return std::clamp(needed, least, kMostUsed);
}

std::optional<RecordingPace::Ms> RecordingPace::again_in() const
{
    if (!moved_ && !works_)
        return std::nullopt;
    return std::clamp(wanted_, kAgain, kSteady);
}

void RecordingPace::wrote(Ms now, std::size_t bytes)
{
    refill(now);
    allowance_ = std::max(allowance_ - static_cast<double>(bytes), -kSpare);
}

} // namespace dbgscope
