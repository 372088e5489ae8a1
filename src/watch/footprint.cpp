// SPDX-License-Identifier: Apache-2.0
#include "watch/footprint.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>

extern "C" const char __executable_start, etext; // NOLINT: the linker's names for the program's code

namespace dbgscope {

void shrink_footprint()
{
    constexpr std::uintptr_t kPage = 4096; // smaller than any page size in use: what is not aligned is refused
    (void)::malloc_trim(0);
    const auto first = reinterpret_cast<std::uintptr_t>(&__executable_start) & ~(kPage - 1); // NOLINT
    const auto last = reinterpret_cast<std::uintptr_t>(&etext) & ~(kPage - 1);               // NOLINT
    // A private mapping of a file that is never written to: dropping it loses nothing.
    (void)::madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED); // NOLINT
}

} // namespace dbgscope
