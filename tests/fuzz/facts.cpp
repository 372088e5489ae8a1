// SPDX-License-Identifier: Apache-2.0
// --facts FILE: read, written and read again, and a plan made from it.
#include "readers.hpp"

using namespace dbgscope; // NOLINT(google-build-using-namespace)
using namespace dbgscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto facts = facts_from_json(text_of(data, size));
    if (!facts)
        return 0;
    const std::string text = facts_json_text(*facts);
    const auto again = facts_from_json(text);
    must(again && facts_json_text(*again) == text);
    Request request{.tool = Tool::dlv, .arguments = {"exec", "./p"}, .pid = 4711, .random = "0123456789abcdef"};
    request.call = read_call(request.tool, request.arguments);
    if (const auto plan = make_plan(*facts, request))
        must(is_utf8(plan_text(*plan)) && is_utf8(plan_json(*plan)));
    return 0;
}
