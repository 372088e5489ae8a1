// SPDX-License-Identifier: Apache-2.0
// A program's file: ELF headers, and Go's build information.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    const int fd = file_with(text);
    if (const auto file = ElfFile::open(fd, size)) {
        for (const char *name : {".go.buildinfo", ".text", ""})
            if (const auto section = file->find_section(name))
                must(section->offset <= size && section->size <= size - section->offset);
        if (const auto segment = file->data_segment())
            must(file->read(segment->offset, segment->size).size() <= size);
    }
    (void)read_debuggee("/proc/self/fd/" + std::to_string(fd));
    return 0;
}
