// SPDX-License-Identifier: Apache-2.0
#include "watch/stops.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "sys/file.hpp"
#include "task_status.hpp"

namespace dbgscope {
namespace {

using test::bit;
using test::status_text;
using test::Task;
using test::TemporaryDirectory;

/// A cgroup and a /proc of plain files.
class Machine {
  public:
    Machine() { tree_.write("cgroup/cgroup.events", "populated 0\n"), tree_.write("proc/uptime", "1\n"); }
    void process(int pid, const Task &leader, const std::vector<Task> &others = {})
    {
        tree_.write(fmt::format("proc/{}/status", pid), status_text(leader));
        tree_.write(fmt::format("proc/{0}/task/{0}/status", pid), status_text(leader));
        for (std::size_t i = 0; i < others.size(); ++i)
            tree_.write(fmt::format("proc/{}/task/{}/status", pid, pid + 1 + static_cast<int>(i)),
                        status_text(others[i]));
        add(pid);
    }
    void add(int pid, int times = 1)
    {
        while (times-- > 0)
            pids_ += std::to_string(pid) + '\n';
        tree_.write("cgroup/cgroup.procs", pids_);
    }
    [[nodiscard]] ProcessesLook look(LookDepth depth = LookDepth::every_thread) const
    {
        const auto cgroup = open_directory(tree_ / "cgroup"), proc = open_directory(tree_ / "proc");
        EXPECT_TRUE(cgroup && proc);
        return look_at_processes({cgroup->get(), 2}, proc->get(), depth);
    }

