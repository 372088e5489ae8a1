// SPDX-License-Identifier: Apache-2.0
// What GODEBUG=gctrace=1 writes, with lines of several programs torn by each other.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view text = text_of(data, size);
    GcTrace trace;
    while (!text.empty())
        (void)trace.take(next_line(text));
    for (const GcProgram &program : trace.programs()) {
        (void)gc_chart(program, 512 * kMiB);
        (void)gc_verdicts(program, 512 * kMiB, true);
        must(program.cycles() > 0 && program.points().size() <= 128);
    }
    return 0;
}
