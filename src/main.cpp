// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "cli/cli.hpp"
#include "cli/systemd_run.hpp"

namespace {

// systemd-run answers 1 to every failure; these are env(1)'s and the shell's own.
constexpr int kFailed = 125;
constexpr int kNotExecutable = 126;
constexpr int kNoCommand = 127;

/// Called as systemd-run: whatever keeps the command from starting is 1 there.
int exit_status(dbgscope::ErrorKind kind, bool as_systemd_run)
{
    if (as_systemd_run)
        return EXIT_FAILURE;
    switch (kind) {
    case dbgscope::ErrorKind::no_command: return kNoCommand;
    case dbgscope::ErrorKind::not_executable: return kNotExecutable;
    default: return kFailed;
    }
}

/// A closed standard descriptor would be handed out to the next file we open, and our messages written into it. Close
/// on exec: the command finds it closed as it was.
void occupy_standard_descriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (::fcntl(fd, F_GETFD) < 0)                      // NOLINT(*-vararg)
            (void)::open("/dev/null", O_RDWR | O_CLOEXEC); // NOLINT(*-vararg): the lowest free number, which is this
}

/// Whatever nobody else has caught is a failure as every other.
dbgscope::Result<int> run(const dbgscope::Invocation &invocation)
{
    const auto failed = [](std::string cause) {
        return dbgscope::fail({.operation = "go on", .subject = "", .cause = std::move(cause)});
    };
    try {
        return dbgscope::run_cli(invocation);
    } catch (const std::bad_alloc &) {
        return failed("out of memory (a limit of this shell's? see ulimit -v and -d)");
    } catch (const std::exception &exception) {
        return failed(exception.what());
    }
}

} // namespace

int main(int argc, char **argv, char **envp)
{
    occupy_standard_descriptors();
    dbgscope::Invocation invocation;
    invocation.inherited = dbgscope::Inherited::set_aside();
    invocation.arguments.assign(argv, argv + argc);
    for (char **entry = envp; *entry != nullptr; ++entry)
        invocation.environment.emplace_back(*entry);
    const auto outcome = run(invocation);
    if (outcome)
        return *outcome;
    const std::string line = "dbgscope: " + dbgscope::to_line(outcome.error()) + '\n';
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return exit_status(outcome.error().kind, dbgscope::called_as_systemd_run(invocation));
}
