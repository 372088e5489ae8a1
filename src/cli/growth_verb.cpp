// SPDX-License-Identifier: Apache-2.0
#include "cli/growth_verb.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/time_span.hpp"
#include "sys/file.hpp"
#include "tools/inspect/growth.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds kUsual = 10s;

Result<std::chrono::milliseconds> read_span(const std::string &word)
{
    const auto span = word.empty() ? Result<std::chrono::microseconds>(kUsual) : parse_time_span(word);
    if (span && *span >= 1ms && *span <= 24h)
        return std::chrono::floor<std::chrono::milliseconds>(*span);
    return fail({.kind = ErrorKind::usage,
                 .operation = "read",
                 .subject = fmt::format("--seconds \"{}\"", word),
                 .cause = "not a time between 1ms and 24h"});
}

/// Ctrl-C and SIGTERM end the watching and not the program: what was seen is printed.
UniqueFd end_signals()
{
    sigset_t ends{};
    (void)::sigemptyset(&ends);
    (void)::sigaddset(&ends, SIGINT);
    (void)::sigaddset(&ends, SIGTERM);
    (void)::sigprocmask(SIG_BLOCK, &ends, nullptr); // NOLINT(concurrency-mt-unsafe): the only thread
    return UniqueFd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

void declare_growth(CLI::App &app)
{
    declare_process(app);
    add_value(app, "--seconds", "N", "How long to watch; 10 unless given. Ctrl-C ends it sooner");
    add_value(app, "-o,--output", "FILE", "Write a profile for go tool pprof instead of printing");
    add_flag(app, "--stacks", "Print each way to a site with its callers");
    add_flag(app, "--json", "Print everything as JSON");
}

Result<int> growth_verb(const CLI::App &parsed, const Invocation &)
{
    const auto span = read_span(option_value(parsed, "--seconds"));
    if (!span)
        return fail(span.error());
    const auto pid = chosen_process(parsed);
    if (!pid)
        return fail(pid.error());
    const std::string file = option_value(parsed, "-o");
    const bool stacks = is_given(parsed, "--stacks");
    const UniqueFd stop = end_signals();
    if (::isatty(STDERR_FILENO) != 0)
        (void)write_all(
            STDERR_FILENO,
            fmt::format("dbgscope: watching process {} for {}; Ctrl-C ends it sooner\n", *pid, format_time_span(*span)),
            "stderr")
            .has_value();
    const auto view = watch_growth(*pid, *span, stop.get(), stacks || !file.empty());
    if (!view)
        return fail(view.error());
    if (!file.empty())
        return write_profile(file, growth_pprof(*view, unix_ns()));
    if (auto printed = print(is_given(parsed, "--json") ? growth_json(*view) : growth_text(*view, stacks)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
