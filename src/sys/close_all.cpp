// SPDX-License-Identifier: Apache-2.0
#include "sys/close_all.hpp"

#include <unistd.h>

#include <algorithm>

namespace dbgscope {

void close_all_but(int first, std::span<const int> keep)
{
    constexpr int kHighest = 65535;
    bool closed = true;
    int from = first;
    for (const int kept : keep) {
        closed = closed &&
                 (kept == from || ::close_range(static_cast<unsigned>(from), static_cast<unsigned>(kept - 1), 0) == 0);
        from = kept + 1;
    }
    closed = closed && ::close_range(static_cast<unsigned>(from), ~0U, 0) == 0;
    for (int fd = first; !closed && fd <= kHighest; ++fd)
        if (std::ranges::find(keep, fd) == keep.end())
            (void)::close(fd);
}

} // namespace dbgscope
