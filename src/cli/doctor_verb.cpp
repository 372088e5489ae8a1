// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_verb.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "debugger/flag_table.hpp"
#include "probe/probe.hpp"
#include "profile/load.hpp"
#include "tools/doctor/doctor.hpp"

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

Result<std::optional<std::uint16_t>> read_port(const std::string &word)
{
    if (word.empty())
        return std::nullopt;
    const auto port = parse_port(word);
    if (!port)
        return fail({.kind = ErrorKind::usage,
                     .operation = "read",
                     .subject = fmt::format("--port \"{}\"", word),
                     .cause = "not a port",
                     .hint = "a number from 1 to 65535"});
    return port;
}

/// The debuggers a configuration names. A broken one must not hide the state of the machine.
std::vector<std::pair<std::string, std::string>> configured_tools(const Invocation &invocation)
{
    const auto loaded = load_settings(sources_for(invocation));
    std::vector<std::pair<std::string, std::string>> tools;
    if (!loaded)
        return tools;
    for (const ToolRow &row : tool_table())
        if (const std::string path = loaded->settings.text(debugger_key(row.tool)); !path.empty())
            tools.emplace_back(tool_name(row.tool), path);
    return tools;
}

/// A check that is asked for by name and has nothing to work on.
Result<void> check_options(const Words &names, const DoctorInput &input)
{
    const auto lacks = [&names](const char *check, const std::string &value) {
        return value.empty() && std::ranges::find(names, check) != names.end();
    };
    const char *const missing = lacks("program", input.program) ? "--program FILE"
                                : lacks("sums", input.sums)     ? "--verify SUMS"
                                                                : nullptr;
    if (missing == nullptr)
        return {};
    return fail({.kind = ErrorKind::usage,
                 .operation = "run",
                 .subject = "the check",
                 .cause = "it was not told what to look at",
                 .hint = fmt::format("give {}", missing)});
}

Result<DoctorInput> input_for(const CLI::App &parsed, const Invocation &invocation)
{
    const auto port = read_port(option_value(parsed, "--port"));
    if (!port)
        return fail(port.error());
    const SysRoot root = real_root();
    std::error_code code;
    return DoctorInput{.root = root,
                       .facts = probe(root, doctor_needs(), {}),
                       .environment = invocation.environment,
                       .directory = std::filesystem::current_path(code).string(),
                       .self = self_file(),
                       .program = option_value(parsed, "--program"),
                       .port = *port,
                       .sums = option_value(parsed, "--verify"),
                       .configured = configured_tools(invocation)};
}

} // namespace

void declare_doctor(CLI::App &app)
{
    add_value(app, "CHECK", "CHECK", "checks or groups of them to run; without any, all but fidelity", Times::list);
    add_flag(app, "--list", "Print the checks there are");
    add_flag(app, "--json", "Print the findings as JSON");
    add_value(app, "--program", "FILE", "Also judge this built program, and dlv's fitness for it");
    add_value(app, "--port", "N", "Also tell who listens on this TCP port");
    add_value(app, "--verify", "SUMS", "Also compare installed tools with this file of sha256sum(1)");
}

Result<int> doctor_verb(const CLI::App &parsed, const Invocation &invocation)
{
    if (is_given(parsed, "--list")) {
        if (auto printed = print(check_list()); !printed)
            return pass(printed);
        return 0;
    }
    const Words names = option_values(parsed, "CHECK");
    auto chosen = choose_checks(names);
    if (!chosen)
        return pass(chosen);
    const auto input = input_for(parsed, invocation);
    if (!input)
        return fail(input.error());
    if (auto complete = check_options(names, *input); !complete)
        return pass(complete);
    const std::vector<CheckResult> results = run_checks(*chosen, *input);
    if (auto printed = print(is_given(parsed, "--json") ? doctor_json(results) : doctor_text(results)); !printed)
        return pass(printed);
    return doctor_status(results);
}

} // namespace dbgscope
