// SPDX-License-Identifier: Apache-2.0
// A log for `dbgscope explain`, of whatever wrote it: reader, prefixes, rules, both forms of the answer.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    auto reader = LogReader::from(UniqueFd(::dup(file_with(text))), "log");
    if (!reader)
        return 0;
    Explainer explainer(size % 2 == 0 ? std::optional<std::uint64_t>(512 * kMiB) : std::nullopt);
    must(explainer.read(*reader).has_value());
    const Explanation explanation = explainer.finish();
    must(explanation.findings.size() <= kMaxFindings);
    must(is_utf8(explanation_json(explanation)) && is_utf8(explanation_text(explanation, true)));
    return 0;
}
