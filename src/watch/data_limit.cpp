// SPDX-License-Identifier: Apache-2.0
#include "watch/data_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/data_limit.hpp"
#include "kernel/process.hpp"
#include "kernel/process_memory.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kStride = 32 * kMiB; ///< Go grows its heap in pieces of up to about that size
constexpr std::size_t kMostKnown = 256;

} // namespace

bool bound_data(pid_t pid, Limit limit)
{
    rlimit now = {};
    if (!limit.finite() || ::prlimit(pid, RLIMIT_DATA, nullptr, &now) != 0)
        return !limit.finite();
    if (now.rlim_cur <= limit.bytes())
        return true;
    now.rlim_cur = limit.bytes(); // not above the hard one, which is not below the soft one
    return ::prlimit(pid, RLIMIT_DATA, &now, nullptr) == 0;
}

std::optional<std::string> DataWatch::see(pid_t pid)
{
    const auto mapped = limit_.finite() ? mapped_data_of(pid) : std::nullopt;
    if (!mapped)
        return std::nullopt;
    if (told_.size() >= kMostKnown)
        told_.clear();
    bool &told = told_[pid];
    if (told || *mapped + std::min(kStride, limit_.bytes() / 4) < limit_.bytes())
        return std::nullopt;
    told = true;
    return fmt::format(
        "{} (pid {}) has mapped {} of the {} that --rlimit-data lets it: more may be refused, which a Go "
        "program ends with, and C and C++ see as no memory. dbgscope more allows more",
        comm_of(pid).value_or(""), pid, format_bytes(*mapped), format_limit(limit_));
}

void DataWatch::make_room_for(Limit cap)
{
    const Limit wanted = data_limit_for(cap);
    if (!limit_.finite() || wanted <= limit_)
        return;
    limit_ = wanted;
    for (auto &[pid, told] : told_) {
        told = false;
        rlimit now = {};
        if (::prlimit(pid, RLIMIT_DATA, nullptr, &now) != 0)
            continue;
        now.rlim_cur = std::min<rlim_t>(limit_.finite() ? limit_.bytes() : RLIM_INFINITY, now.rlim_max);
        (void)::prlimit(pid, RLIMIT_DATA, &now, nullptr);
    }
}

} // namespace dbgscope
