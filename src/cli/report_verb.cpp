// SPDX-License-Identifier: Apache-2.0
#include "cli/report_verb.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/joined_log.hpp"
#include "cli/own_verbs.hpp"
#include "cli/recording_choice.hpp"
#include "cli/session_choice.hpp"
#include "cli/verbs.hpp"
#include "sys/file.hpp"
#include "tools/report/report_text.hpp"

namespace dbgscope {
namespace {

constexpr unsigned kNewFileMode = 0666; ///< less the umask, as of any file a person writes

/// Of a terminal its width, up to what is read at a glance.
std::size_t chart_width()
{
    constexpr std::size_t kWidest = 160, kUsual = 100;
    winsize size{};
    if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return kUsual;
    return std::min<std::size_t>(size.ws_col, kWidest);
}

Result<void> write_file(const std::string &path, const std::string &text)
{
    auto file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, kNewFileMode);
    if (!file)
        return pass(file);
    return write_all(file->get(), text, path);
}

Result<void> join_file(Timeline &timeline, const std::string &path)
{
    auto log = LogReader::open(path);
    if (!log)
        return pass(log);
    return join_log(timeline, *log);
}

bool runs(const std::string &session)
{
    const auto live = live_sessions();
    return live &&
           std::ranges::any_of(live->sessions, [&session](const LiveSession &one) { return one.record.id == session; });
}

} // namespace

void declare_report(CLI::App &app)
{
    add_value(app, "ID", "ID|FILE",
              "A session that runs or has ended, or the first letters of its name, or a recording's file");
    add_flag(app, "--last", "The session that ended last, even while another runs");
    add_value(app, "--with", "FILE",
              "Another log of the same time: the kernel's, strace, go tool trace -d; again for more", Times::again);
    add_flag(app, "--json", "Print everything as JSON");
    add_flag(app, "--openmetrics", "Print every point with its time as OpenMetrics");
    add_value(app, "--html", "FILE", "Write a page for a browser: one file, no script");
    add_value(app, "--trace", "FILE", "Write a trace for ui.perfetto.dev or chrome://tracing");
}

Result<int> report_verb(const CLI::App &parsed, const Invocation & /*invocation*/)
{
    const std::string word = option_value(parsed, "ID");
    const bool last = is_given(parsed, "--last");
    if (last && !word.empty())
        return fail({.kind = ErrorKind::usage,
                     .operation = "report",
                     .subject = word,
                     .cause = "--last names another session",
                     .hint = "leave one of them out"});
    const auto path = chosen_recording(word, last);
    if (!path)
        return fail(path.error());
    auto recorded = read_recording(*path);
    if (!recorded)
        return pass(recorded);
    Timeline timeline = timeline_of(std::move(*recorded));
    timeline.runs = !timeline.ended && runs(timeline.session.id);
    for (const std::string &log : option_values(parsed, "--with"))
        if (auto joined = join_file(timeline, log); !joined)
            return pass(joined);
    bool written = false;
    for (const auto &[option, make] : {std::pair{"--html", &report_html}, std::pair{"--trace", &report_trace}})
        if (const std::string file = option_value(parsed, option); !file.empty()) {
            if (auto done = write_file(file, make(timeline)); !done)
                return pass(done);
            written = true;
        }
    std::string text;
    if (is_given(parsed, "--json"))
        text = report_json(timeline);
    else if (is_given(parsed, "--openmetrics"))
        text = report_openmetrics(timeline);
    else if (!written)
        text = report_text(timeline, chart_width());
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
