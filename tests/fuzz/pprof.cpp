// SPDX-License-Identifier: Apache-2.0
// A profile of pprof's, compressed or not.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto read = read_pprof(text_of(data, size));
    if (!read)
        return 0;
    must(!read->kinds.empty());
    for (const PprofContents::Sample &sample : read->samples) {
        must(sample.values.size() == read->kinds.size());
        for (const std::uint32_t frame : sample.stack)
            must(frame < read->frames.size());
    }
    return 0;
}
