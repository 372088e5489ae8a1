// SPDX-License-Identifier: Apache-2.0
#include "watch/holders.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>

#include "kernel/proc_files.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr mode_t kLogMode = 0600;
constexpr std::chrono::milliseconds kEndPatience{200};

/// Second number of /proc/PID/statm: pages in memory.
std::uint64_t resident_pages(pid_t pid, const std::string &proc)
{
    const auto text = read_file(proc + '/' + std::to_string(pid) + "/statm", 256);
    const auto blank = text ? text->find(' ') : std::string::npos;
    std::uint64_t pages = 0;
    if (blank != std::string::npos)
        (void)std::from_chars(text->data() + blank + 1, text->data() + text->size(), pages);
    return pages;
}

/// What a child of the watcher must not inherit: its blocked signals. The descriptors are all closed on exec.
struct SpawnSettings {
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t actions{};
    explicit SpawnSettings(const std::string &log_file)
    {
        sigset_t none{};
        (void)::sigemptyset(&none);
        (void)::posix_spawnattr_init(&attributes);
        (void)::posix_spawnattr_setsigmask(&attributes, &none);
        (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        (void)::posix_spawn_file_actions_init(&actions);
        if (!log_file.empty())
            (void)::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(),
                                                     O_WRONLY | O_APPEND | O_CREAT, kLogMode);
    }
    SpawnSettings(const SpawnSettings &) = delete;
    SpawnSettings &operator=(const SpawnSettings &) = delete;
    ~SpawnSettings()
    {
        (void)::posix_spawn_file_actions_destroy(&actions);
        (void)::posix_spawnattr_destroy(&attributes);
    }
};

/// 0: it could not be started.
pid_t spawn(pid_t pid, const std::string &session, pid_t debugger, const std::string &log_file)
{
    std::string words[] = {"dbgscope", std::string(kHolderVerb), std::to_string(pid), session,
                           std::to_string(log_file.empty() ? debugger : 0)};
    char *arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
    char *environment[] = {nullptr};
    const SpawnSettings settings(log_file);
    pid_t child = 0;
    const int code =
        ::posix_spawn(&child, kSelfExecutable, &settings.actions, &settings.attributes, arguments, environment);
    return code == 0 ? child : 0;
}

} // namespace

void HolderLine::start(pid_t pid, const std::string &session, pid_t debugger, const std::string &log_file)
{
    end();
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return;
    const UniqueFd from(ends[0]);
    UniqueFd to(ends[1]);
    const pid_t middle = ::fork();
    if (middle == 0) {
        const pid_t child = spawn(pid, session, debugger, log_file);
        (void)!::write(to.get(), &child, sizeof child);
        ::_exit(0);
    }
    to.reset();
    pid_t child = 0;
    if (middle > 0 && ::read(from.get(), &child, sizeof child) == sizeof child && child > 0)
        if (const auto process = process_id(child))
            running_.emplace(*process);
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void HolderLine::end()
{
    if (running_ && running_->send(SIGKILL) == 0)
        (void)running_->wait_end(kEndPatience);
    running_.reset();
}

pid_t largest_process(const std::vector<pid_t> &pids, const std::string &proc)
{
    pid_t largest = 0;
    std::uint64_t most = 0;
    for (const pid_t pid : pids)
        if (const std::uint64_t pages = resident_pages(pid, proc); pages > most) {
            most = pages;
            largest = pid;
        }
    return largest;
}

} // namespace dbgscope
