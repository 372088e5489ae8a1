// SPDX-License-Identifier: Apache-2.0
#include "watch/speak.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "dbgscope/error.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxWrite = 4096; // PIPE_BUF: a write of no more is not torn by the debugger's own

/// Pipes can since Linux 6.5, terminals cannot: EOPNOTSUPP. A pipe is another user's after su(1), and in a container
/// with user ids of its own that a command was sent into (lxc-attach).
ssize_t write_without_waiting(std::string_view whole)
{
    const iovec part{.iov_base = const_cast<char *>(whole.data()), // NOLINT(*-const-cast): it is only read
                     .iov_len = whole.size()};
    return ::pwritev2(STDERR_FILENO, &part, 1, -1, RWF_NOWAIT);
}

} // namespace

std::string said_line(std::string_view line)
{
    // Names from /proc may hold anything: to_line() keeps them on one line, without escapes.
    std::string whole = to_line({.operation = {}, .subject = {}, .cause = "dbgscope: " + std::string(line)}) + '\n';
    if (whole.size() > kMaxWrite) {
        whole.resize(kMaxWrite - 1);
        whole += '\n';
    }
    return whole;
}

Speaker::Speaker(bool quiet, const std::string &log_file) : quiet_(quiet && log_file.empty())
{
    struct stat info{};
    if (!log_file.empty()) {
        if (auto file = open_at(AT_FDCWD, log_file, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0600))
            out_ = std::move(*file);
    } else if (::fstat(STDERR_FILENO, &info) != 0 || (::fcntl(STDERR_FILENO, F_GETFD) & FD_CLOEXEC) != 0) {
        closed_ = true; // or taken by main() because it was
    } else if (S_ISSOCK(info.st_mode)) {
        socket_ = true; // cannot be opened again; MSG_DONTWAIT does the same for one write
    } else if (S_ISREG(info.st_mode)) {
        plain_ = true; // a file does not make anybody wait, and its offset has to stay the shared one
    } else if (auto file = open_at(AT_FDCWD, std::string(kSelfDescriptors) + "2",
                                   O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND)) {
        out_ = std::move(*file);
    }
}

bool Speaker::write_now(std::string_view whole) const
{
    if (closed_)
        return false;
    ssize_t done = 0;
    do {
        if (socket_)
            done = ::send(STDERR_FILENO, whole.data(), whole.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        else if (out_.valid()) // SIGPIPE is ignored in the watcher
            done = ::write(out_.get(), whole.data(), whole.size());
        else if (plain_)
            done = ::write(STDERR_FILENO, whole.data(), whole.size());
        else // another user's pipe or terminal: a plain write might wait
            done = write_without_waiting(whole);
    } while (done < 0 && errno == EINTR);
    return done == static_cast<ssize_t>(whole.size());
}

bool Speaker::say(std::string_view line) const
{
    return quiet_ || write_now(said_line(line));
}

void Speaker::close()
{
    closed_ = true;
    out_.reset();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)::dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        (void)::close(null);
}

} // namespace dbgscope
