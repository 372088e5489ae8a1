// SPDX-License-Identifier: Apache-2.0
#include "cli/systemd_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "cli/getopt_words.hpp"
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

/// What systemd-run knows, from 252 to 262, and whose it is: a scope's options are ours.
struct TheirOption {
    const char *name;
    char letter;
    bool takes_value;
    bool ours;
};
constexpr auto kTheirs = std::to_array<TheirOption>({
    {"--help", 'h', false, false},
    {"--version", 0, false, false},
    {"--no-ask-password", 0, false, true},
    {"--user", 0, false, true},
    {"--system", 0, false, true},
    {"--host", 'H', true, false},
    {"--machine", 'M', true, false},
    {"--capsule", 'C', true, false},
    {"--scope", 0, false, true},
    {"--unit", 'u', true, true},
    {"--property", 'p', true, true},
    {"--description", 0, true, true},
    {"--slice", 0, true, true},
    {"--slice-inherit", 0, false, true},
    {"--expand-environment", 0, true, true},
    {"--no-block", 0, false, false},
    {"--remain-after-exit", 'r', false, false},
    {"--wait", 0, false, false},
    {"--send-sighup", 0, false, true},
    {"--service-type", 0, true, false},
    {"--uid", 0, true, true},
    {"--gid", 0, true, true},
    {"--nice", 0, true, true},
    {"--working-directory", 0, true, true},
    {"--same-dir", 'd', false, true},
    {"--root-directory", 'R', true, false},
    {"--same-root-dir", 0, false, false},
    {"--setenv", 'E', true, true},
    {"--pty", 't', false, false},
    {"--pty-late", 'T', false, false},
    {"--pipe", 'P', false, false},
    {"--quiet", 'q', false, true},
    {"--verbose", 'v', false, false},
    {"--json", 0, true, false},
    {"--collect", 'G', false, true},
    {"--shell", 'S', false, true},
    {"--job-mode", 0, true, true},
    {"--ignore-failure", 0, false, false},
    {"--background", 0, true, false},
    {"--path-property", 0, true, false},
    {"--socket-property", 0, true, false},
    {"--timer-property", 0, true, false},
    {"--on-active", 0, true, false},
    {"--on-boot", 0, true, false},
    {"--on-startup", 0, true, false},
    {"--on-unit-active", 0, true, false},
    {"--on-unit-inactive", 0, true, false},
    {"--on-calendar", 0, true, false},
    {"--on-timezone-change", 0, false, false},
    {"--on-clock-change", 0, false, false},
});

/// "=a b": a name that systemd-run turns into a valid one, by rules of its own.
bool is_mangled(std::string_view value)
{
    return std::ranges::any_of(value.substr(std::min<std::size_t>(value.size(), 1)), [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view(":-_.\\@").find(c) != std::string_view::npos);
    });
}

/// Whether the call is for a scope, and says nothing that only the real one can do or refuse in its own words.
bool for_us(const std::vector<std::string> &words)
{
    bool scope = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string &word = words[i];
        if (word == "--" || !word.starts_with("-"))
            break;
        const std::string name = word.substr(0, word.find('='));
        const auto *row = std::ranges::find_if(kTheirs, [&](const TheirOption &option) { return name == option.name; });
        if (row == kTheirs.end() || !row->ours || (!row->takes_value && name != word))
            return false;
        if ((name == "--unit" || name == "--slice") && is_mangled(std::string_view(word).substr(name.size())))
            return false;
        scope = scope || name == "--scope";
        i += static_cast<std::size_t>(row->takes_value && name == word); // its empty value
    }
    return scope;
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

/// From 258 on it expands $NAME and ${NAME} in a scope's command, too. "systemd 252 (252.39-1~deb12u2)": asked only
/// where there is something to expand.
bool expands(const std::vector<std::string> &command, const Invocation &invocation)
{
    constexpr std::string_view kBegin = "systemd ";
    constexpr unsigned kSince = 258;
    constexpr std::chrono::seconds kPatience{2};
    if (std::ranges::none_of(command, [](const std::string &word) { return word.find('$') != std::string::npos; }))
        return false;
    const auto said = tool_output(real_one(invocation), {"--version"}, kPatience);
    unsigned version = 0;
    if (said && said->starts_with(kBegin))
        (void)std::from_chars(said->data() + kBegin.size(), said->data() + said->size(), version);
    return version >= kSince;
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
    if (options.settings.find(Key::expand_environment) == nullptr && expands(options.rest, invocation))
        set(Key::expand_environment, true);
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
    std::vector<GetoptOption> known;
    for (const TheirOption &option : kTheirs)
        known.push_back({option.name, option.letter, option.takes_value});
    const std::vector<std::string> written(invocation.arguments.begin() + 1, invocation.arguments.end());
    const auto words = getopt_words(written, known, Abbreviations::accepted);
    if (!words || !for_us(*words))
        return fail(ask_real_one(invocation));
    auto options = parse_options(*words);
    if (!options)
        return pass(options);
    set_defaults(*options, invocation);
    return launch_verb(Tool::none, std::move(*options), invocation);
}

} // namespace dbgscope
