// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <string>

#include "cli/cli.hpp"

namespace {

// systemd-run answers 1 to every failure; these are env(1)'s and the shell's own.
constexpr int kFailed = 125;
constexpr int kNotExecutable = 126;
constexpr int kNoCommand = 127;

int exit_status(dbgscope::ErrorKind kind)
{
    switch (kind) {
    case dbgscope::ErrorKind::no_command: return kNoCommand;
    case dbgscope::ErrorKind::not_executable: return kNotExecutable;
    default: return kFailed;
    }
}

} // namespace

int main(int argc, char **argv, char **envp)
{
    dbgscope::Invocation invocation;
    invocation.arguments.assign(argv, argv + argc);
    for (char **entry = envp; *entry != nullptr; ++entry)
        invocation.environment.emplace_back(*entry);
    const auto outcome = dbgscope::run_cli(invocation);
    if (outcome)
        return *outcome;
    const std::string line = "dbgscope: " + dbgscope::to_line(outcome.error()) + '\n';
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return exit_status(outcome.error().kind);
}
