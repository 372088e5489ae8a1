// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/moment.hpp"

#include <array>
#include <ctime>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kMicrosecond = 1000;

std::int64_t nanoseconds(clockid_t clock)
{
    timespec now{};
    (void)::clock_gettime(clock, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

} // namespace

Moment Moment::now()
{
    return {.unix_ns = nanoseconds(CLOCK_REALTIME), .monotonic_ns = nanoseconds(CLOCK_MONOTONIC)};
}

std::string moment_text(const Moment &moment)
{
    const std::time_t seconds = moment.unix_ns / kSecond;
    std::tm parts{};
    std::array<char, 32> text{};
    if (::localtime_r(&seconds, &parts) == nullptr ||
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0)
        return fmt::format("{} ns", moment.unix_ns);
    return fmt::format("{}.{:06}", text.data(), moment.unix_ns % kSecond / kMicrosecond);
}

} // namespace dbgscope
