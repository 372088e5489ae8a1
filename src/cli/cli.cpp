// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include <fmt/core.h>

#include "cli/alloc_of.hpp"
#include "cli/growth_of.hpp"
#include "cli/held_by.hpp"
#include "cli/notify_desktop.hpp"
#include "cli/on_event.hpp"
#include "cli/own_verbs.hpp"
#include "cli/systemd_run.hpp"
#include "cli/verbs.hpp"
#include "config.h"
#include "debugger/call.hpp"
#include "debugger/flag_table.hpp"
#include "render/facts_json.hpp"
#include "sys/bus_library.hpp"
#include "sys/file.hpp"
#include "sys/seccomp.hpp"
#include "text/environment.hpp"
#include "watch/alloc_watcher.hpp"
#include "watch/desktop.hpp"
#include "watch/growth_sampler.hpp"
#include "watch/holders.hpp"
#include "watch/reactions.hpp"

namespace dbgscope {
namespace {

constexpr const char *kCommandLine = "the command line";
constexpr const char *kOwnWords = "the --dbgscope- options";
constexpr std::string_view kUsage =
    "usage: dbgscope [options] dlv|gdbserver|gdb|lldb-server|lldb-dap ARGS...   start a debugger in a scope of its "
    "own\n";
constexpr std::string_view kUsageEnd =
    "\nEvery option --a-b is also the variable DBGSCOPE_A_B and a profile key; man dbgscope says more.\n";

constexpr CommonVerb kCommonVerbs[] = {
    {"run", "run [options] [--] COMMAND ARGS...", "start any command in one",
     [](ParsedOptions options, const Invocation &call) { return launch_verb(Tool::none, std::move(options), call); }},
    {"status", "status [--json]", "where am I, what limits me", status_verb},
    {"ps", "ps [-w] [--json]", "the sessions that run now", ps_verb},
    {"more", "more [ID] [SIZE]", "give a held program more memory: twice its cap, or SIZE", more_verb},
    {"stop", "stop [ID...]|--port PORT|--all", "end sessions, and what they left behind", stop_verb},
    {"set", "set [ID] memory.max=SIZE | UNIT KEY=VALUE...", "change a live session's cap, or a unit's limits",
     set_verb},
    {"profile", "profile list|show [NAME] [--origin]|check FILE|schema", "the settings and where they come from",
     profile_verb},
};

std::string_view base_name(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Result<int> show(const std::string &text)
{
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

std::string version_text()
{
    return fmt::format("dbgscope {}\n"
                       "backends:  systemd ({}), cgroupfs v1 and v2, none\n"
                       "watcher:   split and fuse (libseccomp {})\n"
                       "inside:    Go heaps, growth (perf), {}\n"
                       "debuggers: dlv, gdbserver, gdb, lldb-server, lldb-dap; systemd-run --scope\n",
                       DBGSCOPE_VERSION, bus_library() ? "libsystemd, loaded when needed" : "libsystemd is not there",
                       seccomp_library(),
                       DBGSCOPE_BPF != 0 ? "allocations (BPF)" : "no allocations: built without BPF");
}

std::string help_text()
{
    std::string text(kUsage);
    const auto add = [&text](const auto &verb) {
        text += fmt::format("       dbgscope {:<59}{}\n", verb.form, verb.summary);
    };
    std::ranges::for_each(common_verbs(), add);
    std::ranges::for_each(own_verbs(), add);
    text += kUsageEnd;
    return text + options_help();
}

Error unknown_verb(const std::string &verb)
{
    std::vector<std::string> known{"help"};
    for (const CommonVerb &common : common_verbs())
        known.emplace_back(common.name);
    for (const ToolRow &row : tool_table())
        known.emplace_back(tool_name(row.tool));
    for (const OwnVerb &own : own_verbs())
        known.emplace_back(own.name);
    const std::string near = suggest(verb, known);
    return {.kind = ErrorKind::usage,
            .operation = "read",
            .subject = kCommandLine,
            .cause = fmt::format("unknown command \"{}\"", verb),
            .hint =
                near.empty() ? "dbgscope run -- COMMAND starts any command" : fmt::format("did you mean {}?", near)};
}

/// Options may stand before the verb and, for our own verbs, after it: the later ones win.
Result<ParsedOptions> options_after(ParsedOptions before, const std::vector<std::string> &words,
                                    std::string_view source = kCommandLine)
{
    auto after = parse_options(words, source);
    if (!after)
        return after;
    for (const KeyInfo &info : key_table())
        if (const Setting *early = before.settings.find(info.key);
            early != nullptr && after->settings.find(info.key) == nullptr)
            after->settings.set(info.key, *early);
    after->help |= before.help;
    after->version |= before.version;
    after->dry_run |= before.dry_run;
    after->json |= before.json;
    after->called = before.called;
    after->all |= before.all;
    if (after->port.empty())
        after->port = before.port;
    if (after->facts_file.empty())
        after->facts_file = before.facts_file;
    after->dry_run |= !after->facts_file.empty();
    return after;
}

/// A debugger, with the options that stand among its own arguments.
Result<int> launch_tool(Tool tool, ParsedOptions options, const Invocation &invocation)
{
    const std::vector<std::string> own = take_own_words(tool, options.rest);
    std::vector<std::string> arguments = std::move(options.rest);
    if (!own.empty()) {
        auto all = options_after(std::move(options), own, kOwnWords);
        if (all && !all->rest.empty())
            all = fail({.kind = ErrorKind::usage,
                        .operation = "read",
                        .subject = kOwnWords,
                        .cause = fmt::format("unexpected word \"{}\"", all->rest.front()),
                        .hint = "they are written --dbgscope-NAME or --dbgscope-NAME=VALUE"});
        if (!all)
            return pass(all);
        options = std::move(*all);
        if (options.version)
            return show(version_text());
        if (options.help)
            return show(help_text());
    }
    options.rest = std::move(arguments);
    options.dry_run |= !options.facts_file.empty();
    return launch_verb(tool, std::move(options), invocation);
}

Result<int> dispatch(ParsedOptions options, const Invocation &invocation)
{
    if (options.version)
        return show(version_text());
    if (options.help && options.rest.empty())
        return show(help_text());
    if (options.rest.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "start",
                     .subject = "anything",
                     .cause = "no command given",
                     .hint = "dbgscope --help"});
    const std::string verb = options.rest.front();
    options.rest.erase(options.rest.begin());
    if (const auto tool = tool_from_name(base_name(verb))) {
        options.called = verb;
        return launch_tool(*tool, std::move(options), invocation);
    }
    if (verb == "help")
        return show(help_text());
    if (verb == kHolderVerb) // the watcher's own: in no help and no completion
        return held_by(options.rest);
    if (verb == kGcVerb)
        return gc_places_of(options.rest);
    if (verb == kGrowthVerb)
        return growth_of(options.rest);
    if (verb == kAllocVerb)
        return alloc_of(options.rest);
    if (verb == kDesktopVerb)
        return notify_desktop(options.rest);
    if (verb == kEventVerb)
        return on_event(options.rest);
    if (verb == kAfterVerb)
        return after_session(options.rest);
    for (const OwnVerb &own : own_verbs())
        if (own.name == verb) {
            Invocation with = invocation;
            with.given = std::move(options.settings);
            return run_own_verb(own, options.rest, with);
        }
    for (const CommonVerb &common : common_verbs())
        if (common.name == verb) {
            const std::vector<std::string> words = options.rest;
            auto all = options_after(std::move(options), words);
            if (!all)
                return pass(all);
            if (all->help)
                return show(help_text());
            return common.run(std::move(*all), invocation);
        }
    return fail(unknown_verb(verb));
}

} // namespace

std::span<const CommonVerb> common_verbs()
{
    return kCommonVerbs;
}

std::string_view variable(const Invocation &invocation, std::string_view name)
{
    return find_variable(invocation.environment, name).value_or("");
}

LayerSources sources_for(const Invocation &invocation, Settings options, std::string builtin_profile)
{
    std::vector<const char *> environment;
    environment.reserve(invocation.environment.size() + 1);
    for (const std::string &entry : invocation.environment)
        environment.push_back(entry.c_str());
    environment.push_back(nullptr);
    return default_sources(environment.data(), std::move(options), std::move(builtin_profile));
}

Key debugger_key(Tool tool)
{
    switch (tool) {
    case Tool::gdbserver: return Key::debuggers_gdbserver;
    case Tool::gdb: return Key::debuggers_gdb;
    case Tool::lldb_server: return Key::debuggers_lldb_server;
    case Tool::lldb_dap: return Key::debuggers_lldb_dap;
    case Tool::dlv:
    case Tool::none: break;
    }
    return Key::debuggers_dlv;
}

Result<Facts> load_facts(const std::string &path)
{
    auto text = read_file(path);
    if (!text)
        return pass(text);
    auto facts = facts_from_json(*text);
    if (!facts)
        facts.error().subject = path + " at " + facts.error().subject;
    return facts;
}

Result<void> print(std::string_view text)
{
    return write_all(STDOUT_FILENO, text, "standard output");
}

Result<int> run_cli(const Invocation &invocation)
{
    if (invocation.arguments.empty())
        return fail({.kind = ErrorKind::usage, .operation = "start", .subject = "", .cause = "no program name given"});
    std::vector<std::string> words(invocation.arguments.begin() + 1, invocation.arguments.end());
    if (const auto tool = tool_from_name(base_name(invocation.arguments.front()))) {
        ParsedOptions options; // called through a link: every word is the tool's, but for those that say otherwise
        options.called = invocation.arguments.front();
        options.rest = std::move(words);
        return launch_tool(*tool, std::move(options), invocation);
    }
    if (called_as_systemd_run(invocation))
        return systemd_run(invocation);
    auto options = parse_options(words);
    if (!options)
        return pass(options);
    return dispatch(std::move(*options), invocation);
}

} // namespace dbgscope
