// SPDX-License-Identifier: Apache-2.0
// A session's recording, whoever wrote it, and everything that is made of it.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    auto recorded = parse_recording(text_of(data, size));
    if (!recorded)
        return 0;
    const Timeline timeline = timeline_of(std::move(*recorded));
    must(is_utf8(report_text(timeline, size % 200)) && is_utf8(report_html(timeline)));
    must(parse_json(report_json(timeline)).has_value() && parse_json(report_trace(timeline)).has_value());
    must(report_openmetrics(timeline).ends_with("# EOF\n"));
    return 0;
}
