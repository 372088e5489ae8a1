// SPDX-License-Identifier: Apache-2.0
#include "cli/systemd_run.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "cli/verbs.hpp"
#include "debugger/call.hpp"
#include "launch/execute.hpp"
#include "probe/tools.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

constexpr const char *kName = "systemd-run";

std::string real_one(const Invocation &invocation)
{
    return find_tool(kName, variable(invocation, "PATH"), "", self_file()).path.value_or("");
}

Error no_service(const Invocation &invocation)
{
    const std::string real = real_one(invocation);
    return {.kind = ErrorKind::usage,
            .operation = "start",
            .subject = "a service",
            .cause = "without --scope systemd-run starts one, and this is dbgscope, which makes scopes",
            .hint = real.empty() ? "add --scope" : fmt::format("add --scope, or call {}", real)};
}

/// Scripts read systemd's version from it.
Error ask_real_one(const Invocation &invocation)
{
    Execute command{.path = real_one(invocation), .arguments = invocation.arguments, .search_path = false};
    if (command.path.empty())
        return {.kind = ErrorKind::no_command,
                .operation = "find",
                .subject = kName,
                .cause = "there is none in PATH but dbgscope",
                .hint = {}};
    return execute(command, invocation.environment);
}

/// What systemd-run does unless it is told otherwise, and we do not: the system manager, and no going on without it.
void set_defaults(ParsedOptions &options, const Invocation &invocation)
{
    const auto set = [&](Key key, Value value) {
        if (options.settings.find(key) == nullptr && variable(invocation, variable_name(key_info(key))).empty())
            options.settings.set(key, {std::move(value), {Layer::option, kName}});
    };
    set(Key::backend, std::string("systemd-system"));
    set(Key::require, std::vector<std::string>{"scope"});
    options.as_systemd_run = true;
}

} // namespace

bool called_as_systemd_run(const Invocation &invocation)
{
    if (invocation.arguments.empty())
        return false;
    const std::string &name = invocation.arguments.front();
    return std::string_view(name).substr(name.rfind('/') + 1) == kName;
}

Result<int> systemd_run(const Invocation &invocation)
{
    const std::vector<std::string> words(invocation.arguments.begin() + 1, invocation.arguments.end());
    auto options = parse_options(words);
    const bool scope = options ? options->scope : std::ranges::find(words, "--scope") != words.end();
    if (!options && scope)
        return pass(options);
    if (options && (options->version || options->help))
        return fail(ask_real_one(invocation));
    if (!scope)
        return fail(no_service(invocation));
    if (options->settings.find(Key::wait) != nullptr)
        return fail({.kind = ErrorKind::usage,
                     .operation = "use",
                     .subject = "--wait",
                     .cause = "systemd-run has it for services: the caller of a scope is its command, and waits anyway",
                     .hint = {}});
    set_defaults(*options, invocation);
    return launch_verb(Tool::none, std::move(*options), invocation);
}

} // namespace dbgscope
