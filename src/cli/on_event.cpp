// SPDX-License-Identifier: Apache-2.0
#include "cli/on_event.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <iterator>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"
#include "sys/spawn.hpp"
#include "text/words.hpp"
#include "watch/speak.hpp"

namespace dbgscope {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPause{20};

struct Command {
    std::string path;
    std::vector<std::string> words;
};

std::optional<Command> command_of(const std::string &action, const std::string &session)
{
    if (action == "stop")
        return Command{kSelfExecutable, {"dbgscope", "stop", session}};
    auto words = values::split_words(action, values::Escapes::literal);
    if (!words || words->size() < 2)
        return std::nullopt;
    words->erase(words->begin());
    return Command{words->front(), std::move(*words)};
}

/// 0: it could not be started, `code` says why.
pid_t start(Command command, const CommandOrder &order, int output, int &code)
{
    std::vector<std::string> environment = order.variables;
    std::ranges::move(own_environment(), std::back_inserter(environment));
    pid_t child = 0;
    code = spawn({.path = std::move(command.path),
                  .words = std::move(command.words),
                  .environment = std::move(environment),
                  .output = output,
                  .error = output,
                  .own_group = true},
                 child);
    return code == 0 ? child : 0;
}

UniqueFd output_for(const std::string &log_file)
{
    if (!log_file.empty())
        if (auto file = open_at(AT_FDCWD, log_file, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, 0600))
            return std::move(*file);
    auto null = open_at(AT_FDCWD, "/dev/null", O_WRONLY);
    return null ? std::move(*null) : UniqueFd();
}

void wait_for(std::vector<pid_t> running, Clock::time_point end)
{
    while (!running.empty()) {
        std::erase_if(running, [](pid_t pid) {
            const pid_t ended = ::waitpid(pid, nullptr, WNOHANG);
            return ended == pid || (ended < 0 && errno != EINTR);
        });
        if (running.empty() || Clock::now() >= end)
            break;
        std::this_thread::sleep_for(kPause);
    }
    for (const pid_t group : running)
        (void)::kill(-group, SIGKILL);
}

} // namespace

bool read_order(std::span<const std::string> words, CommandOrder &order)
{
    std::int64_t ms = 0;
    if (words.size() < 2)
        return false;
    const std::string &text = words[0];
    if (std::from_chars(text.data(), text.data() + text.size(), ms).ec != std::errc{} || ms <= 0)
        return false;
    order.deadline = std::chrono::milliseconds(ms);
    order.log_file = words[1];
    order.actions.assign(words.begin() + 2, words.end());
    return true;
}

void run_commands(const CommandOrder &order)
{
    const auto end = Clock::now() + order.deadline;
    const UniqueFd output = output_for(order.log_file);
    std::vector<pid_t> running;
    for (const std::string &action : order.actions) {
        auto command = command_of(action, order.session);
        if (!command)
            continue;
        const std::string path = command->path;
        int code = 0;
        const pid_t pid = start(std::move(*command), order, output.get(), code);
        if (pid > 0)
            running.push_back(pid);
        else if (!order.log_file.empty())
            (void)write_all(
                output.get(),
                said_line(fmt::format("{}: not started: {}", printable(path), std::strerror(code))), // NOLINT
                order.log_file)
                .has_value();
    }
    wait_for(std::move(running), end);
}

Result<int> on_event(const std::vector<std::string> &words)
{
    CommandOrder order;
    if (words.size() < 3 || !read_order(std::span(words).subspan(1), order))
        return 1;
    order.session = words[0];
    run_commands(order);
    return 0;
}

} // namespace dbgscope
