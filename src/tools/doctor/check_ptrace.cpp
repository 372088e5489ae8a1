// SPDX-License-Identifier: Apache-2.0
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"
#include "text/container_cure.hpp"
#include "tools/doctor/checks.hpp"
#include "tools/doctor/machine_signs.hpp"

namespace dbgscope {
namespace {

constexpr const char *kYama = "/proc/sys/kernel/yama/ptrace_scope";

/// Documentation/admin-guide/LSM/Yama.rst.
CheckFinding yama_finding(const DoctorInput &input)
{
    const Fact<int> &scope = input.facts.host.yama_ptrace_scope;
    if (!scope && scope.why() == Why::absent)
        return {.looked_at = kYama, .found = "this kernel has no yama: whoever owns a process may trace it"};
    if (!scope)
        return {.level = CheckLevel::unknown,
                .looked_at = kYama,
                .found = "it cannot be read: " + scope.detail(),
                .matters = "yama may forbid attaching, or debugging altogether"};
    std::string found = fmt::format("kernel.yama.ptrace_scope is {}", *scope);
    if (*scope == 3)
        return {.level = CheckLevel::fail,
                .looked_at = kYama,
                .found = found,
                .matters = "nobody may trace anything, root included",
                .cure = "it stays until the next boot: take it out of /etc/sysctl.d and reboot"};
    if (*scope == 0 || input.facts.host.cap_sys_ptrace)
        return {.looked_at = kYama,
                .found = found + (*scope == 0 ? ": whoever owns a process may trace it" : "; we have CAP_SYS_PTRACE")};
    if (*scope == 2)
        return {.level = CheckLevel::fail,
                .looked_at = kYama,
                .found = found + ", and we do not have CAP_SYS_PTRACE",
                .matters = "neither attaching nor starting a program under a debugger is permitted",
                .cure = "as root: sysctl kernel.yama.ptrace_scope=1 (0 also allows attaching)"};
    return {.level = CheckLevel::note,
            .looked_at = kYama,
            .found = found,
            .matters = "a debugger may trace what it starts; attaching to a program that runs already is refused",
            .cure = "as root, where you attach: sysctl kernel.yama.ptrace_scope=0"};
}

// docker-default (enforce)
/// Nothing where no profile is enforced: there is no AppArmor, it is unconfined, or only complained of.
std::optional<CheckFinding> profile_finding(const DoctorInput &input)
{
    constexpr std::string_view kEnforced = " (enforce)\n";
    Reader reader(input.root.root);
    const auto text = reader.read(kSelfAppArmor);
    if (!text || !text->ends_with(kEnforced))
        return std::nullopt;
    const std::string_view profile = text->substr(0, text->size() - kEnforced.size());
    return CheckFinding{.level = CheckLevel::note,
                        .looked_at = kSelfAppArmor,
                        .found = fmt::format("AppArmor's profile {} holds here", printable(profile)),
                        .matters = "what runs under another profile, or under none, may not be attached to unless the "
                                   "profile has a rule for it; capabilities do not help",
                        .cure = "where you attach to it: " + unconfined_cure(input.facts.host.container.value_or(""))};
}

constexpr int kRandomizeRefused = 128; ///< added to the exit status of the child; errno of ptrace is below it

/// A child asks to be traced by us, and for fixed addresses, as gdb and dlv have it done. Nothing: it cannot be tried.
std::optional<int> try_trace()
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        const bool refused = ::personality(ADDR_NO_RANDOMIZE) < 0;
        const int error = ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : errno;
        ::_exit(error % kRandomizeRefused + (refused ? kRandomizeRefused : 0));
    }
    int status = 0;
    pid_t ended = -1; // not the child's where SIGCHLD is ignored: its answer is then lost
    do {
        ended = pid < 0 ? -1 : ::waitpid(pid, &status, 0);
    } while (ended < 0 && pid > 0 && errno == EINTR);
    if (pid < 0 || ended != pid || !WIFEXITED(status))
        return std::nullopt;
    return WEXITSTATUS(status);
}

CheckFindings tried_findings(const DoctorInput &input)
{
    constexpr const char *kLooked = "tried: a child of ours asked to be traced";
    const std::optional<int> answer = try_trace();
    if (!answer)
        return {{.level = CheckLevel::unknown,
                 .looked_at = kLooked,
                 .found = "the child was killed, could not be started or could not be waited for",
                 .matters = "a seccomp filter that kills may forbid ptrace"}};
    const int error = *answer % kRandomizeRefused;
    const bool filtered = input.facts.host.seccomp_mode.value_or(0) != 0;
    CheckFindings findings;
    if (error != 0)
        findings.push_back(
            refused_trace(error, filtered, error == ENOSYS ? emulator_of(read_machine_signs(input)) : ""));
    else
        findings.push_back({.looked_at = kLooked, .found = "a child can be traced"});
    if (*answer >= kRandomizeRefused)
        findings.push_back({.level = CheckLevel::note,
                            .looked_at = "tried: personality(ADDR_NO_RANDOMIZE)",
                            .found = "address randomization cannot be switched off",
                            .matters = "gdb warns at each start and addresses differ from run to run",
                            .cure = "`set disable-randomization off` in gdb; or allow personality(2) in the "
                                    "container's seccomp profile"});
    return findings;
}

} // namespace

CheckFindings check_ptrace(const DoctorInput &input)
{
    CheckFindings findings{yama_finding(input)};
    if (input.root.root.empty())
        for (CheckFinding &finding : tried_findings(input))
            findings.push_back(std::move(finding));
    if (auto profile = profile_finding(input))
        findings.push_back(*std::move(profile));
    const HostFacts &host = input.facts.host;
    if (host.container && *host.container != "chroot" && !host.cap_sys_ptrace)
        findings.push_back({.level = CheckLevel::note,
                            .looked_at = "CapEff in /proc/self/status",
                            .found = fmt::format("in a {} container without CAP_SYS_PTRACE", *host.container),
                            .matters = "programs of other users, and those that gained privileges, cannot be attached "
                                       "to",
                            .cure = "where you attach to them: " + ptrace_cure(*host.container)});
    return findings;
}

} // namespace dbgscope
