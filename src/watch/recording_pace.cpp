// SPDX-License-Identifier: Apache-2.0
#include "watch/recording_pace.hpp"

#include <algorithm>
#include <utility>

namespace dbgscope {
namespace {

constexpr std::uint64_t kLeastMove = 64 * kKiB;
constexpr std::uint64_t kMovedPart = 128;
constexpr double kBytesPerMs = static_cast<double>(kRecordingBytesPerHour) / (3600.0 * 1000);
constexpr double kPointBytes = 160; ///< more than most points take

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
        wanted_ = std::min(std::max(wanted_, kSteady) * 2, kLongest);
        return Seen::same;
    }
    wanted_ = allowance_ > kSpare / 2 ? kClosest : kSteady;
    return allowance_ >= kPointBytes ? Seen::worth_a_point : Seen::moved;
}

RecordingPace::Ms RecordingPace::arm(Ms now)
{
    if (armed_at_) {
        const auto passed = static_cast<double>(std::max<std::int64_t>((now - *armed_at_).count(), 1));
        const double pace = static_cast<double>(given_.count()) / passed; // unless it ran out, it was slower than that
        pace_ = std::exchange(ran_out_, false) ? pace : std::min(pace_, pace);
    }
    armed_at_ = now;
    const Ms needed(static_cast<std::int64_t>(pace_ * static_cast<double>(wanted_.count())));
    return given_ = std::clamp(needed, kLeastUsed, kMostUsed);
}

void RecordingPace::wrote(Ms now, std::size_t bytes)
{
    refill(now);
    allowance_ = std::max(allowance_ - static_cast<double>(bytes), -kSpare);
}

} // namespace dbgscope
