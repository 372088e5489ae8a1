// SPDX-License-Identifier: Apache-2.0
#include "launch/watcher_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "unit/launch/host.hpp"

namespace dbgscope::test {
namespace {

const SessionPlace kPlaces{.version = 2,
                           .scope = "/sys/fs/cgroup/a b.scope",
                           .unified = "",
                           .divided = true,
                           .debugger_leaf = true,
                           .remove = false};

/// Forks a watcher that runs `watch` and ends; the launcher's half is `launch`. All in a child of the test.
int with_watcher(const Watch &order, const std::function<int(WatcherLink &)> &launch,
                 const std::function<void(WatchStart &)> &watch)
{
    return in_child([&] {
               auto forked = fork_watcher(order);
               if (!forked)
                   return 99;
               if (forked->watcher) {
                   watch(*forked->watcher);
                   ::_exit(0);
               }
               return launch(*forked->link);
           })
        .status;
}

TEST(WatcherLink, PlacesArriveAndAreAcknowledged)
{
    const auto launch = [](WatcherLink &link) {
        return link.introduce(kPlaces) && link.await_ready() && link.watcher() != ::getpid() ? 7 : 1;
    };
    EXPECT_EQ(7, with_watcher({}, launch, [](WatchStart &start) {
                  const auto message = receive_from_launcher(start.launcher.get());
                  if (message && message->place && message->place->scope == kPlaces.scope &&
                      message->place->unified.empty() && message->place->divided && message->place->debugger_leaf &&
                      !message->place->remove && message->place->version == 2)
                      tell_launcher_ready(start.launcher.get());
              }));
}

TEST(WatcherLink, DescriptorArrivesOpenAndCloseOnExec)
{
    const auto launch = [](WatcherLink &link) {
        int ends[2] = {-1, -1};
        (void)!::pipe2(ends, O_CLOEXEC);
        if (!link.hand_over(UniqueFd(ends[1])))
            return 1;
        char byte = 0;
        return ::read(ends[0], &byte, 1) == 1 && byte == '1' ? 7 : 2;
    };
    EXPECT_EQ(7, with_watcher({}, launch, [](WatchStart &start) {
                  const auto message = receive_from_launcher(start.launcher.get());
                  const bool cloexec =
                      message && (::fcntl(message->listener.get(), F_GETFD) & FD_CLOEXEC) != 0; // NOLINT(*-vararg)
                  (void)!::write(message->listener.get(), cloexec ? "1" : "0", 1);
              }));
}

TEST(WatcherLink, EndOfTheLauncherIsTheEndOfItsMessages)
{
    const auto launch = [](WatcherLink &link) {
        link.tell_execution(false);
        link.tell_execution(true);
        return 7;
    };
    EXPECT_EQ(7, with_watcher({}, launch, [](WatchStart &start) {
                  const int socket = start.launcher.get();
                  const auto first = receive_from_launcher(socket);
                  const auto second = receive_from_launcher(socket);
                  const bool right = first && first->executes == true && second && second->executes == false &&
                                     !receive_from_launcher(socket);
                  if (!right)
                      (void)::kill(start.debugger, SIGKILL);
              }));
}

TEST(WatcherLink, DeadWatcherIsAnErrorNotASignal)
{
    const auto launch = [](WatcherLink &link) {
        (void)::kill(link.watcher(), SIGKILL);
        const bool failed = !link.introduce(kPlaces) || !link.await_ready();
        return failed ? 7 : 1;
    };
    EXPECT_EQ(7, with_watcher({}, launch, [](WatchStart &) { (void)::pause(); }));
}

/// In the watcher: a session of its own, its own name, /dev/null for stdin.
bool stands_alone(pid_t debugger)
{
    struct stat null{};
    struct stat in{};
    (void)::stat("/dev/null", &null);
    (void)::fstat(STDIN_FILENO, &in);
    return ::getsid(0) == ::getpgid(0) && ::getpgid(0) != ::getpgid(debugger) && in.st_rdev == null.st_rdev &&
           slurp("/proc/self/comm") == "dbgscope-watch\n";
}

TEST(WatcherLink, WatcherHasASessionOfItsOwnAndNothingButStderr)
{
    const auto body = [] {
        int ends[2] = {-1, -1};
        if (::pipe(ends) != 0) // without close-on-exec, as what an editor hands down
            return 98;
        auto forked = fork_watcher({});
        if (forked && forked->watcher) {
            if (stands_alone(forked->watcher->debugger))
                tell_launcher_ready(forked->watcher->launcher.get());
            (void)::pause();
        }
        (void)::close(ends[1]);
        char byte = 0; // end of file although the watcher lives: it does not hold the other end
        const bool ended = ::read(ends[0], &byte, 1) == 0;
        const bool no_child = ::waitpid(-1, nullptr, WNOHANG) == -1;
        const bool ready = forked->link->await_ready().has_value();
        (void)::kill(forked->link->watcher(), SIGKILL);
        return ended && no_child && ready ? 7 : 1;
    };
    EXPECT_EQ(7, in_child(body).status);
}

TEST(WatcherLink, UnderWaitTheCallerBecomesTheWatcher)
{
    Watch order;
    order.wait = true;
    EXPECT_EQ(7, in_child([&] {
                     auto forked = fork_watcher(order);
                     if (forked && forked->link) // the launcher is the child, and its watcher the parent
                         ::_exit(forked->link->watcher() == ::getppid() ? 3 : 4);
                     int status = 0;
                     const pid_t child = forked ? forked->watcher->debugger : -1;
                     return ::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3 ? 7 : 1;
                 }).status);
}

} // namespace
} // namespace dbgscope::test
