// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "dbgscope/profile.hpp"
#include "debugger/go_environment.hpp"
#include "profile/key_names.hpp"
#include "tools/editor/lint_report.hpp"

namespace dbgscope {
namespace {

void lint_godebug(LintRun &run, std::size_t offset, std::string_view value, std::optional<int> minor)
{
    for (const GodebugFinding &found : judge_godebug(value, minor)) {
        const LintRule rule = found.verdict == GodebugVerdict::fatal     ? LintRule::godebug_fatal
                              : found.verdict == GodebugVerdict::harmful ? LintRule::godebug_harmful
                                                                         : LintRule::godebug_dead;
        const std::string setting = found.value.empty() ? found.key : found.key + "=" + found.value;
        run.report(
            rule, offset,
            fmt::format("GODEBUG {}{}: {}", setting, minor ? fmt::format(", with Go 1.{}", *minor) : "", found.reason));
    }
}

void lint_own_setting(LintRun &run, std::size_t offset, std::string_view name, std::string_view value)
{
    std::vector<std::string> names;
    for (const KeyInfo &info : key_table()) {
        names.push_back(variable_name(info));
        if (names.back() != name)
            continue;
        if (const auto read = parse_value(info, value); !read)
            run.report(LintRule::dbgscope_value, offset,
                       fmt::format("{}: {}{}", name, read.error().cause,
                                   read.error().hint.empty() ? "" : " (" + read.error().hint + ")"));
        return;
    }
    const std::string near = suggest(name, names);
    run.report(LintRule::dbgscope_variable, offset,
               fmt::format("dbgscope has no variable {}{}", name,
                           near.empty() ? "" : fmt::format(" (did you mean {}?)", near)));
}

} // namespace

void lint_variable(LintRun &run, std::size_t offset, std::string_view name, std::string_view value,
                   std::optional<int> go_minor)
{
    if (value.find("${") != std::string_view::npos)
        return; // VS Code's variables are put in later
    if (name == "GOMEMLIMIT" && !parse_gomemlimit(value))
        run.report(
            LintRule::gomemlimit, offset,
            fmt::format("GOMEMLIMIT={} is malformed, which ends a Go program (1.19 and later) at its start; write "
                        "bytes, or a whole number with KiB, MiB, GiB or TiB",
                        value));
    else if (name == "GOFLAGS")
        lint_goflags(run, offset, value, go_minor);
    else if (name == "GODEBUG")
        lint_godebug(run, offset, value, go_minor);
    else if (name.starts_with("DBGSCOPE_"))
        lint_own_setting(run, offset, name, value);
}

void lint_environment(LintRun &run, const JsonNode &environment, std::optional<int> go_minor, bool strings_only)
{
    if (environment.kind != JsonKind::object)
        return;
    for (const JsonNode &member : environment.children) {
        if (member.string())
            lint_variable(run, member.begin, member.key, *member.string(), go_minor);
        else if (strings_only && !member.is_literal("null"))
            run.report(LintRule::env_not_string, member.begin,
                       fmt::format("{} is no string: dlv refuses the launch; write it in quotes", member.key));
    }
}

std::string resolved_path(const LintContext &context, std::string_view text)
{
    std::string path(text);
    for (const std::string_view variable : {"${workspaceFolder}", "${workspaceRoot}"})
        for (std::size_t at = path.find(variable); at != std::string::npos; at = path.find(variable)) {
            if (context.workspace_folder.empty())
                return {};
            path.replace(at, variable.size(), context.workspace_folder);
        }
    if (path.starts_with("~/") && !context.home.empty())
        path.replace(0, 1, context.home);
    const bool foreign = path.find('\\') != std::string::npos || path.starts_with('~'); // Windows, ~user
    if (path.empty() || foreign || path.find("${") != std::string::npos || path.find('\0') != std::string::npos)
        return {};
    if (path.starts_with('/'))
        return path;
    return context.workspace_folder.empty() ? "" : context.workspace_folder + "/" + path;
}

void lint_path(LintRun &run, const JsonNode *member, Wanted wanted, std::string_view what, bool built)
{
    const std::string path = member == nullptr ? "" : resolved_path(run.context, member->string().value_or(""));
    if (path.empty())
        return;
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) {
        const std::string &folder = run.context.workspace_folder;
        if (errno == ENOENT && built && !folder.empty() && path.starts_with(folder + "/"))
            run.report(LintRule::not_built, member->begin, fmt::format("{}: {} is not there yet", what, path));
        else if (errno == ENOENT || errno == ENOTDIR)
            run.report(LintRule::missing_path, member->begin, fmt::format("{}: there is no {}", what, path));
        return;
    }
    if (wanted == Wanted::directory && !S_ISDIR(status.st_mode))
        run.report(LintRule::missing_path, member->begin, fmt::format("{}: {} is no directory", what, path));
    if (wanted == Wanted::executable && (!S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0))
        run.report(LintRule::missing_path, member->begin, fmt::format("{}: {} is no executable file", what, path));
}

void lint_load_config(LintRun &run, const JsonNode &load)
{
    struct Bound {
        std::string_view key;
        double most;
        LintRule rule;
        std::string_view why;
    };
    constexpr Bound kBounds[] = {
        {"maxVariableRecurse", 5, LintRule::deep_recursion, "each level multiplies what dlv reads at every stop"},
        {"maxArrayValues", 10'000, LintRule::large_load,
         "so many elements of each array, slice and map are read at every stop"},
        {"maxStringLen", 1'000'000, LintRule::large_load, "so many bytes of each string are read at every stop"},
    };
    for (const Bound &bound : kBounds) {
        const JsonNode *member = load.find(bound.key);
        if (member == nullptr || member->kind != JsonKind::number)
            continue;
        const double value = std::strtod(member->text.c_str(), nullptr);
        if (value > bound.most)
            run.report(bound.rule, member->begin, fmt::format("{} {}: {}", bound.key, member->text, bound.why));
        // Tried with dlv 1.20.2 over RPC. maxVariableRecurse and maxStructFields may be negative.
        if (value < 0 && bound.key == "maxArrayValues")
            run.report(LintRule::negative_load, member->begin,
                       fmt::format("maxArrayValues {} is not \"all\": dlv then shows no element at all", member->text));
        if (value < 0 && bound.key == "maxStringLen")
            run.report(LintRule::negative_load, member->begin,
                       fmt::format("maxStringLen {} is not \"all\": dlv answers with an internal error", member->text));
    }
}

} // namespace dbgscope
