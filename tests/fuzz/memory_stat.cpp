// SPDX-License-Identifier: Apache-2.0
// memory.stat, and the counters of memory.events and /proc/vmstat.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    for (const int version : {1, 2})
        (void)droppable_bytes(text, version);
    for (const char *key : {"oom_kill", "pswpin", "max"})
        (void)count_of(text, key);
    Limit limit;
    std::uint64_t number = 0;
    (void)parse_limit(text, limit);
    (void)parse_number(text, number);
    return 0;
}
