// SPDX-License-Identifier: Apache-2.0
// A session's record, of any version of ours or of anybody: what was read is written and read again.
#include "readers.hpp"
#include "session/record_scan.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (const auto quick = scan_record(text_of(data, size)))
        must(quick == record_from_json(text_of(data, size)));
    if (const auto record = record_from_json(text_of(data, size))) {
        const std::string line = record_line(*record);
        const auto again = record_from_json(line);
        must(again && record_line(*again) == line && line.find('\n') == line.npos);
    }
    return 0;
}
