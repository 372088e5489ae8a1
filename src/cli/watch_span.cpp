// SPDX-License-Identifier: Apache-2.0
#include "cli/watch_span.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include <fmt/core.h>

#include "dbgscope/time_span.hpp"
#include "sys/file.hpp"

namespace dbgscope {

using namespace std::chrono_literals;

Result<std::chrono::milliseconds> read_watch_span(const char *option, const std::string &word)
{
    const auto span = parse_time_span(word);
    if (span && *span >= 1ms && *span <= 24h)
        return std::chrono::floor<std::chrono::milliseconds>(*span);
    return fail({.kind = ErrorKind::usage,
                 .operation = "read",
                 .subject = fmt::format("{} \"{}\"", option, word),
                 .cause = "not a time between 1ms and 24h"});
}

UniqueFd end_signals()
{
    sigset_t ends{};
    (void)::sigemptyset(&ends);
    (void)::sigaddset(&ends, SIGINT);
    (void)::sigaddset(&ends, SIGTERM);
    (void)::sigprocmask(SIG_BLOCK, &ends, nullptr); // NOLINT(concurrency-mt-unsafe): the only thread
    return UniqueFd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

void say_watching(pid_t pid, std::chrono::milliseconds span)
{
    if (::isatty(STDERR_FILENO) != 0)
        (void)write_all(
            STDERR_FILENO,
            fmt::format("dbgscope: watching process {} for {}; Ctrl-C ends it sooner\n", pid, format_time_span(span)),
            "stderr")
            .has_value();
}

} // namespace dbgscope
