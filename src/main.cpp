// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
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

struct Start {
    const dbgscope::Invocation &invocation;
    dbgscope::Result<int> outcome = 0;
    ucontext_t here{}, there{};
};

/// makecontext(3) hands on nothing but ints: the two halves of a pointer.
void run_there(unsigned high, unsigned low)
{
    auto *const start =
        reinterpret_cast<Start *>(std::uintptr_t{high} << 32U | low); // NOLINT(performance-no-int-to-ptr)
    start->outcome = run(start->invocation);
}

/// The main thread's stack ends where RLIMIT_STACK says, without a word (SIGSEGV). Where the caller has a small one
/// that may not be raised, we work on memory of our own.
dbgscope::Result<int> run_with_stack(const dbgscope::Invocation &invocation)
{
    constexpr std::size_t kEnough = 1U << 20U;
    rlimit limit{};
    if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kEnough)
        return run(invocation);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8 * kEnough);
    if (limit.rlim_cur >= kEnough && ::setrlimit(RLIMIT_STACK, &limit) == 0)
        return run(invocation);
    void *const stack =
        ::mmap(nullptr, kEnough, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    Start start{invocation};
    if (stack == MAP_FAILED || ::getcontext(&start.there) != 0)
        return run(invocation);
    start.there.uc_stack = {.ss_sp = stack, .ss_flags = 0, .ss_size = kEnough};
    start.there.uc_link = &start.here;
    const auto address = reinterpret_cast<std::uintptr_t>(&start);
    ::makecontext(&start.there, reinterpret_cast<void (*)()>(run_there), 2, static_cast<unsigned>(address >> 32U),
                  static_cast<unsigned>(address)); // NOLINT(*-vararg)
    (void)::swapcontext(&start.here, &start.there);
    return std::move(start.outcome);
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
    const auto outcome = run_with_stack(invocation);
    if (outcome)
        return *outcome;
    const std::string line = "dbgscope: " + dbgscope::to_line(outcome.error()) + '\n';
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    return exit_status(outcome.error().kind, dbgscope::called_as_systemd_run(invocation));
}
