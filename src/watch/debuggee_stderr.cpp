// SPDX-License-Identifier: Apache-2.0
#include "watch/debuggee_stderr.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "kernel/process_stat.hpp"
#include "watch/speak.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::seconds kNearDeath{2};
constexpr std::chrono::milliseconds kVerdictPatience{250}; ///< for so long the reader's end of file may be delayed

bool is_socket(int fd)
{
    struct stat info{};
    return ::fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

} // namespace

/// On a terminal, and in VS Code, whose Go extension starts dlv with sockets for 0 to 3 and shows 2 and the program's
/// output in one console. Neovim gives it sockets too, but no fourth: there 3 is the one that dlv listens on.
bool DebuggeeStderr::is_shown_anyway()
{
    constexpr int kFourth = STDERR_FILENO + 1;
    if (!shown_anyway_)
        shown_anyway_ = ::isatty(STDERR_FILENO) == 1 ||
                        (is_socket(STDERR_FILENO) && is_socket(look_at_descriptor(debugger_, kFourth).get()) &&
                         is_handed_down(debugger_, kFourth));
    return *shown_anyway_;
}

void DebuggeeStderr::open(pid_t debuggee)
{
    const UniqueFd file = look_at_descriptor(debuggee, STDERR_FILENO);
    const auto stream = file.valid() ? stream_of(file.get()) : std::nullopt;
    const LookedAt looked{.debuggee = debuggee, .stream = stream.value_or(Stream{})};
    if (std::ranges::find(looked_at_, looked) != looked_at_.end())
        return;
    looked_at_.push_back(looked);
    if (!stream || stream == stream_of(STDERR_FILENO) || std::ranges::find(outs_, *stream, &Out::stream) != outs_.end())
        return;
    const pid_t tracer = tracer_of(debuggee); // lldb-dap's is a server of its own
    if (!has_other_end(debugger_, *stream) && (tracer <= 0 || tracer == debugger_ || !has_other_end(tracer, *stream)))
        return;
    if (UniqueFd out = open_again(file.get(), O_WRONLY | O_NONBLOCK | O_NOCTTY); out.valid())
        outs_.push_back({.stream = *stream, .fd = std::move(out)});
}

void DebuggeeStderr::expect_death(const std::vector<pid_t> &debuggees, Time now)
{
    if (debugger_ <= 0 || is_shown_anyway())
        return;
    for (const pid_t debuggee : debuggees)
        open(debuggee);
    if (!debuggees.empty())
        until_ = now + kNearDeath;
}

void DebuggeeStderr::set_held(bool held)
{
    held_ = held;
}

void DebuggeeStderr::all_ended(bool verdict_due, Time now)
{
    held_ = false;
    if (verdict_due && !outs_.empty())
        until_ = now + kVerdictPatience;
    else
        close();
}

bool DebuggeeStderr::say(std::string_view line)
{
    const std::string whole = said_line(line);
    bool said = false;
    for (const Out &out : outs_) // SIGPIPE is ignored
        said = ::write(out.fd.get(), whole.data(), whole.size()) == static_cast<ssize_t>(whole.size()) || said;
    return said;
}

void DebuggeeStderr::on_timer(Time now)
{
    if (!held_ && until_ && now >= *until_)
        close();
}

void DebuggeeStderr::close()
{
    outs_.clear();
    looked_at_.clear();
    until_.reset();
}

} // namespace dbgscope
