// SPDX-License-Identifier: Apache-2.0
#include "watch/holders.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <string>
#include <utility>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr mode_t kLogMode = 0600;

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

} // namespace

void HolderLine::start(pid_t pid, const std::string &session, const std::string &log_file)
{
    end();
    std::string words[] = {"dbgscope", std::string(kHolderVerb), std::to_string(pid), session};
    char *arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    char *environment[] = {nullptr};
    const SpawnSettings settings(log_file);
    pid_t child = 0;
    if (::posix_spawn(&child, "/proc/self/exe", &settings.actions, &settings.attributes, arguments, environment) == 0)
        child_ = child;
}

void HolderLine::reap()
{
    if (child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) == child_)
        child_ = 0;
}

void HolderLine::end()
{
    const pid_t child = std::exchange(child_, 0);
    if (child <= 0)
        return;
    (void)::kill(child, SIGKILL);
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
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
