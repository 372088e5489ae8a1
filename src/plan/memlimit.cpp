// SPDX-License-Identifier: Apache-2.0
#include "plan/memlimit.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "debugger/go_environment.hpp"
#include "debugger/go_live_limit.hpp"

namespace dbgscope {
namespace {

/// gdb -i=dap, gdb --interpreter dap: over that protocol no `set var` gets through.
bool speaks_dap(const Request &request)
{
    const std::vector<std::string> &words = request.arguments;
    for (std::size_t i = 0; i < words.size() && words[i] != "--args"; ++i) {
        std::string_view word = words[i];
        if (!word.starts_with('-'))
            continue;
        word.remove_prefix(word.starts_with("--") ? 2 : 1);
        const std::string_view name = word.substr(0, word.find('='));
        if (name != "i" && name != "interpreter")
            continue;
        const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1]) : "";
        if ((name.size() < word.size() ? word.substr(name.size() + 1) : next) == "dap")
            return true;
    }
    return false;
}

/// As the debuggee will find it; empty: not set.
std::string gomemlimit_text(const Request &request, const GoEnvironment &go)
{
    std::string text = inherited(request, "GOMEMLIMIT").value_or("");
    for (const EnvChange &change : go.changes)
        if (change.name == "GOMEMLIMIT")
            text = change.value.value_or("");
    return text;
}

} // namespace

std::optional<Limit> gomemlimit_in_force(const Request &request, const GoEnvironment &go)
{
    if (request.call.verb == "dap") // launch.json has an environment of its own, which wins
        return std::nullopt;
    return parse_gomemlimit(gomemlimit_text(request, go));
}

bool gomemlimit_is_live(const Request &request, const GoEnvironment &go)
{
    if (request.call.verb == "dap" || speaks_dap(request))
        return false;
    return std::ranges::any_of(go.changes,
                               [](const EnvChange &change) { return change.name == "GOMEMLIMIT" && change.value; });
}

Limit gomemlimit_of_ours(const Request &request, const GoEnvironment &go, const Watch &watch)
{
    if (request.settings.text(Key::go_memlimit, "auto") != "auto")
        return {};
    if (gomemlimit_is_live(request, go) && go_memlimit_command(watch.tool, watch.go_version, watch.cap))
        return {};
    const bool changed = std::ranges::any_of(
        go.changes, [](const EnvChange &change) { return change.name == "GOMEMLIMIT" && change.value; });
    return changed ? parse_gomemlimit(gomemlimit_text(request, go)).value_or(Limit()) : Limit();
}

std::optional<Notice> memlimit_above_fuse(const Request &request, const GoEnvironment &go, Limit cap, Limit fuse_line)
{
    const auto own = inherited(request, "GOMEMLIMIT");
    const std::string text = gomemlimit_text(request, go);
    const auto limit = parse_gomemlimit(text);
    if (text.empty() || !fuse_line.finite() || !limit || *limit < fuse_line || (own && *limit >= cap))
        return std::nullopt; // of one above the cap plan_go_environment has spoken
    return Notice{"gomemlimit-fuse", fmt::format("GOMEMLIMIT={} is not below the fuse line of {}: the debuggee may be "
                                                 "held before its garbage is collected",
                                                 text, format_limit(fuse_line))};
}

} // namespace dbgscope
