// SPDX-License-Identifier: Apache-2.0
#include "launch/dap_log_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>

#include "kernel/process.hpp"
#include "launch/orphan.hpp"
#include "sys/close_all.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::array<std::string_view, 2> kReadyLines{"DAP server listening at:", "API server listening at:"};
constexpr std::size_t kHead = 64 * 1024; ///< the line is the first one in dlv 1.20 to 1.27
constexpr int kLookMs = 200;             ///< where inotify or pidfds are not to be had

/// What the process that hands the line on has: descriptors of its own.
struct Relay {
    int lifeline, file, changes, debugger; ///< `changes`, `debugger`: -1 where there is none
    pid_t pid;                             ///< of the debugger
};

/// The line with its newline, once it is there in full.
std::optional<std::string> ready_line(int file)
{
    std::string head(kHead, '\0');
    const ssize_t got = ::pread(file, head.data(), head.size(), 0);
    std::string_view text(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos)
            break;
        const std::string_view line = text.substr(0, end + 1);
        if (std::ranges::any_of(kReadyLines, [&](std::string_view begin) { return line.starts_with(begin); }))
            return std::string(line);
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

/// True once the debugger is executed; false: the launch came to nothing.
bool executed(int lifeline)
{
    char told = 0;
    ssize_t got = 0;
    do
        got = ::read(lifeline, &told, 1);
    while (got < 0 && errno == EINTR);
    return got == 1;
}

/// Sleeps until the log may have grown. False: the debugger is gone.
bool await_more(const Relay &relay)
{
    std::array<pollfd, 2> polled{{{.fd = relay.changes, .events = POLLIN, .revents = 0},
                                  {.fd = relay.debugger, .events = POLLIN, .revents = 0}}};
    (void)::poll(polled.data(), polled.size(), relay.changes < 0 || relay.debugger < 0 ? kLookMs : -1);
    alignas(inotify_event) std::array<char, 1024> events{};
    if (polled[0].revents != 0)
        (void)!::read(relay.changes, events.data(), events.size());
    return relay.debugger < 0 ? ::kill(relay.pid, 0) == 0 || errno == EPERM : polled[1].revents == 0;
}

[[noreturn]] void hand_on(const Relay &relay)
{
    rename_process("dbgscope-ready");
    (void)::chdir("/");
    (void)::signal(SIGPIPE, SIG_IGN); // a client that has gone
    std::array keep{relay.lifeline, relay.file, relay.changes, relay.debugger};
    std::ranges::sort(keep);
    const auto first = std::ranges::find_if(keep, [](int fd) { return fd > STDOUT_FILENO; });
    close_all_but(STDOUT_FILENO + 1, std::span(first, keep.end()));
    (void)::close(STDIN_FILENO);
    if (!executed(relay.lifeline))
        ::_exit(0);
    for (bool alive = true;;) {
        if (const auto line = ready_line(relay.file)) {
            (void)write_all(STDOUT_FILENO, *line, "standard output").has_value();
            ::_exit(0);
        }
        if (!alive)
            ::_exit(0);
        alive = await_more(relay); // what it wrote before its end is there by then
    }
}

} // namespace

Result<DapLogFile> DapLogFile::make(const KeepDapLog &log, const Account &account)
{
    constexpr int kFlags = O_RDWR | O_NONBLOCK | O_NOCTTY;
    DapLogFile out(log.path);
    auto file = open_at(AT_FDCWD, log.path, kFlags | O_CREAT | O_EXCL, 0600);
    const bool made = file.has_value();
    if (!file && file.error().error_number == EEXIST)
        file = open_at(AT_FDCWD, log.path, kFlags);
    if (!file)
        return pass(file);
    struct stat status{};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode))
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "log the debug protocol to",
                     .subject = log.path,
                     .cause = "it is no regular file"});
    if (made && account.uid && ::fchown(file->get(), *account.uid, account.gid.value_or(~gid_t{0})) != 0)
        return fail(errno_error(errno, "give away", log.path));
    if (::ftruncate(file->get(), 0) != 0) // an old log's line is not this one's
        return fail(errno_error(errno, "empty", log.path));
    if (made)
        out.made_ = UniqueFd(::fcntl(file->get(), F_DUPFD_CLOEXEC, 0)); // NOLINT(*-vararg)
    if (log.ready_line)
        if (auto watched = out.watch_for_ready_line(std::move(*file)); !watched)
            return pass(watched);
    return out;
}

Result<void> DapLogFile::watch_for_ready_line(UniqueFd file)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(errno_error(errno, "make", "a pipe"));
    const UniqueFd reading(ends[0]);
    lifeline_ = UniqueFd(ends[1]);
    UniqueFd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (changes.valid() && ::inotify_add_watch(changes.get(), path_.c_str(), IN_MODIFY) < 0)
        changes.reset();
    const UniqueFd debugger = open_pidfd(::getpid());
    const Relay relay{reading.get(), file.get(), changes.get(), debugger.get(), ::getpid()};
    const pid_t child = fork_orphan();
    if (child < 0)
        return fail(errno_error(errno, "start", "the process that hands dlv's ready line on"));
    if (child == 0)
        hand_on(relay);
    return {};
}

void DapLogFile::executing() const
{
    if (lifeline_.valid())
        (void)!::write(lifeline_.get(), "x", 1);
}

DapLogFile::~DapLogFile()
{
    if (made_.valid())
        (void)::unlink(path_.c_str());
}

} // namespace dbgscope
