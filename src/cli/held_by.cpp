// SPDX-License-Identifier: Apache-2.0
#include "cli/held_by.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "sys/file.hpp"
#include "tools/inspect/holder_line.hpp"
#include "tools/inspect/target.hpp"
#include "tools/inspect/waiters.hpp"
#include "watch/debuggee_stderr.hpp"
#include "watch/speak.hpp"

namespace dbgscope {

namespace {

constexpr unsigned kDeadlineS = 2;
constexpr int kLooks = 10;
constexpr std::chrono::milliseconds kPause{50};

std::optional<pid_t> number(const std::string &word)
{
    pid_t pid = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), pid);
    return read.ec == std::errc{} && read.ptr == word.data() + word.size() && pid >= 0 ? std::optional(pid)
                                                                                       : std::nullopt;
}

/// A moment after the line has been passed some threads are still on their way into the wait.
std::string who_waits(const Target &target)
{
    std::string line;
    for (int look = 0; look < kLooks && line.empty(); ++look) {
        if (look > 0)
            std::this_thread::sleep_for(kPause);
        line = waiter_line(find_waiters(target));
    }
    return line;
}

} // namespace

Result<int> held_by(const std::vector<std::string> &words)
{
    const auto pid = words.size() == 3 ? number(words[0]) : std::nullopt;
    const auto debugger = words.size() == 3 ? number(words[2]) : std::nullopt;
    if (!pid || *pid == 0 || !debugger)
        return 1;
    become_dispensable(kDeadlineS);
    (void)std::signal(SIGPIPE, SIG_IGN); // NOLINT: the macro's cast
    const auto target = open_process(*pid);
    if (!target)
        return 1;
    DebuggeeStderr output(*debugger);
    const auto say = [&](const std::string &line) {
        if (line.empty())
            return;
        (void)write_all(STDERR_FILENO, said_line(line), "stderr").has_value();
        output.expect_death({*pid}, std::chrono::steady_clock::now());
        (void)output.say(line);
    };
    say(who_waits(*target));
    if (const auto view = view_heap(*target, false))
        say(holder_line(*view, words[1]));
    return 0;
}

} // namespace dbgscope
