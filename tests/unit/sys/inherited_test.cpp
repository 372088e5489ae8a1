// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "sys/inherited.hpp"

namespace dbgscope {
namespace {

/// Runs `body` in a child, whose signals and limits are its own; its status.
int in_child(const std::function<bool()> &body)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(body() ? 0 : 1);
    int status = -1;
    (void)::waitpid(child, &status, 0);
    return status;
}

void change_mask(int how, int signal)
{
    sigset_t set{};
    (void)::sigemptyset(&set);
    (void)::sigaddset(&set, signal);
    (void)::sigprocmask(how, &set, nullptr);
}

bool pending(int signal)
{
    sigset_t set{};
    return ::sigpending(&set) == 0 && ::sigismember(&set, signal) == 1;
}

bool ignored(int signal)
{
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void start_and_reap_a_child()
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    (void)::waitpid(child, nullptr, 0);
}

TEST(Inherited, IgnoresWhatWouldEndUsAndGivesItBack)
{
    EXPECT_EQ(in_child([] {
                  const Inherited was = Inherited::set_aside();
                  const bool aside = ignored(SIGXFSZ) && ignored(SIGXCPU);
                  was.give_back();
                  return aside && !ignored(SIGXFSZ) && !ignored(SIGXCPU);
              }),
              0);
}

TEST(Inherited, WhatTheCallerIgnoredStaysIgnored)
{
    EXPECT_EQ(in_child([] {
                  for (const int signal : {SIGXFSZ, SIGCHLD})
                      (void)::signal(signal, SIG_IGN);
                  const Inherited was = Inherited::set_aside();
                  const bool aside = !ignored(SIGCHLD);
                  was.give_back();
                  return aside && ignored(SIGXFSZ) && ignored(SIGCHLD);
              }),
              0);
}

TEST(Inherited, TakesAwayTheSignalOfAChildOfOurs)
{
    EXPECT_EQ(in_child([] {
                  change_mask(SIG_BLOCK, SIGCHLD);
                  const Inherited was = Inherited::set_aside();
                  start_and_reap_a_child();
                  const bool came = pending(SIGCHLD);
                  was.give_back();
                  return came && !pending(SIGCHLD);
              }),
              0);
}

TEST(Inherited, LeavesTheSignalOfAChildThatTheCallerHas)
{
    EXPECT_EQ(in_child([] {
                  change_mask(SIG_BLOCK, SIGCHLD);
                  const Inherited was = Inherited::set_aside();
                  if (::fork() == 0)
                      ::_exit(0);
                  siginfo_t info{};
                  (void)::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
                  start_and_reap_a_child();
                  was.give_back();
                  return pending(SIGCHLD);
              }),
              0);
}

TEST(Inherited, WhatWasPendingIsPendingInAForkedProgramToo)
{
    EXPECT_EQ(in_child([] {
                  for (const int signal : {SIGUSR2, SIGXFSZ, SIGCHLD}) {
                      change_mask(SIG_BLOCK, signal);
                      (void)::raise(signal);
                  }
                  const Inherited was = Inherited::set_aside();
                  return in_child([&was] {
                             const bool lost = !pending(SIGUSR2);
                             was.give_back();
                             return lost && pending(SIGUSR2) && pending(SIGXFSZ) && pending(SIGCHLD);
                         }) == 0;
              }),
              0);
}

TEST(Inherited, WhatWasPendingIsTheForkedProgramsAlone)
{
    EXPECT_EQ(in_child([] {
                  change_mask(SIG_BLOCK, SIGHUP);
                  (void)::raise(SIGHUP);
                  const Inherited was = Inherited::set_aside();
                  was.take_pending();
                  const bool given = in_child([&was] {
                                         was.give_back();
                                         return pending(SIGHUP);
                                     }) == 0;
                  return given && !pending(SIGHUP);
              }),
              0);
}

TEST(Inherited, RaisesSoftLimitsAndGivesThemBack)
{
    EXPECT_EQ(in_child([] {
                  rlimit now{};
                  (void)::getrlimit(RLIMIT_FSIZE, &now);
                  const rlim_t hard = now.rlim_max;
                  now.rlim_cur = 1;
                  (void)::setrlimit(RLIMIT_FSIZE, &now);
                  Inherited was = Inherited::set_aside();
                  was.raise_limits();
                  (void)::getrlimit(RLIMIT_FSIZE, &now);
                  const bool raised = now.rlim_cur == hard;
                  was.give_back();
                  (void)::getrlimit(RLIMIT_FSIZE, &now);
                  return raised && now.rlim_cur == 1;
              }),
              0);
}

TEST(Inherited, AReplacedLimitIsGivenInstead)
{
    EXPECT_EQ(in_child([] {
                  Inherited was = Inherited::set_aside();
                  was.raise_limits();
                  was.replace_limit(RLIMIT_NOFILE, {20, 30});
                  was.give_back();
                  rlimit now{};
                  (void)::getrlimit(RLIMIT_NOFILE, &now);
                  return now.rlim_cur == 20 && now.rlim_max == 30;
              }),
              0);
}

TEST(Inherited, NothingSetAsideChangesNothing)
{
    EXPECT_EQ(in_child([] {
                  (void)::signal(SIGXFSZ, SIG_IGN);
                  Inherited().give_back();
                  return ignored(SIGXFSZ);
              }),
              0);
}

} // namespace
} // namespace dbgscope
