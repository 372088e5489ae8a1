// SPDX-License-Identifier: Apache-2.0
#include "watch/tool_process.hpp"

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
#include "kernel/process.hpp"
#include "sys/fd.hpp"

namespace dbgscope {
namespace {

/// What a child of the watcher must not inherit: its blocked signals, and its standard error. All other descriptors are
/// closed on exec.
struct SpawnSettings {
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t actions{};
    explicit SpawnSettings(const ToolStart &start)
    {
        sigset_t none{};
        (void)::sigemptyset(&none);
        (void)::posix_spawnattr_init(&attributes);
        (void)::posix_spawnattr_setsigmask(&attributes, &none);
        (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        (void)::posix_spawn_file_actions_init(&actions);
        redirect(start.input, STDIN_FILENO, O_RDONLY);
        redirect(start.output, STDOUT_FILENO, O_WRONLY);
        redirect(-1, STDERR_FILENO, O_WRONLY);
    }
    SpawnSettings(const SpawnSettings &) = delete;
    SpawnSettings &operator=(const SpawnSettings &) = delete;
    ~SpawnSettings()
    {
        (void)::posix_spawn_file_actions_destroy(&actions);
        (void)::posix_spawnattr_destroy(&attributes);
    }

  private:
    void redirect(int from, int to, int flags)
    {
        if (from >= 0)
            (void)::posix_spawn_file_actions_adddup2(&actions, from, to);
        else
            (void)::posix_spawn_file_actions_addopen(&actions, to, "/dev/null", flags, 0);
    }
};

/// Where the session's record lies; nothing else of the environment is its business.
std::vector<std::string> places_in_environment()
{
    std::vector<std::string> places;
    for (const char *name : {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"})
        if (const char *value = std::getenv(name)) // NOLINT(concurrency-mt-unsafe): one thread
            places.push_back(std::string(name) + '=' + value);
    return places;
}

std::vector<char *> pointers_to(std::vector<std::string> &words)
{
    std::vector<char *> pointers;
    for (std::string &word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// 0: it could not be started.
pid_t spawn(const ToolStart &start)
{
    std::vector<std::string> words{"dbgscope"}, environment = places_in_environment();
    words.insert(words.end(), start.words.begin(), start.words.end());
    const SpawnSettings settings(start);
    pid_t child = 0;
    const int code = ::posix_spawn(&child, kSelfExecutable, &settings.actions, &settings.attributes,
                                   pointers_to(words).data(), pointers_to(environment).data());
    return code == 0 ? child : 0;
}

} // namespace

std::optional<ProcessId> start_tool(const ToolStart &start)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::nullopt;
    const UniqueFd answer(ends[0]);
    UniqueFd tell(ends[1]);
    const pid_t middle = ::fork();
    if (middle == 0) {
        const pid_t child = spawn(start);
        (void)!::write(tell.get(), &child, sizeof child);
        ::_exit(0);
    }
    tell.reset();
    pid_t child = 0;
    std::optional<ProcessId> process;
    if (middle > 0 && ::read(answer.get(), &child, sizeof child) == sizeof child && child > 0)
        if (const auto found = process_id(child))
            process = *found;
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
    return process;
}

} // namespace dbgscope
