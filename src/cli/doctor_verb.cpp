// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_verb.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/verbs.hpp"
#include "doctor/doctor.hpp"
#include "probe/probe.hpp"
#include "profile/load.hpp"

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

std::string value_of(const CLI::App &parsed, const char *option)
{
    const Words words = parsed.get_option(option)->results();
    return words.empty() ? "" : words.front();
}

Result<std::optional<std::uint16_t>> read_port(const std::string &word)
{
    if (word.empty())
        return std::nullopt;
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (code != std::errc{} || end != word.data() + word.size() || port == 0)
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
    std::vector<const char *> environment;
    for (const std::string &entry : invocation.environment)
        environment.push_back(entry.c_str());
    environment.push_back(nullptr);
    const auto loaded = load_settings(default_sources(environment.data(), {}));
    std::vector<std::pair<std::string, std::string>> tools;
    if (!loaded)
        return tools;
    constexpr std::pair<const char *, Key> kTools[] = {{"dlv", Key::debuggers_dlv},
                                                       {"gdb", Key::debuggers_gdb},
                                                       {"gdbserver", Key::debuggers_gdbserver},
                                                       {"lldb-server", Key::debuggers_lldb_server}};
    for (const auto &[name, key] : kTools)
        if (!loaded->settings.text(key).empty())
            tools.emplace_back(name, loaded->settings.text(key));
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
    const auto port = read_port(value_of(parsed, "--port"));
    if (!port)
        return fail(port.error());
    const SysRoot root = real_root();
    std::error_code code;
    return DoctorInput{.root = root,
                       .facts = probe(root, doctor_needs(), {}),
                       .environment = invocation.environment,
                       .directory = std::filesystem::current_path(code).string(),
                       .self = self_file(),
                       .program = value_of(parsed, "--program"),
                       .port = *port,
                       .sums = value_of(parsed, "--verify"),
                       .configured = configured_tools(invocation)};
}

} // namespace

void declare_doctor(CLI::App &app)
{
    app.add_option("CHECK", "checks or groups of them to run; without any, all but fidelity")
        ->type_size(1)
        ->type_name("CHECK")
        ->allow_extra_args()
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--list")->description("Print the checks there are");
    app.add_flag("--json")->description("Print the findings as JSON");
    const auto takes = [&](const char *name, const char *type, const char *help) {
        app.add_option(name)->description(help)->type_size(1)->expected(1)->type_name(type);
    };
    takes("--program", "FILE", "Also judge this built program, and dlv's fitness for it");
    takes("--port", "N", "Also tell who listens on this TCP port");
    takes("--verify", "SUMS", "Also compare installed tools with this file of sha256sum(1)");
}

Result<int> doctor_verb(const CLI::App &parsed, const Invocation &invocation)
{
    if (parsed.count("--list") > 0) {
        if (auto printed = print(check_list()); !printed)
            return pass(printed);
        return 0;
    }
    const Words names = parsed.get_option("CHECK")->results();
    auto chosen = choose_checks(names);
    if (!chosen)
        return pass(chosen);
    const auto input = input_for(parsed, invocation);
    if (!input)
        return fail(input.error());
    if (auto complete = check_options(names, *input); !complete)
        return pass(complete);
    const std::vector<CheckResult> results = run_checks(*chosen, *input);
    if (auto printed = print(parsed.count("--json") > 0 ? doctor_json(results) : doctor_text(results)); !printed)
        return pass(printed);
    return doctor_status(results);
}

} // namespace dbgscope
