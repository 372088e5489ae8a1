// SPDX-License-Identifier: Apache-2.0
#include "sys/spawn.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>

namespace dbgscope {
namespace {

class Setup {
  public:
    explicit Setup(const SpawnOrder &order)
    {
        sigset_t none{}, all{};
        (void)::sigemptyset(&none);
        (void)::sigfillset(&all);
        (void)::posix_spawn_file_actions_init(&actions);
        (void)::posix_spawnattr_init(&attributes);
        (void)::posix_spawnattr_setsigmask(&attributes, &none);
        (void)::posix_spawnattr_setsigdefault(&attributes, &all);
        (void)::posix_spawnattr_setpgroup(&attributes, 0);
        (void)::posix_spawnattr_setflags(&attributes,
                                         static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                            (order.own_group ? POSIX_SPAWN_SETPGROUP : 0)));
        redirect(order.input, STDIN_FILENO, O_RDONLY);
        redirect(order.output, STDOUT_FILENO, O_WRONLY);
        redirect(order.error, STDERR_FILENO, O_WRONLY);
    }
    Setup(const Setup &) = delete;
    Setup &operator=(const Setup &) = delete;
    ~Setup()
    {
        (void)::posix_spawn_file_actions_destroy(&actions);
        (void)::posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};

  private:
    void redirect(int from, int to, int flags)
    {
        if (from >= 0)
            (void)::posix_spawn_file_actions_adddup2(&actions, from, to);
        else
            (void)::posix_spawn_file_actions_addopen(&actions, to, "/dev/null", flags, 0);
    }
};

std::vector<char *> pointers_to(std::vector<std::string> &words)
{
    std::vector<char *> pointers;
    for (std::string &word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

int spawn(SpawnOrder order, pid_t &child)
{
    const Setup setup(order);
    return ::posix_spawn(&child, order.path.c_str(), &setup.actions, &setup.attributes, pointers_to(order.words).data(),
                         pointers_to(order.environment).data());
}

std::vector<std::string> own_environment()
{
    std::vector<std::string> variables;
    for (char **entry = environ; *entry != nullptr; ++entry)
        variables.emplace_back(*entry);
    return variables;
}

} // namespace dbgscope
