// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <variant>

#include <fmt/core.h>

#include "cli/dap_log_place.hpp"
#include "cli/messages.hpp"
#include "cli/verbs.hpp"
#include "debugger/call.hpp"
#include "kernel/attached.hpp"
#include "kernel/process.hpp"
#include "launch/launch.hpp"
#include "plan/backend.hpp"
#include "plan/needs.hpp"
#include "plan/plan.hpp"
#include "plan/unit_name.hpp"
#include "probe/assume.hpp"
#include "probe/debuggee.hpp"
#include "probe/place.hpp"
#include "probe/probe.hpp"
#include "probe/tools.hpp"
#include "profile/load.hpp"
#include "render/plan_text.hpp"
#include "session/paths.hpp"
#include "session/port_holder.hpp"
#include "sys/file.hpp"
#include "watch/run_watcher.hpp"

namespace dbgscope {
namespace {

/// A path that is no link to us is the debugger itself. debuggers.NAME is for those who name no other one of its kind.
ToolFacts find_debugger(const Request &request, const std::string &path)
{
    const auto self = self_file();
    const auto slash = request.called.rfind('/');
    if (slash != std::string::npos && file_at(request.called) != self)
        return find_tool(request.called.substr(slash + 1), path, request.called, self);
    const std::string name = slash == std::string::npos ? request.called : request.called.substr(slash + 1);
    const bool plain = name == tool_name(request.tool);
    return find_tool(name, path, plain ? request.settings.text(debugger_key(request.tool)) : "", self);
}

/// The file to execute: the debugger, or the command of `run`.
ToolFacts find_executable(const Request &request, const Invocation &invocation)
{
    std::string path(variable(invocation, "PATH"));
    for (const std::string &assignment : request.settings.list(Key::setenv))
        if (assignment.starts_with("PATH="))
            path = assignment.substr(5);
    if (request.tool != Tool::none)
        return find_debugger(request, path);
    const std::string &command = request.arguments.front();
    return find_tool(command, path, command.find('/') == std::string::npos ? "" : command, std::nullopt);
}

std::vector<std::pair<std::string, std::string>> pairs_of(const std::vector<std::string> &environment)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    pairs.reserve(environment.size());
    for (const std::string &entry : environment)
        if (const auto equals = entry.find('='); equals != std::string::npos)
            pairs.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    return pairs;
}

std::string random_hex()
{
    std::array<unsigned char, 8> bytes{};
    (void)!::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK);
    std::string text;
    for (const unsigned char byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

/// Names of sessions and cgroups are made from these.
void identify(Request &request)
{
    request.pid = static_cast<std::uint32_t>(::getpid());
    request.start_ticks = own_start_ticks();
    request.random = random_hex();
    request.own_directory = session_paths().live;
}

Result<Settings> load(const ParsedOptions &options, Tool tool, const Invocation &invocation,
                      std::vector<std::string> &warnings)
{
    auto loaded = load_settings(sources_for(invocation, options.settings, std::string(profile_name(tool))));
    if (!loaded)
        return pass(loaded);
    warnings = std::move(loaded->warnings);
    return std::move(loaded->settings);
}

/// The debuggee's own file, or the tool chain where it is still to be built.
void add_debuggee(const Request &request, const Invocation &invocation, Facts &facts)
{
    const std::string_view path = variable(invocation, "PATH");
    if (request.tool == Tool::none)
        facts.debuggee = read_debuggee(facts.tools.front().path.value_or(""));
    else if (const std::string program = locate_debuggee(request.call, path); !program.empty())
        facts.debuggee = read_debuggee(program);
    else if (request.tool == Tool::dlv)
        facts.debuggee = read_go_toolchain(path, variable(invocation, "GOTOOLCHAIN"));
}

/// Of the managers that may come to make the scope.
void add_places(const Request &request, Facts &facts)
{
    for (const BackendOption &option : choose_backend(facts, request.settings).usable) {
        const bool user = option.backend == Backend::systemd_user;
        if (!user && option.backend != Backend::systemd_system)
            continue;
        if (const auto slice = scope_slice(request, facts, user)) // else the plan says what is wrong with it
            probe_place(real_root(), user, *slice, facts);
    }
}

Result<Facts> gather(const Request &request, const ParsedOptions &options, const Invocation &invocation)
{
    Facts facts;
    if (!options.facts_file.empty()) {
        auto loaded = load_facts(options.facts_file);
        if (!loaded)
            return loaded;
        facts = std::move(*loaded);
        const std::string name = request.tool == Tool::none ? request.arguments.front() : tool_name(request.tool);
        std::erase_if(facts.tools, [&](const ToolFacts &tool) { return tool.name != name; });
        if (facts.tools.empty())
            facts.tools.push_back({.name = name, .path = name});
        return facts;
    }
    const std::vector<std::string> assume = request.settings.list(Key::assume);
    if (auto known = check_assume(assume); !known)
        return pass(known);
    const PlanNeeds needs = needs_of(request);
    ToolFacts tool = find_executable(request, invocation);
    if (tool.path) // a missing tool fails before anything else is looked at
        facts = probe(real_root(), needs.machine, assume);
    if (tool.path)
        add_places(request, facts);
    facts.tools.push_back(std::move(tool));
    if (facts.tools.front().path && needs.debuggee)
        add_debuggee(request, invocation, facts);
    if (needs.attached != 0)
        facts.attached = look_at_attached(static_cast<pid_t>(needs.attached), facts.cgroup.memory);
    if (needs.port)
        facts.taken_port = look_at_port(*needs.port);
    return facts;
}

/// No debuggee, no scope, no output: only the real tool has to be found, a broken configuration does not matter.
Error pass_through(Request request, const Invocation &invocation, const Inherited &inherited)
{
    Facts facts;
    facts.tools.push_back(find_executable(request, invocation));
    auto plan = make_plan(facts, request);
    if (!plan)
        return plan.error();
    return carry_out(*plan, invocation.environment, [](std::string_view, std::string_view) {}, inherited).error;
}

Error no_command()
{
    return {.kind = ErrorKind::usage,
            .operation = "run",
            .subject = "",
            .cause = "no command given",
            .hint = "dbgscope run [options] [--] COMMAND [ARGS...]; -S for a shell"};
}

/// Returns what nobody has read, for the record.
std::vector<std::string> say_notices(const Messages &messages, const std::vector<Notice> &notices)
{
    std::vector<std::string> unread;
    for (const Notice &notice : notices)
        if (is_note(notice.id)) {
            if (!messages.note(notice.text))
                unread.push_back(notice.text);
        } else if (notice.id != "listens-everywhere" || !said_today(notice.id)) { // true of every gdbserver there is
            messages.say(notice.text);
        }
    return unread;
}

/// What a launch comes to where this process is still dbgscope.
using Ending = std::variant<int, WatchStart>;

Result<Ending> show(const LaunchPlan &plan, bool json)
{
    if (auto printed = print(json ? plan_json(plan) : plan_text(plan)); !printed)
        return pass(printed);
    return 0;
}

Result<Ending> start(Tool tool, ParsedOptions options, const Invocation &invocation, const Inherited &inherited)
{
    Request request;
    request.tool = tool;
    request.called = options.called;
    request.exact = options.as_systemd_run;
    request.arguments = options.rest;
    std::vector<std::string> warnings;
    auto settings = load(options, tool, invocation, warnings);
    if (tool != Tool::none) {
        request.call = read_call(tool, request.arguments);
        if (request.call.kind == CallKind::pass_through && !options.dry_run) {
            request.settings = settings ? std::move(*settings) : std::move(options.settings);
            return fail(pass_through(std::move(request), invocation, inherited));
        }
    }
    if (!settings)
        return pass(settings);
    request.settings = std::move(*settings);
    if (request.settings.flag(Key::shell) && request.arguments.empty()) {
        const std::string_view shell = variable(invocation, "SHELL");
        request.arguments.emplace_back(shell.empty() ? "/bin/sh" : shell);
    }
    if (tool == Tool::none && request.arguments.empty())
        return fail(no_command());
    identify(request);
    place_dap_log(request);
    request.environment = pairs_of(invocation.environment);
    if (!options.as_systemd_run) // whoever calls that wants a scope, wherever he is
        request.session = variable(invocation, "DBGSCOPE_SESSION");

    auto facts = gather(request, options, invocation);
    if (!facts)
        return pass(facts);
    auto plan = make_plan(*facts, request);
    if (!plan)
        return pass(plan);
    if (options.dry_run)
        return show(*plan, options.json);
    make_room_for_dap_log(request, *plan);
    const Messages messages(request.settings);
    for (const std::string &warning : warnings)
        messages.say(warning);
    std::vector<std::string> unread = say_notices(messages, plan->notices);
    const Say say = [&](std::string_view id, std::string_view line) {
        if (options.as_systemd_run && id == kUnitLine)
            messages.say_bare(line);
        else if (!options.as_systemd_run && id == kStarted)
            (void)messages.note(line); // its numbers stand in the record
        else if (id != (options.as_systemd_run && plan->backend != Backend::cgroupfs ? kStarted : kUnitLine))
            messages.say(line);
    };
    Outcome outcome = carry_out(*plan, invocation.environment, say, inherited);
    if (outcome.watcher) {
        outcome.watcher->unsaid = std::move(unread);
        return std::move(*outcome.watcher);
    }
    return fail(std::move(outcome.error));
}

} // namespace

Result<int> launch_verb(Tool tool, ParsedOptions options, const Invocation &invocation)
{
    Inherited inherited = invocation.inherited;
    inherited.raise_limits();
    auto ending = start(tool, std::move(options), invocation, inherited); // and everything launching needed is freed
    if (!ending)
        return pass(ending);
    if (const int *status = std::get_if<int>(&*ending))
        return *status;
    return run_watcher(std::move(std::get<WatchStart>(*ending)));
}

} // namespace dbgscope
