// SPDX-License-Identifier: Apache-2.0
#include "plan/go_variables.hpp"

#include <fmt/core.h>

#include "debugger/go_environment.hpp"
#include "plan/budget.hpp"

namespace dbgscope {
namespace {

/// What is known of the Go program that will read the variables.
struct Target {
    bool is_go = false;
    std::optional<int> minor; ///< 19 for go1.19.8
    std::string words;        ///< "go1.19.8 program", "program of the go1.19.8 tool chain"
};

Target target_of(const Facts &facts, const Request &request)
{
    Target target;
    if (facts.debuggee) {
        target.is_go = facts.debuggee->is_go;
        if (facts.debuggee->go_version) {
            target.minor = go_minor_version(*facts.debuggee->go_version);
            target.words = facts.debuggee->from_toolchain
                               ? fmt::format("a program of the {} tool chain", *facts.debuggee->go_version)
                               : fmt::format("a {} program", *facts.debuggee->go_version);
        }
    }
    // dlv debugs Go programs only, whatever file its client will name later.
    target.is_go = target.is_go || request.tool == Tool::dlv;
    if (target.words.empty())
        target.words = "a Go program";
    return target;
}

/// The user's own GOMEMLIMIT stays; what is wrong with it is said.
void judge_users_memlimit(const std::string &value, std::optional<Limit> cap, GoEnvironment &out)
{
    const auto bytes = parse_gomemlimit(value);
    if (!bytes)
        out.notices.push_back(
            {"gomemlimit-malformed",
             fmt::format("GOMEMLIMIT={} stops every Go program at its start (malformed GOMEMLIMIT): use "
                         "plain bytes or a unit like 512MiB",
                         value)});
    else if (cap && cap->finite() && *bytes >= *cap)
        out.notices.push_back({"gomemlimit-high", fmt::format("GOMEMLIMIT={} is not below the cap of {}: the garbage "
                                                              "collector will start too late",
                                                              value, format_limit(*cap))});
}

Result<void> add_memlimit(const Request &request, const Target &target, std::optional<Limit> cap, GoEnvironment &out)
{
    const std::string wanted = request.settings.text(Key::go_memlimit, request.tool == Tool::none ? "off" : "auto");
    if (const auto own = inherited(request, "GOMEMLIMIT")) {
        judge_users_memlimit(*own, cap, out);
        return {};
    }
    if (wanted == "off")
        return {};
    if (wanted != "auto") {
        const auto size = parse_size(wanted);
        if (!size || size->kind != SizeSpec::Kind::bytes)
            return fail({.kind = ErrorKind::usage,
                         .operation = "use",
                         .subject = fmt::format("\"{}\" as go.memlimit", wanted),
                         .cause = "it must be auto, off or a size in bytes",
                         .hint = "like --go-memlimit=400M"});
        out.changes.push_back({"GOMEMLIMIT", std::to_string(size->value)});
        out.reason = fmt::format("GOMEMLIMIT {} from {}", format_bytes(size->value),
                                 origin_of(request.settings, Key::go_memlimit));
        return {};
    }
    if (!cap || (!target.is_go && request.tool != Tool::none) || (target.minor && *target.minor < kGomemlimitMinor))
        return {};
    if (const auto bytes = gomemlimit_for(*cap, request.call.builds)) {
        out.changes.push_back({"GOMEMLIMIT", std::to_string(*bytes)});
        out.reason = fmt::format("GOMEMLIMIT {}, below the limit of {}, for {}", format_bytes(*bytes),
                                 format_limit(*cap), target.words);
    }
    return {};
}

const char *verdict_words(GodebugVerdict verdict)
{
    switch (verdict) {
    case GodebugVerdict::dead: return "does nothing";
    case GodebugVerdict::harmful: return "does harm";
    case GodebugVerdict::fatal: break;
    }
    return "stops the program";
}

void add_godebug(const Request &request, const Target &target, GoEnvironment &out)
{
    const std::string own = inherited(request, "GODEBUG").value_or("");
    for (const GodebugFinding &finding : judge_godebug(own, target.minor))
        out.notices.push_back({"godebug-own", fmt::format("GODEBUG {}={} {}: {}", finding.key, finding.value,
                                                          verdict_words(finding.verdict), finding.reason)});
    std::vector<std::string> keys;
    for (const std::string &setting : request.settings.list(Key::go_debug)) {
        const auto findings = judge_godebug(setting, target.minor);
        if (findings.empty() || request.settings.flag(Key::go_debug_force)) {
            keys.push_back(setting);
            continue;
        }
        out.notices.push_back(
            {"godebug-dropped", fmt::format("GODEBUG {} is not set, it {}: {} (--go-debug-force sets it)", setting,
                                            verdict_words(findings.front().verdict), findings.front().reason)});
    }
    if (keys.empty())
        return;
    out.changes.push_back({"GODEBUG", append_godebug(own, keys)});
    out.reason +=
        fmt::format("{}GODEBUG from {}", out.reason.empty() ? "" : "; ", origin_of(request.settings, Key::go_debug));
    if (request.tool == Tool::dlv)
        out.notices.push_back(
            {"godebug-dlv", "dlv and the go command read GODEBUG too: their own lines appear among the program's"});
}

} // namespace

std::optional<std::string> inherited(const Request &request, std::string_view name)
{
    std::optional<std::string> value;
    for (const auto &[key, text] : request.environment)
        if (key == name)
            value = text;
    for (const std::string &assignment : request.settings.list(Key::setenv))
        if (const auto equals = assignment.find('=');
            assignment.substr(0, equals) == name && equals != std::string::npos)
            value = assignment.substr(equals + 1);
    return value;
}

Result<GoEnvironment> plan_go_environment(const Facts &facts, const Request &request, std::optional<Limit> cap)
{
    GoEnvironment out;
    if (request.tool != Tool::none && request.call.kind != CallKind::launch)
        return out;
    const Target target = target_of(facts, request);
    if (auto added = add_memlimit(request, target, cap, out); !added)
        return pass(added);
    add_godebug(request, target, out);
    return out;
}

} // namespace dbgscope
