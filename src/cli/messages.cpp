// SPDX-License-Identifier: Apache-2.0
#include "cli/messages.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fmt/core.h>

#include "session/paths.hpp"
#include "sys/file.hpp"
#include "sys/own_directory.hpp"

namespace dbgscope {
namespace {

void write_line(int fd, std::string_view line)
{
    // The text may hold names from /proc and the command line: to_line() keeps them on one line, without escapes.
    const std::string whole = to_line({.operation = {}, .subject = {}, .cause = std::string(line)}) + '\n';
    // A reader that has gone must not cost the user his debugger: no SIGPIPE here, and the debugger gets it as before.
    struct sigaction ignore{};
    struct sigaction before{};
    ignore.sa_handler = SIG_IGN; // NOLINT: the macro's cast
    (void)::sigaction(SIGPIPE, &ignore, &before);
    // Nor may one that has stopped reading: what a full pipe does not take is left unsaid.
    pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, 0) > 0)
        (void)!::write(fd, whole.data(), whole.size());
    (void)::sigaction(SIGPIPE, &before, nullptr);
}

} // namespace

bool said_today(std::string_view id)
{
    constexpr std::time_t kDay = 24 * 60 * 60;
    const auto directory = make_own_directory(session_paths().live);
    if (!directory)
        return false;
    const auto mark =
        open_at(directory->get(), fmt::format("said.{}", id), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NOCTTY, 0600);
    struct stat status{};
    if (!mark || ::fstat(mark->get(), &status) != 0)
        return false;
    const bool fresh = status.st_size == 0;
    const bool said = !fresh && ::time(nullptr) - status.st_mtime < kDay;
    if (!said)
        (void)!::pwrite(mark->get(), "1", 1, 0); // and with it the time of the last change
    return said;
}

bool is_note(std::string_view id)
{
    constexpr std::array<std::string_view, 4> kNotes{"pressure", "little-memory", "tight-cap", "godebug-dlv"};
    return std::ranges::find(kNotes, id) != kNotes.end();
}

Messages::Messages(const Settings &settings)
    : quiet_(settings.flag(Key::quiet)), notes_(settings.find(Key::quiet) != nullptr || ::isatty(STDERR_FILENO) == 1)
{
    const std::string path = settings.text(Key::log_file);
    if (path.empty())
        return;
    if (auto file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0600))
        log_ = std::move(*file);
    else
        say(to_line(file.error()));
}

void Messages::say(std::string_view line) const
{
    say_bare(fmt::format("dbgscope: {}", line));
}

bool Messages::note(std::string_view line) const
{
    const bool read = log_.valid() || (notes_ && !quiet_);
    if (read)
        say(line);
    return read;
}

void Messages::say_bare(std::string_view line) const
{
    if (log_.valid())
        write_line(log_.get(), line);
    else if (!quiet_)
        write_line(STDERR_FILENO, line);
}

} // namespace dbgscope
