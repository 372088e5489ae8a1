// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "tools/editor/jsonc_edit.hpp"
#include "tools/editor/vscode.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kLabel = "dbgscope: give it more";

Error refusal(std::string_view text, const std::string &file, const JsonNode &node, std::string cause)
{
    const TextPlace place = place_of(text, node.begin);
    return {.kind = ErrorKind::config,
            .operation = "",
            .subject = fmt::format("{}:{}:{}", file, place.line, place.column),
            .cause = std::move(cause),
            .hint = "change it by hand"};
}

} // namespace

Result<Edited> edit_vscode_tasks(std::string_view text, const std::string &file, const std::string &dbgscope)
{
    const Json task{{"label", kLabel},
                    {"type", "process"},
                    {"command", dbgscope},
                    {"args", Json::array({"more"})},
                    {"presentation", {{"reveal", "silent"}}},
                    {"problemMatcher", Json::array()}};
    const auto parsed = parse_jsonc(text, file);
    if (!parsed)
        return fail(parsed.error());
    if (*parsed && (*parsed)->kind != JsonKind::object)
        return fail(refusal(text, file, **parsed, "tasks.json holds an object"));
    const JsonNode *list = *parsed ? (*parsed)->find("tasks") : nullptr;
    if (list == nullptr) {
        std::string out(text);
        if (!*parsed || (*parsed)->find("version") == nullptr) {
            auto versioned = set_member(out, file, {"version"}, "2.0.0");
            if (!versioned)
                return pass(versioned);
            out = apply_splices(out, *versioned);
        }
        auto splices = set_member(out, file, {"tasks"}, Json::array({task}));
        if (!splices)
            return pass(splices);
        return Edited{apply_splices(out, *splices), {}};
    }
    if (list->kind != JsonKind::array)
        return fail(refusal(text, file, *list, "\"tasks\" is no list"));
    const bool there = std::ranges::any_of(list->children, [](const JsonNode &each) {
        const JsonNode *label = each.find("label");
        return label != nullptr && label->string() == kLabel; // however it is written: somebody may have changed it
    });
    return Edited{there ? std::string(text) : apply_splices(text, append_element(text, *list, task)), {}};
}

} // namespace dbgscope
