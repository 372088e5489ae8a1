// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/doctor.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "probe/probe.hpp"
#include "text/environment.hpp"
#include "text/fold.hpp"
#include "text/json.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kLevelWidth = 8;
constexpr std::size_t kNameWidth = 14;
constexpr std::size_t kIndent = kLevelWidth + kNameWidth;
constexpr std::size_t kLabel = 8;

constexpr Check kChecks[] = {
    {"hierarchy", "cgroup", "which cgroup version carries memory, and whether it may be written", check_hierarchy},
    {"user-manager", "cgroup", "systemd, a manager for this user and the controllers it was given", check_user_manager},
    {"limits", "cgroup", "the slice or ancestor whose memory limit binds, and what is left of it", check_limits},
    {"pressure", "cgroup", "the pressure interface (PSI) and systemd-oomd", check_pressure},
    {"swap", "cgroup", "swap, swappiness and how much tasks wait for memory now", check_swap},
    {"ptrace", "rights", "whether a debugger may trace: yama, capabilities, seccomp; tried on a child", check_ptrace},
    {"inside", "rights", "what heap, goroutines, growth and alloc.* may see: yama, perf_event_paranoid, BTF; tried",
     check_inside},
    {"ulimits", "rights", "ulimit -v, -f, -t and -u that get in the way of builds and debuggers", check_ulimits},
    {"noexec", "rights", "whether what is built here may be executed: working directory, TMPDIR, GOTMPDIR",
     check_noexec},
    {"core", "rights", "where a crash's core file goes, and whether one is written", check_core},
    {"kernel-log", "rights", "whether the kernel's lines on a memory kill can be read", check_kernel_log},
    {"dlv", "tools", "dlv: where, which version, which Go versions it can debug", check_dlv},
    {"gdb", "tools", "gdb and gdbserver: where, which version", check_gdb},
    {"shell", "tools", "SHELL, through which gdb and gdbserver start programs", check_shell},
    {"go", "tools", "the Go tool chain: GOROOT, GOPATH, GOBIN, GOCACHE, GOFLAGS", check_go},
    {"path", "tools", "the order of PATH: shims of dbgscope before the tools they stand for", check_path},
    {"program", "tools",
     "--program FILE: whether it can start; stripped, optimized, -trimpath, or of a Go that dlv cannot debug",
     check_program},
    {"sums", "tools", "--verify SUMS: installed tools against their SHA-256 sums", check_sums},
    {"ports", "ports", "--port N: who has it; sessions of ours that were left over", check_ports},
    {"wsl", "wsl", "the Windows Subsystem for Linux: systemd, cgroups, drives, networking", check_wsl},
    {"fidelity", "fidelity", "measured, 2 s: how late timers and signals are; not run by default", check_fidelity,
     false},
};

std::string one_text(const CheckResult &result)
{
    const CheckFinding &finding = result.finding;
    std::string out =
        folded(fmt::format("{:<{}}{:<{}}", level_name(finding.level), kLevelWidth, result.check->id, kNameWidth),
               printable(finding.found), kIndent);
    if (finding.level == CheckLevel::ok)
        return out;
    const auto part = [&out](const char *label, const std::string &text) {
        if (!text.empty())
            out += folded(fmt::format("{:{}}{:<{}}", "", kIndent, label, kLabel), printable(text), kIndent + kLabel);
    };
    part("looked", finding.looked_at);
    part("why", finding.matters);
    part("do", finding.cure);
    return out;
}

} // namespace

const char *level_name(CheckLevel level)
{
    constexpr std::array kNames{"ok", "note", "warn", "fail", "unknown"};
    return kNames.at(static_cast<std::size_t>(level));
}

std::string_view DoctorInput::variable(std::string_view name) const
{
    return find_variable(environment, name).value_or("");
}

ToolFacts DoctorInput::tool(std::string_view name) const
{
    const auto named = std::ranges::find(configured, name, &std::pair<std::string, std::string>::first);
    return find_tool(name, variable("PATH"), named == configured.end() ? "" : named->second, self);
}

std::uint32_t doctor_needs()
{
    return Need::cgroup | Need::chain_detail | Need::memory | Need::pressure | Need::systemd | Need::systemd_version |
           Need::host;
}

std::span<const Check> checks()
{
    return kChecks;
}

Result<std::vector<const Check *>> choose_checks(const std::vector<std::string> &names)
{
    for (const std::string &name : names)
        if (std::ranges::none_of(kChecks, [&](const Check &check) { return check.id == name || check.group == name; }))
            return fail({.kind = ErrorKind::usage,
                         .operation = "run",
                         .subject = fmt::format("the check \"{}\"", name),
                         .cause = "there is none of that name",
                         .hint = "`dbgscope doctor --list` shows them"});
    std::vector<const Check *> chosen;
    for (const Check &check : kChecks)
        if (names.empty() ? check.by_default : std::ranges::any_of(names, [&](const std::string &name) {
                return name == check.id || name == check.group;
            }))
            chosen.push_back(&check);
    return chosen;
}

std::vector<CheckResult> run_checks(const std::vector<const Check *> &chosen, const DoctorInput &input)
{
    std::vector<CheckResult> results;
    for (const Check *check : chosen)
        for (CheckFinding &finding : check->run(input))
            results.push_back({check, std::move(finding)});
    return results;
}

int doctor_status(const std::vector<CheckResult> &results)
{
    return std::ranges::any_of(results, [](const CheckResult &result) {
        return result.finding.level == CheckLevel::warn || result.finding.level == CheckLevel::fail;
    });
}

std::string doctor_text(const std::vector<CheckResult> &results)
{
    std::string out;
    std::array<std::size_t, 5> counts{};
    for (const CheckResult &result : results) {
        out += one_text(result);
        ++counts.at(static_cast<std::size_t>(result.finding.level));
    }
    return out + fmt::format("\n{} ok, {} to know, {} warned of, {} wrong, {} not seen\n", counts[0], counts[1],
                             counts[2], counts[3], counts[4]);
}

std::string doctor_json(const std::vector<CheckResult> &results)
{
    Json findings = Json::array();
    for (const CheckResult &result : results)
        findings.push_back({{"check", result.check->id},
                            {"group", result.check->group},
                            {"level", level_name(result.finding.level)},
                            {"looked_at", printable(result.finding.looked_at)},
                            {"found", printable(result.finding.found)},
                            {"matters", printable(result.finding.matters)},
                            {"do", printable(result.finding.cure)}});
    return Json{{"schema", 1}, {"findings", findings}}.dump({.indent = 2, .ascii = true}) + '\n';
}

std::string check_list()
{
    std::string out = fmt::format("{:<{}}{:<10}LOOKS AT\n", "CHECK", kNameWidth, "GROUP");
    for (const Check &check : kChecks)
        out += fmt::format("{:<{}}{:<10}{}\n", check.id, kNameWidth, check.group, check.title);
    return out;
}

} // namespace dbgscope
