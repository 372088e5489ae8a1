// SPDX-License-Identifier: Apache-2.0
// A core file, of a program that is somewhere in PATH.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const int fd = file_with(text_of(data, size));
    const auto target = open_core("/proc/self/fd/" + std::to_string(fd), "/bin/true");
    if (!target)
        return 0;
    std::array<std::byte, 256> bytes{};
    for (const Segment &segment : target->program.segments())
        (void)target->memory->read(segment.address, bytes);
    (void)target->memory->read(~std::uint64_t{0} - bytes.size() / 2, bytes);
    return 0;
}
