// SPDX-License-Identifier: Apache-2.0
#include "cli/top_history.hpp"

#include <algorithm>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPoints = 240;
constexpr auto kSpan = 5s;
constexpr auto kApart = 400ms; ///< a key is no reason for another point
constexpr std::int64_t kLeastGrowth = 16 * kKiB;
constexpr std::uint64_t kDay = 24 * 60 * 60;

} // namespace

void TopHistory::add(Clock::time_point at, std::uint64_t bytes)
{
    if (!points_.empty() && at - points_.back().at < kApart)
        points_.pop_back();
    points_.push_back({at, bytes});
    if (points_.size() > kPoints)
        points_.pop_front();
}

std::optional<std::int64_t> TopHistory::growth() const
{
    if (points_.empty())
        return std::nullopt;
    const Point &last = points_.back();
    const auto first =
        std::ranges::find_if(points_, [&last](const Point &point) { return last.at - point.at <= kSpan; });
    const double seconds = std::chrono::duration<double>(last.at - first->at).count();
    if (seconds <= 0)
        return std::nullopt;
    return static_cast<std::int64_t>((static_cast<double>(last.bytes) - static_cast<double>(first->bytes)) / seconds);
}

std::vector<std::uint64_t> TopHistory::bytes() const
{
    std::vector<std::uint64_t> all;
    for (const Point &point : points_)
        all.push_back(point.bytes);
    return all;
}

std::optional<std::uint64_t> seconds_to(std::uint64_t cap, std::uint64_t used, std::int64_t growth)
{
    if (growth < kLeastGrowth)
        return std::nullopt;
    const std::uint64_t seconds = (cap - std::min(used, cap)) / static_cast<std::uint64_t>(growth);
    return seconds <= kDay ? std::optional(seconds) : std::nullopt;
}

} // namespace dbgscope
