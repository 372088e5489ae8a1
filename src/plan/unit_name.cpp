// SPDX-License-Identifier: Apache-2.0
#include "plan/unit_name.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxUnitName = 255; // systemd.unit(5)
constexpr std::string_view kScopeSuffix = ".scope";
constexpr std::string_view kSliceSuffix = ".slice";

bool valid_unit_name(std::string_view name)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":-_.\\@").find(c) != std::string_view::npos;
    };
    return !name.empty() && name.size() <= kMaxUnitName && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), allowed);
}

Error bad_name(std::string_view kind, std::string_view name, std::string_view why)
{
    return {.kind = ErrorKind::usage,
            .operation = "use",
            .subject = fmt::format("\"{}\" as a {} name", name, kind),
            .cause = std::string(why),
            .hint = "letters, digits and :-_.\\@ are allowed, at most 255 of them"};
}

Result<std::string> with_suffix(std::string_view name, std::string_view suffix, std::string_view kind)
{
    std::string full(name);
    if (!name.ends_with(suffix))
        full += suffix;
    if (!valid_unit_name(full) || full.size() == suffix.size())
        return fail(bad_name(kind, name, "not a valid unit name"));
    for (const std::string_view other : {".service", ".slice", ".scope", ".socket", ".timer", ".target"})
        if (other != suffix && name.ends_with(other))
            return fail(bad_name(kind, name, fmt::format("it must end in {} or have no suffix", suffix)));
    return full;
}

/// The innermost slice of a path like "/user.slice/user-1000.slice/session-1.scope".
std::string_view last_slice(std::string_view path)
{
    std::string_view found;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part.ends_with(kSliceSuffix))
            found = part;
        else if (!part.empty())
            break;
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return found;
}

/// The path systemd uses: the `name=systemd` line where there is one (v1), else the `0::` line.
std::string_view systemd_path(std::string_view self)
{
    std::string_view path;
    while (!self.empty()) {
        const auto newline = self.find('\n');
        const std::string_view line = self.substr(0, newline);
        if (const auto at = line.find(":name=systemd:"); at != std::string_view::npos)
            return line.substr(at + std::string_view(":name=systemd:").size());
        if (line.starts_with("0::"))
            path = line.substr(3);
        self = newline == std::string_view::npos ? std::string_view{} : self.substr(newline + 1);
    }
    return path;
}

} // namespace

Result<std::string> scope_unit(const Request &request)
{
    if (const Setting *unit = request.settings.find(Key::unit))
        return with_suffix(std::get<std::string>(unit->value), kScopeSuffix, "scope");
    const std::string prefix = request.settings.text(Key::name_prefix, tool_name(request.tool));
    return with_suffix(fmt::format("{}-p{}-{}", prefix, request.pid, request.random), kScopeSuffix, "scope");
}

Result<std::string> scope_slice(const Request &request, const Facts &facts, bool user_manager)
{
    std::string slice = request.settings.text(Key::slice);
    if (!request.settings.flag(Key::slice_inherit))
        return slice.empty() ? Result<std::string>(slice) : with_suffix(slice, kSliceSuffix, "slice");
    std::string_view path = systemd_path(facts.cgroup.self);
    if (user_manager) // the user manager's own names start below user@UID.service
        if (const auto at = path.find("/user@"); at != std::string_view::npos)
            path = path.substr(std::min(path.find('/', at + 1), path.size()));
    const std::string parent(last_slice(path));
    if (parent.empty() || slice.empty())
        return slice.empty() ? Result<std::string>(parent) : with_suffix(slice, kSliceSuffix, "slice");
    return with_suffix(parent.substr(0, parent.size() - kSliceSuffix.size()) + "-" + slice, kSliceSuffix, "slice");
}

std::string session_of(std::string_view unit)
{
    return std::string(unit.ends_with(kScopeSuffix) ? unit.substr(0, unit.size() - kScopeSuffix.size()) : unit);
}

bool inside_session(std::string_view self_cgroup, std::string_view session)
{
    if (session.empty())
        return false;
    const std::string scope = fmt::format("/{}.scope", session);
    const std::string directory = fmt::format("/dbgscope.{}.", session);
    for (std::size_t at = self_cgroup.find(scope); at != std::string_view::npos; at = self_cgroup.find(scope, at + 1)) {
        const std::string_view rest = self_cgroup.substr(at + scope.size());
        if (rest.empty() || rest.front() == '/' || rest.front() == '\n')
            return true;
    }
    return self_cgroup.find(directory) != std::string_view::npos;
}

std::string cgroup_name(const Request &request, std::string_view session)
{
    return fmt::format("dbgscope.{}.{}-{}", session, request.pid, request.start_ticks);
}

} // namespace dbgscope
