// SPDX-License-Identifier: Apache-2.0
#include "watch/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace dbgscope {
namespace {

constexpr std::uintptr_t kSmallestPage = 4096; ///< what is not aligned to a larger one is refused
constexpr std::size_t kStackBytes = 64UL * 1024;

/// Drops the pages, not the tables that they are found by: a table is memory of the cgroup's, and asked for at the
/// limit it makes us the kernel's next victim. A table is for 2 MiB, and goes where all of that is given back at once.
void drop(std::uintptr_t first, std::uintptr_t last)
{
    constexpr std::uintptr_t kPiece = std::uintptr_t{1} << 20U;
    for (std::uintptr_t at = first; at < last; at += kPiece) {
        (void)*reinterpret_cast<const volatile char *>(at);                                        // NOLINT
        (void)::madvise(reinterpret_cast<void *>(at), std::min(kPiece, last - at), MADV_DONTNEED); // NOLINT
    }
}

void lock(std::uintptr_t first, std::uintptr_t last)
{
    (void)::mlock2(reinterpret_cast<const void *>(first), last - first, MLOCK_ONFAULT); // NOLINT
}

/// `of` the program's own segments that are never written to, code and constants: dropping them loses nothing.
template <void of(std::uintptr_t first, std::uintptr_t last)>
int each_read_only(dl_phdr_info *object, std::size_t /*size*/, void * /*data*/)
{
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
        const auto &segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0)
            continue;
        const std::uintptr_t first = (object->dlpi_addr + segment.p_vaddr + kSmallestPage - 1) & ~(kSmallestPage - 1);
        const std::uintptr_t last = (object->dlpi_addr + segment.p_vaddr + segment.p_filesz) & ~(kSmallestPage - 1);
        of(first, last);
    }
    return 1; // the first object is the program
}

void write_stack()
{
    std::array<volatile char, kStackBytes> room; // NOLINT: written below
    for (std::size_t at = 0; at < room.size(); at += kSmallestPage)
        room[at] = 0;
}

} // namespace

void shrink_footprint()
{
    (void)::munlockall();
    (void)::malloc_trim(0);
    (void)::dl_iterate_phdr(each_read_only<drop>, nullptr);
}

void keep_footprint()
{
    write_stack();
    if (::mlockall(MCL_CURRENT | MCL_ONFAULT) != 0) // more than an ordinary user's RLIMIT_MEMLOCK
        (void)::dl_iterate_phdr(each_read_only<lock>, nullptr);
}

} // namespace dbgscope
