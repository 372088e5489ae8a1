// SPDX-License-Identifier: Apache-2.0
#include "cli/lint_verb.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"
#include "debugger/go_environment.hpp"
#include "probe/tools.hpp"
#include "text/json.hpp"
#include "tools/doctor/go_settings.hpp"
#include "tools/editor/lint.hpp"

namespace dbgscope {
namespace {

/// The version the tool in PATH says; empty when there is none, or it says nothing.
std::string version_in_path(const char *name, const Invocation &invocation)
{
    const ToolFacts tool = find_tool(name, variable(invocation, "PATH"), "", self_file());
    return tool.path ? tool_version(name, *tool.path).value_or("") : "";
}

Error bad_version(const char *option, const std::string &word, const char *form)
{
    return {.kind = ErrorKind::usage,
            .operation = "read",
            .subject = fmt::format("{} \"{}\"", option, word),
            .cause = "not a version",
            .hint = form};
}

Result<LintContext> context_for(const CLI::App &parsed, const Invocation &invocation)
{
    LintContext context;
    const std::string dlv = option_value(parsed, "--dlv-version");
    context.dlv = read_plain_version(dlv.empty() ? version_in_path("dlv", invocation) : dlv);
    if (!dlv.empty() && !context.dlv)
        return fail(bad_version("--dlv-version", dlv, "like 1.24.0"));
    const std::string go = option_value(parsed, "--go-version");
    const std::string found = go.empty() ? version_in_path("go", invocation) : go;
    context.go_minor = go_minor_version(found.starts_with("go") ? found : "go" + found);
    if (!go.empty() && !context.go_minor)
        return fail(bad_version("--go-version", go, "like 1.22"));
    context.home = variable(invocation, "HOME");
    context.tool_bins = go_bins({.root = real_root(), .facts = {}, .environment = invocation.environment});
    return context;
}

std::string text_line(const std::string &file, const LintFinding &finding)
{
    const RuleInfo &rule = rule_info(finding.rule);
    return fmt::format("{}:{}:{}: {}: {} [{}]\n", printable(file), finding.place.line, finding.place.column,
                       severity_name(rule.severity), printable(finding.text), rule.id);
}

Json json_entry(const std::string &file, const LintFinding &finding)
{
    const RuleInfo &rule = rule_info(finding.rule);
    return {{"file", escape_bytes(file)},
            {"line", finding.place.line},
            {"column", finding.place.column},
            {"severity", severity_name(rule.severity)},
            {"rule", rule.id},
            {"text", finding.text}};
}

} // namespace

void declare_lint(CLI::App &app)
{
    add_value(app, "FILE", "FILE", "launch.json, settings.json and their like, or dbgscope's own *.yaml",
              Times::required_list);
    add_flag(app, "--json", "Print a JSON array of what is found");
    add_value(app, "--dlv-version", "X.Y.Z", "Judge for this dlv; without it, the one in PATH");
    add_value(app, "--go-version", "X.Y", "Judge for this Go; without it, the one in PATH");
}

Result<int> lint_verb(const CLI::App &parsed, const Invocation &invocation)
{
    const auto context = context_for(parsed, invocation);
    if (!context)
        return fail(context.error());
    const bool json = is_given(parsed, "--json");
    std::optional<Error> unread;
    Json entries = Json::array();
    std::string lines;
    bool bad = false;
    for (const std::string &file : option_values(parsed, "FILE")) {
        const auto found = lint_file(file, *context);
        if (!found) {
            unread = unread ? unread : found.error();
            continue;
        }
        for (const LintFinding &finding : *found) {
            bad = bad || rule_info(finding.rule).severity != LintSeverity::note;
            if (json)
                entries.push_back(json_entry(file, finding));
            else
                lines += text_line(file, finding);
        }
    }
    if (json)
        lines = entries.dump({.indent = 2}) + '\n';
    if (auto printed = print(lines); !printed)
        return pass(printed);
    if (unread)
        return fail(std::move(*unread));
    return bad ? 1 : 0;
}

} // namespace dbgscope
