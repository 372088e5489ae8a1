// SPDX-License-Identifier: Apache-2.0
// launch.json and settings.json: read, judged, and changed. What was valid is valid after a change.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text = text_of(data, size);
    const auto root = parse_jsonc(text, "launch.json");
    const LintContext context{.dlv = ToolVersion{1, 20, 2}, .go_minor = 19, .workspace_folder = "/w", .home = "/h"};
    (void)lint_launch(text, "launch.json", context);
    (void)lint_settings(text, "settings.json", context);
    const auto splices = set_member(text, "settings.json", {"go.alternateTools", "dlv"}, "/usr/bin/dlv");
    must(root || !splices);
    if (splices) {
        const std::string changed = apply_splices(text, *splices);
        const auto again = parse_jsonc(changed, "settings.json");
        must(again && *again);
        const JsonNode *tools = (**again).find("go.alternateTools");
        must(tools != nullptr && tools->find("dlv") != nullptr && tools->find("dlv")->string() == "/usr/bin/dlv");
    }
    return 0;
}