  private:
    TemporaryDirectory tree_;
    std::string pids_;
};

const Task kRunning{}, kTraceStopped{.state = "t (tracing stop)"}, kSignalStopped{.state = "T (stopped)"},
    kZombie{.state = "Z (zombie)"};

TEST(Processes, NoneAreThere)
{
    Machine machine;
    const auto removed = machine.look(); // no cgroup.procs any more
    EXPECT_FALSE(removed.any || removed.stop_pending || removed.all_stopped);
    machine.process(10, kZombie);
    machine.process(12, {.state = "R (running)", .memory = ""}); // dying
    machine.process(14, {.state = "Z (zombie)", .threads = 2, .memory = ""}, {{.threads = 2, .memory = ""}});
    machine.add(11); // gone meanwhile
    machine.add(0);  // of another pid namespace
    EXPECT_FALSE(machine.look().any);
    EXPECT_FALSE(machine.look().all_stopped);
}

TEST(Processes, AreAllStopped)
{
    Machine machine;
    Task leader = kTraceStopped;
    leader.threads = 3;
    machine.process(10, leader, {kTraceStopped, kSignalStopped});
    machine.process(20, kSignalStopped);
    machine.process(30, kZombie);
    EXPECT_TRUE(machine.look(LookDepth::leaders).all_stopped);
    EXPECT_TRUE(machine.look().all_stopped);
    EXPECT_TRUE(machine.look().traced);
    EXPECT_EQ(machine.look().threads, 5U);
    machine.process(40, kRunning);
    EXPECT_FALSE(machine.look(LookDepth::leaders).all_stopped);
    EXPECT_FALSE(machine.look().all_stopped);
}

TEST(Processes, AreNotAllStoppedWhileOneThreadRuns)
{
    for (const Task &leader : {kTraceStopped, kZombie}) {
        Machine machine;
        Task main = leader;
        main.threads = 3;
        machine.process(10, main, {kTraceStopped, kRunning});
        EXPECT_FALSE(machine.look(LookDepth::leaders).all_stopped) << leader.state;
        EXPECT_TRUE(machine.look(LookDepth::leaders).any) << leader.state;
    }
}

TEST(Processes, OneIsAskedToStop)
{
    Machine machine;
    machine.process(10, kRunning);
    Task asked = kRunning;
    asked.shared = bit(SIGTRAP);
    machine.process(20, asked);
    EXPECT_TRUE(machine.look(LookDepth::leaders).stop_pending);
    EXPECT_TRUE(machine.look().stop_pending);
}

TEST(Processes, AThreadIsAskedToStop)
{
    Machine machine;
    Task leader = kRunning, asked = kRunning;
    leader.threads = 3;
    asked.own = bit(SIGSTOP);
    machine.process(10, leader, {kRunning, asked});
    EXPECT_TRUE(machine.look().stop_pending);
    EXPECT_FALSE(machine.look(LookDepth::leaders).stop_pending) << "its threads are not asked at every look";
}

TEST(Processes, ThreadsThatAreStillToStopAreSeenOnceTheMainOneHas)
{
    Machine machine;
    Task leader = kTraceStopped, asked = kRunning;
    leader.threads = 2;
    asked.own = bit(SIGSTOP);
    machine.process(10, leader, {asked});
    EXPECT_TRUE(machine.look(LookDepth::leaders).stop_pending);
}

TEST(Processes, AThreadMayBeAboutToStart)
{
    const auto starting = [](const Task &leader, const std::vector<Task> &others) {
        Machine machine;
        Task main = leader;
        main.threads = static_cast<int>(others.size()) + 1;
        machine.process(10, main, others);
        const ProcessesLook look = machine.look();
        EXPECT_TRUE(look.stop_pending);
        return look.starting;
    };
    Task asked = kRunning, interrupted = kRunning;
    asked.own = bit(SIGSTOP);
    interrupted.own = bit(SIGSTOP) | bit(SIGTRAP);
    EXPECT_TRUE(starting(kTraceStopped, {kRunning, asked, kRunning})) << "one, and the others run";
    EXPECT_FALSE(starting(kTraceStopped, {kTraceStopped, asked})) << "the last one of a stop";
    EXPECT_FALSE(starting(kTraceStopped, {asked, kRunning, asked}));
    EXPECT_FALSE(starting(asked, {kRunning, kRunning})) << "a main thread has started long ago";
    EXPECT_FALSE(starting(kTraceStopped, {kRunning, interrupted}));
}

TEST(Processes, ASignalThatIsBlockedOrAlreadyStoppedForIsNoRequest)
{
    Task blocks = kRunning, stopped = kTraceStopped;
    blocks.shared = blocks.blocked = bit(SIGINT) | bit(SIGTERM); // signalfd(2)
    stopped.own = bit(SIGSTOP);
    Machine machine;
    machine.process(10, blocks);
    machine.process(20, stopped);
    EXPECT_FALSE(machine.look().stop_pending);
    // Another thread does not block it.
    Task leader = blocks, open = kRunning;
    leader.threads = 2;
    open.shared = leader.shared;
    machine.process(30, leader, {open});
    EXPECT_TRUE(machine.look().stop_pending);
}

TEST(Processes, UntracedOnesAreKnownAsSuch)
{
    Task alone = kRunning;
    alone.tracer = 0;
    Machine machine;
    machine.process(10, alone);
    EXPECT_FALSE(machine.look().traced);
    machine.process(20, kRunning);
    EXPECT_TRUE(machine.look().traced);
}

TEST(Processes, AnUntracedOneThatIsAskedFirstSaysNothingOfTheRest)
{
    Machine machine; // Ctrl-C reaches the whole process group
    machine.process(10, {.shared = bit(SIGINT), .tracer = 0});
    machine.process(20, kRunning);
    EXPECT_TRUE(machine.look().stop_pending);
    EXPECT_TRUE(machine.look().traced);
}

TEST(Processes, AnUnreadableStatusCountsAsRunningAndTraced)
{
    Machine machine;
    machine.process(10, {.state = ""});
    const auto look = machine.look();
    EXPECT_TRUE(look.any && look.traced);
    EXPECT_FALSE(look.all_stopped || look.stop_pending);
}

TEST(Processes, ALookIsBounded)
{
    Machine machine;
    machine.process(10, kTraceStopped);
    machine.add(10, kMaxTasksALook - 1);
    machine.process(100'000, kRunning);
    EXPECT_TRUE(machine.look().all_stopped) << "what lies beyond was looked at";
}

/// A child with three more threads, stopped for real.
TEST(Processes, OfThisMachine)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL); // also when an assertion ends the test early
        pthread_t thread;                         // NOLINT: set by pthread_create
        for (int i = 0; i < 3; ++i)
            (void)pthread_create(
                &thread, nullptr,
                [](void *) -> void * {
                    for (;;)
                        (void)::pause();
                },
                nullptr);
        (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        (void)::raise(SIGSTOP);
        for (;;)
            (void)::pause();
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSTOPPED(status));
    TemporaryDirectory tree;
    tree.write("cgroup.procs", std::to_string(pid) + '\n');
    const auto cgroup = open_directory(tree.path()), proc = open_directory("/proc");
    const auto look = [&] { return look_at_processes({cgroup->get(), 2}, proc->get(), LookDepth::every_thread); };
    EXPECT_TRUE(look().any && look().traced);
    EXPECT_FALSE(look().all_stopped) << "only the main thread is traced and stopped";
    (void)::ptrace(PTRACE_DETACH, pid, nullptr, SIGSTOP);
    for (int i = 0; i < 200 && !look().all_stopped; ++i)
        (void)::usleep(10'000);
    EXPECT_TRUE(look().all_stopped);
    EXPECT_FALSE(look().traced);
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, &status, 0);
    EXPECT_FALSE(look().any);
}

} // namespace
} // namespace dbgscope
