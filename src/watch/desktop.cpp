// SPDX-License-Identifier: Apache-2.0
#include "watch/desktop.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "kernel/proc_files.hpp"

namespace dbgscope {
namespace {

/// With our environment, in which the bus is named; nothing of ours but the pipe is inherited.
void spawn(const std::string &session, int from)
{
    std::string words[] = {"dbgscope", std::string(kDesktopVerb), session};
    char *arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    sigset_t none{};
    (void)::sigemptyset(&none);
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t actions{};
    (void)::posix_spawnattr_init(&attributes);
    (void)::posix_spawnattr_setsigmask(&attributes, &none);
    (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    (void)::posix_spawn_file_actions_init(&actions);
    (void)::posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) // clients wait for the end of the debugger's
        (void)::posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    (void)::posix_spawn(&child, kSelfExecutable, &actions, &attributes, arguments, environ);
}

} // namespace

std::string session_bus()
{
    if (const char *address = std::getenv("DBUS_SESSION_BUS_ADDRESS"); address != nullptr && *address != '\0')
        return address; // NOLINT(concurrency-mt-unsafe): one thread
    std::string usual = "/run/user/" + std::to_string(::getuid()) + "/bus";
    return ::access(usual.c_str(), W_OK) == 0 ? usual : "";
}

bool Desktop::wanted()
{
    if (when_ == DesktopNotice::automatic)
        when_ = ::isatty(STDERR_FILENO) == 1 || session_bus().empty() ? DesktopNotice::off : DesktopNotice::on;
    return when_ == DesktopNotice::on;
}

/// Waits for no more than a fork; the process is nobody's child.
void Desktop::start()
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    const UniqueFd from(ends[0]);
    pipe_.reset(ends[1]);
    const pid_t middle = ::fork();
    if (middle == 0) {
        spawn(session_, from.get());
        ::_exit(0);
    }
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool Desktop::write(std::string_view kind, std::string_view text) const
{
    const std::string line = std::string(kind) + (text.empty() ? "" : " ") + std::string(text) + '\n';
    return pipe_.valid() && ::write(pipe_.get(), line.data(), line.size()) > 0; // SIGPIPE is ignored
}

void Desktop::show(std::string_view kind, std::string_view text)
{
    if (!wanted() || write(kind, text))
        return;
    start(); // the first, or a person has answered the one before
    (void)write(kind, text);
}

void Desktop::killed(std::string_view line)
{
    show(kDesktopKilled, line);
    pipe_.reset();
}

void Desktop::released()
{
    (void)write(kDesktopReleased, "");
    pipe_.reset();
}

} // namespace dbgscope
