// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "kernel/parse.hpp"
#include "kernel/reader.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kShells[] = {"sh",   "bash", "dash", "ash",  "busybox", "zsh",  "ksh",   "ksh93",
                                        "mksh", "oksh", "yash", "fish", "csh",     "tcsh", "elvish"};
constexpr std::string_view kNone[] = {"nologin", "false", "true", "git-shell", "scponly"};

bool listed(const DoctorInput &input, std::string_view path)
{
    Reader reader(input.root.root);
    const auto text = reader.read("/etc/shells", Records::many);
    std::string_view rest = text ? *text : std::string_view();
    while (!rest.empty())
        if (next_line(rest) == path)
            return true;
    return false;
}

} // namespace

/// gdb and gdbserver run `$SHELL -c exec PROGRAM` (gdb/nat/fork-inferior.c), lldb too where it is told to.
CheckFindings check_shell(const DoctorInput &input)
{
    const std::string shell(input.variable("SHELL"));
    if (shell.empty())
        return {{.looked_at = "SHELL", .found = "SHELL is not set: gdb starts programs through /bin/sh"}};
    const std::string_view name = std::string_view(shell).substr(shell.rfind('/') + 1);
    CheckFinding finding{.level = CheckLevel::fail,
                         .looked_at = "SHELL",
                         .found = {},
                         .matters =
                             "gdb and gdbserver start programs through $SHELL: \"During startup program exited\"",
                         .cure = "SHELL=/bin/sh for the debugger, or `set startup-with-shell off` in gdb"};
    struct stat status{};
    if (!shell.starts_with('/'))
        finding.found = fmt::format("SHELL is {}, which is not absolute", shell);
    else if (::stat(shell.c_str(), &status) != 0)
        finding.found = fmt::format("SHELL is {}, which is not there", shell);
    else if (!S_ISREG(status.st_mode) || ::access(shell.c_str(), X_OK) != 0)
        finding.found = fmt::format("SHELL is {}, which may not be executed", shell);
    else if (std::ranges::find(kNone, name) != std::end(kNone))
        finding.found = fmt::format("SHELL is {}, which starts nothing", shell);
    else if (name == "rbash" || name == "rksh" || name == "rzsh")
        finding.found = fmt::format("SHELL is {}, which is restricted: it starts no program by its path", shell);
    else if (std::ranges::find(kShells, name) == std::end(kShells) && !listed(input, shell)) {
        finding.level = CheckLevel::warn;
        finding.found = fmt::format("SHELL is {}, which is no shell known here nor in /etc/shells", shell);
    } else
        return {{.looked_at = "SHELL", .found = fmt::format("programs are started through {}", shell)}};
    return {finding};
}

} // namespace dbgscope
