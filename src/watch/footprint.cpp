// SPDX-License-Identifier: Apache-2.0
#include "watch/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace dbgscope {
namespace {

/// The program's own segments that are never written to, code and constants: dropping them loses nothing.
int drop_read_only(dl_phdr_info *object, std::size_t /*size*/, void * /*data*/)
{
    constexpr std::uintptr_t kPage = 4096; // smaller than any page size in use: what is not aligned is refused
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
        const auto &segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0)
            continue;
        const std::uintptr_t first = (object->dlpi_addr + segment.p_vaddr + kPage - 1) & ~(kPage - 1);
        const std::uintptr_t last = (object->dlpi_addr + segment.p_vaddr + segment.p_filesz) & ~(kPage - 1);
        if (first < last)
            (void)::madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED); // NOLINT
    }
    return 1; // the first object is the program
}

} // namespace

void shrink_footprint()
{
    (void)::malloc_trim(0);
    (void)::dl_iterate_phdr(drop_read_only, nullptr);
}

} // namespace dbgscope
