// SPDX-License-Identifier: Apache-2.0
#include "cli/notify_desktop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include "kernel/proc_files.hpp"
#include "sys/fd.hpp"
#include "sys/notifications.hpp"
#include "tools/inspect/holder_line.hpp"
#include "watch/desktop.hpp"

namespace dbgscope {
namespace {

constexpr const char *kMore = "more", *kGiveMore = "Give it more";
constexpr std::chrono::seconds kGivenStays{10};
constexpr std::chrono::seconds kPatience{5}; ///< the bus may have to start the service first
constexpr std::size_t kMaxInput = 65536;

Deadline soon()
{
    return Deadline::clock::now() + kPatience;
}

/// What `dbgscope more ID` says, and whether it has come to something.
std::pair<bool, std::string> give_more(const std::string &session)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return {false, "no descriptors are left"};
    const UniqueFd from(ends[0]);
    UniqueFd to(ends[1]);
    std::string words[] = {"dbgscope", kMore, session};
    char *arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    posix_spawn_file_actions_t actions{};
    (void)::posix_spawn_file_actions_init(&actions);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
        (void)::posix_spawn_file_actions_adddup2(&actions, to.get(), output);
    pid_t child = 0;
    const int code = ::posix_spawn(&child, kSelfExecutable, &actions, nullptr, arguments, environ);
    to.reset();
    std::string said;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; code == 0 && (got = ::read(from.get(), block.data(), block.size())) > 0;)
        said.append(block.data(), static_cast<std::size_t>(got));
    int status = -1;
    while (code == 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {status == 0, said.substr(0, said.find('\n'))};
}

/// One session's notification.
class OneNotification {
  public:
    OneNotification(Notifications service, std::string session)
        : service_(std::move(service)), session_(std::move(session))
    {
    }

    /// False: the last one.
    bool take(std::string_view line)
    {
        const std::string_view kind = line.substr(0, line.find(' '));
        const std::string text(line.substr(std::min(kind.size() + 1, line.size())));
        if (kind == kDesktopHeld) {
            given_until_.reset(); // it did not last
            return show({.summary = "Debuggee held", .body = text, .actions = {{kMore, kGiveMore}}, .stays = true});
        }
        if (kind == kDesktopKilled)
            (void)show({.summary = "Killed for memory", .body = text, .actions = {}});
        else if (given_until_)
            return true;
        else
            close();
        id_ = 0; // it stays for its reader
        return false;
    }
    bool on_bus()
    {
        const auto events = service_.process();
        if (!events)
            return false;
        for (const NotificationEvent &event : *events) {
            if (id_ == 0 || event.id != id_)
                continue;
            if (event.action == kMore) {
                answer();
                break; // the others are of what that has replaced
            }
            if (event.action.empty())
                id_ = 0; // dismissed: what comes later is a new one
        }
        return !given_until_ || id_ != 0;
    }
    /// For poll(2), ms. 0: what was given has been shown for long enough.
    [[nodiscard]] int patience() const
    {
        if (!given_until_)
            return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*given_until_ - Deadline::clock::now());
        return static_cast<int>(std::max(left.count(), std::chrono::milliseconds::rep{0}));
    }
    void close()
    {
        if (id_ != 0)
            (void)service_.close(std::exchange(id_, 0), soon()).has_value();
    }
    [[nodiscard]] pollfd wait() const { return {.fd = service_.fd(), .events = service_.events(), .revents = 0}; }

  private:
    void answer()
    {
        const auto [done, said] = give_more(session_);
        if (done) {
            (void)show({.summary = "Given more", .body = said, .actions = {}, .urgent = false});
            given_until_ = Deadline::clock::now() + kGivenStays;
        } else {
            (void)show({.summary = "Cannot give it more", .body = said, .actions = {{kMore, kGiveMore}}});
        }
    }
    bool show(const Notification &what)
    {
        const auto id = service_.show(what, id_, soon());
        id_ = id.value_or(0);
        return id.has_value();
    }

    Notifications service_;
    std::string session_;
    std::uint32_t id_ = 0;
    std::optional<Deadline> given_until_; ///< that it was given more is shown until then, or until the next hold
};

/// The next line of standard input, whole. Nothing: none yet; `ended`: there will be none.
class Input {
  public:
    std::optional<std::string> next()
    {
        const auto end = text_.find('\n');
        if (end == std::string::npos)
            return std::nullopt;
        std::string line = text_.substr(0, end);
        text_.erase(0, end + 1);
        return line;
    }
    void read()
    {
        std::array<char, 4096> block{};
        const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
        if (got > 0)
            text_.append(block.data(), static_cast<std::size_t>(got));
        ended_ = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || text_.size() > kMaxInput;
    }
    [[nodiscard]] bool ended() const { return ended_; }

  private:
    std::string text_;
    bool ended_ = false;
};

} // namespace

Result<int> notify_desktop(const std::vector<std::string> &words)
{
    const std::string bus = session_bus();
    if (words.size() != 1 || bus.empty())
        return 1;
    become_dispensable(0); // no time limit: a hold may last
    auto service = Notifications::connect(bus, soon());
    if (!service)
        return 1;
    OneNotification notice(std::move(*service), words[0]);
    Input input;
    while (!input.ended()) {
        std::array<pollfd, 2> wait{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}, notice.wait()};
        const int patience = notice.patience();
        if (patience == 0 || (::poll(wait.data(), wait.size(), patience) < 0 && errno != EINTR))
            break;
        if (wait[1].revents != 0 && !notice.on_bus())
            return 0;
        if (wait[0].revents != 0)
            input.read();
        while (const auto line = input.next())
            if (!notice.take(*line))
                return 0;
    }
    notice.close(); // the session is over, or the next hold is to be shown
    return 0;
}

} // namespace dbgscope
