// SPDX-License-Identifier: Apache-2.0
// A log with the messages of the Debug Adapter Protocol, whoever wrote it.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto report = read_dap_log(text_of(data, size));
    if (!report)
        return 0;
    must(is_utf8(dap_text(*report)) && parse_json(dap_json(*report)).has_value());
    must(report->requests.size() <= kMaxDap && report->unanswered().size() <= report->requests.size());
    return 0;
}
