// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "cli/verbs.hpp"
#include "plan/backend.hpp"
#include "probe/assume.hpp"
#include "probe/probe.hpp"
#include "probe/tools.hpp"
#include "profile/load.hpp"
#include "render/facts_json.hpp"
#include "render/status_text.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

void add_tools(const Settings &settings, const Invocation &invocation, Facts &facts)
{
    constexpr std::pair<const char *, Key> kTools[] = {{"dlv", Key::debuggers_dlv},
                                                       {"gdbserver", Key::debuggers_gdbserver},
                                                       {"gdb", Key::debuggers_gdb},
                                                       {"go", Key::count_}};
    for (const auto &[name, key] : kTools) {
        ToolFacts tool =
            find_tool(name, variable(invocation, "PATH"), key == Key::count_ ? "" : settings.text(key), self_file());
        if (tool.path)
            tool.version = tool_version(name, *tool.path);
        facts.tools.push_back(std::move(tool));
    }
}

} // namespace

Result<int> status_verb(ParsedOptions options, const Invocation &invocation)
{
    if (!options.rest.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "show",
                     .subject = "the status",
                     .cause = fmt::format("unexpected word \"{}\"", options.rest.front()),
                     .hint = "dbgscope status [--json]"});
    // A broken configuration must not hide the state of the machine.
    const auto loaded = load_settings(sources_for(invocation, options.settings));
    const Settings &settings = loaded ? loaded->settings : options.settings;
    Facts facts;
    if (!options.facts_file.empty()) {
        auto dump = load_facts(options.facts_file);
        if (!dump)
            return pass(dump);
        facts = std::move(*dump);
    } else {
        const std::vector<std::string> assume = settings.list(Key::assume);
        if (auto known = check_assume(assume); !known)
            return pass(known);
        facts = probe(real_root(), kAllNeeds, assume);
        add_tools(settings, invocation, facts);
    }
    if (options.json) {
        if (auto printed = print(facts_json_text(facts)); !printed)
            return pass(printed);
        return 0;
    }
    const BackendChoice choice = choose_backend(facts, settings);
    std::vector<std::string> missing;
    for (const BackendGap &gap : choice.gaps)
        missing.push_back(fmt::format("{}: {}{}", backend_name(gap.backend), gap.why,
                                      gap.cure.empty() ? "" : fmt::format(" ({})", gap.cure)));
    if (!loaded)
        missing.push_back("configuration: " + to_line(loaded.error()));
    if (options.facts_file.empty()) // of this machine, and not of the one that the dump is of
        for (const CheckFinding &finding : check_inside({.root = real_root(), .facts = facts}))
            if (finding.level != CheckLevel::ok)
                missing.push_back(fmt::format("{} ({})", finding.found, finding.cure));
    const BackendOption &best = choice.usable.front();
    if (auto printed = print(status_text(facts, backend_name(best.backend), best.reason, missing)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
