// SPDX-License-Identifier: Apache-2.0
// Records of /dev/kmsg, and the lines of the out-of-memory killer in them.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view text = text_of(data, size);
    std::vector<OomKill> kills;
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        take_oom_line(line, kills);
        if (const auto said = kmsg_text(line))
            take_oom_line(*said, kills);
    }
    must(kills.size() <= 64);
    return 0;
}
