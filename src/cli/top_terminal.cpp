// SPDX-License-Identifier: Apache-2.0
#include "cli/top_terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "cli/verbs.hpp"

namespace dbgscope {
namespace {

// Another screen, no cursor, lines that are cut instead of wrapped: a name may be wider than its characters count.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H", kClearLine = "\x1b[K", kClearBelow = "\x1b[J", kPlain = "\x1b[0m";

constexpr std::string_view sequence_of(TopStyle style)
{
    switch (style) {
    case TopStyle::plain: return "";
    case TopStyle::title: return "\x1b[1m";
    case TopStyle::chosen: return "\x1b[7m";
    case TopStyle::alarm: return "\x1b[1;31m";
    }
    return "";
}

Error failed(const char *what)
{
    return errno_error(errno, what, "the terminal");
}

} // namespace

TerminalSize terminal_size()
{
    TerminalSize size;
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0)
        size = {window.ws_col, window.ws_row};
    return size;
}

Result<void> TopTerminal::enter()
{
    if (::tcgetattr(STDIN_FILENO, &before_) != 0)
        return fail(failed("read the settings of"));
    sigset_t taken;
    (void)::sigemptyset(&taken);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
        (void)::sigaddset(&taken, number);
    signals_.reset(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.valid())
        return fail(failed("watch signals for"));
    (void)::sigprocmask(SIG_BLOCK, &taken, &mask_before_);
    entered_ = true;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &keys) != 0)
        return fail(failed("set up"));
    return dumb_ ? Result<void>{} : print(kEnter);
}

void TopTerminal::leave()
{
    if (!entered_)
        return;
    entered_ = false;
    if (!dumb_)
        (void)print(kLeave).has_value(); // a terminal that is gone has nothing to be put back
    (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    signals_.reset();
    (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

Result<void> TopTerminal::show(const std::vector<TopLine> &lines) const
{
    std::string text(dumb_ ? "" : kHome);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0)
            text += "\n";
        const std::string_view style = colour_ ? sequence_of(lines[i].style) : "";
        text += style;
        text += lines[i].text;
        if (!style.empty())
            text += kPlain;
        if (!dumb_)
            text += kClearLine;
    }
    text += dumb_ ? "\n" : kClearBelow;
    return print(text);
}

Result<TopEvent> TopTerminal::wait(std::chrono::milliseconds patience)
{
    if (pending_.empty()) {
        std::array<pollfd, 2> fds{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                   {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
        if (::poll(fds.data(), fds.size(), static_cast<int>(patience.count())) < 0 && errno != EINTR)
            return fail(failed("wait for"));
        if (fds[1].revents != 0)
            return take_signal();
        if (fds[0].revents != 0)
            return take_keys();
        return TopEvent{};
    }
    const TopKey key = pending_.front();
    pending_.pop_front();
    return TopEvent{.kind = TopEvent::Kind::key, .key = key};
}

Result<TopEvent> TopTerminal::take_signal()
{
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info)
        return TopEvent{};
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGTSTP) {
        leave();
        (void)::raise(SIGSTOP);
        if (auto entered = enter(); !entered)
            return pass(entered);
    }
    if (number == SIGTSTP || number == SIGWINCH)
        return TopEvent{.kind = TopEvent::Kind::redraw};
    return TopEvent{.kind = TopEvent::Kind::signal, .signal = number};
}

Result<TopEvent> TopTerminal::take_keys()
{
    std::array<char, 64> bytes{};
    const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return TopEvent{};
    if (got <= 0) // its other end is gone (EIO), or never was one
        return TopEvent{.kind = TopEvent::Kind::closed};
    for (ssize_t i = 0; i < got; ++i)
        if (const auto key = keys_.feed(bytes.at(static_cast<std::size_t>(i))))
            pending_.push_back(*key);
    return pending_.empty() ? Result<TopEvent>(TopEvent{}) : wait(std::chrono::milliseconds(0));
}

} // namespace dbgscope
