// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dbgscope/bytes.hpp"

namespace dbgscope {

/// --rlimit-data=auto: what is mapped is always more than what is used, by a small Go program some 45 MiB (1.19), by
/// one in C 8 MiB for each thread's stack; so much more than the cap that the soft fuse comes first.
constexpr Limit data_limit_for(Limit cap)
{
    constexpr std::uint64_t kMappedUnused = 64 * kMiB;
    return cap.finite() ? Limit(cap.bytes() + cap.bytes() / 4 + kMappedUnused) : cap;
}

} // namespace dbgscope
