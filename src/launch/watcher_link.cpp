// SPDX-License-Identifier: Apache-2.0
#include "launch/watcher_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "launch/orphan.hpp"
#include "sys/close_all.hpp"
#include "sys/file.hpp"
#include "sys/inherited.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxMessage = 16 * 1024; // two paths of PATH_MAX
constexpr char kReady = 'r';
constexpr std::string_view kExecutes = "executes", kFailed = "failed", kExpects = "expects\n";

Error link_error(int code)
{
    return errno_error(code, "start", "the watcher");
}

/// One datagram, with or without a descriptor. MSG_NOSIGNAL: a dead watcher is an error, not our death.
bool send_message(int socket, std::string_view text, int descriptor)
{
    iovec part{.iov_base = const_cast<char *>(text.data()), .iov_len = text.size()}; // NOLINT: sendmsg does not write
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t sent = 0;
    do
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/// "2\n/sys/fs/cgroup/…\n\n101": version, scope, unified, flags. A cgroup's name may not hold a newline.
std::string write_place(const SessionPlace &place)
{
    const auto flag = [](bool set) { return set ? '1' : '0'; };
    std::string text = std::to_string(place.version) + '\n' + place.scope + '\n' + place.unified + '\n';
    for (const bool set : {place.divided, place.debugger_leaf, place.remove})
        text += flag(set);
    return text;
}

std::optional<SessionPlace> read_place(std::string_view text)
{
    std::array<std::string_view, 4> lines;
    for (std::string_view &line : lines) {
        const auto end = text.find('\n');
        line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (lines[0].size() != 1 || lines[3].size() != 3)
        return std::nullopt;
    SessionPlace place;
    place.version = lines[0][0] - '0';
    place.scope = lines[1];
    place.unified = lines[2];
    place.divided = lines[3][0] == '1';
    place.debugger_leaf = lines[3][1] == '1';
    place.remove = lines[3][2] == '1';
    return place;
}

/// No terminal and no descriptor of the debugger's but stderr: clients wait for the end of every pipe they gave it. The
/// socket moves out of the way of what objects of the launcher still in scope believe to own and will close.
void drop_descriptors(UniqueFd &socket)
{
    constexpr int kOutOfTheWay = 200;
    if (const int moved = ::fcntl(socket.get(), F_DUPFD_CLOEXEC, kOutOfTheWay); moved >= 0) // NOLINT(*-vararg)
        socket.reset(moved);
    const std::array keep{socket.get()};
    close_all_but(STDERR_FILENO + 1, keep);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); // NOLINT(*-vararg)
    (void)::dup2(null, STDIN_FILENO);
    (void)::dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO)
        (void)::close(null);
}

/// SIGTERM and the like wait while this exists: a watcher that has just been forked would die of them and leave its
/// session's directories.
class SignalsHeld {
  public:
    SignalsHeld()
    {
        sigset_t set;
        (void)::sigemptyset(&set);
        for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1})
            (void)::sigaddset(&set, number);
        (void)::sigprocmask(SIG_BLOCK, &set, &before_);
    }
    SignalsHeld(const SignalsHeld &) = delete;
    SignalsHeld &operator=(const SignalsHeld &) = delete;
    ~SignalsHeld()
    {
        if (!kept_)
            (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }
    void keep() const { kept_ = true; }

  private:
    sigset_t before_{};
    mutable bool kept_ = false;
};

} // namespace

void WatcherLink::expect(const std::string &scope, const std::string &unified)
{
    (void)send_message(socket_.get(), std::string(kExpects) + scope + '\n' + unified, -1);
}

Result<void> WatcherLink::introduce(const SessionPlace &place)
{
    if (!send_message(socket_.get(), write_place(place), -1))
        return fail(link_error(errno));
    return {};
}

Result<void> WatcherLink::await_ready()
{
    char answer = 0;
    ssize_t got = 0;
    do
        got = ::recv(socket_.get(), &answer, 1, 0);
    while (got < 0 && errno == EINTR);
    if (got != 1 || answer != kReady)
        return fail(link_error(got < 0 ? errno : ECHILD));
    return {};
}

Result<void> WatcherLink::check_alive() const
{
    pollfd end{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&end, 1, 0) > 0 && (end.revents & POLLHUP) != 0)
        return fail(link_error(ECHILD));
    return {};
}

Result<void> WatcherLink::hand_over(UniqueFd listener)
{
    if (!send_message(socket_.get(), "listener", listener.get()))
        return fail(link_error(errno));
    return {};
}

void WatcherLink::tell_execution(bool failed)
{
    (void)send_message(socket_.get(), failed ? kFailed : kExecutes, -1);
}

Result<Forked> fork_watcher(const Watch &order)
{
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(link_error(errno));
    UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const pid_t self = ::getpid();
    const SignalsHeld held; // until the watcher takes them from its descriptor
    const pid_t child = order.wait ? ::fork() : fork_orphan();
    if (child < 0)
        return fail(link_error(errno));
    Forked forked;
    if (order.wait && child == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGTERM); // NOLINT(*-vararg)
        if (::getppid() != self)
            ::_exit(128 + SIGTERM);
        forked.link.emplace();
        forked.link->socket_ = std::move(ours);
        forked.link->watcher_ = self;
    } else if (order.wait) {
        ours.reset();
        drop_descriptors(theirs);
        lift_limits();
        forked.watcher = WatchStart{order, std::move(theirs), child};
    } else if (child == 0) {
        ours.reset();
        drop_descriptors(theirs);
        lift_limits();
        (void)::chdir("/");
        rename_process("dbgscope-watch");
        forked.watcher = WatchStart{order, std::move(theirs), self};
        held.keep();
    } else {
        forked.link.emplace();
        forked.link->socket_ = std::move(ours);
        forked.link->watcher_ = child;
    }
    return forked;
}

std::optional<LauncherMessage> receive_from_launcher(int socket)
{
    std::string text(kMaxMessage, '\0');
    iovec part{.iov_base = text.data(), .iov_len = text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = 0;
    do
        got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    // ECONNRESET comes once where the launcher left our answer unread; what it had said follows.
    while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    if (got <= 0)
        return std::nullopt;
    LauncherMessage out;
    const cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        out.listener.reset(descriptor);
        return out;
    }
    text.resize(static_cast<std::size_t>(got));
    if (text.starts_with(kExpects)) {
        const auto end = text.find('\n', kExpects.size());
        out.expected.emplace();
        out.expected->scope = text.substr(kExpects.size(), end - kExpects.size());
        out.expected->unified = text.substr(end + 1);
        out.expected->remove = true;
    } else if (text == kExecutes || text == kFailed)
        out.executes = text == kExecutes;
    else
        out.place = read_place(text);
    return out;
}

void tell_launcher_ready(int socket)
{
    (void)send_message(socket, {&kReady, 1}, -1);
}

} // namespace dbgscope
