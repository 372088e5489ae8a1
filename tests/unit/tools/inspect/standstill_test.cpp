// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/standstill.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "kernel/process_stat.hpp"
#include "kernel/threads.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

/// What a child with several threads counts, and the signals that it has got.
struct Shared {
    std::atomic<std::uint64_t> counted[3], signals;
};

class Counting {
  public:
    Counting()
    {
        shared_ = static_cast<Shared *>(
            ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        static Shared *of_handler = nullptr;
        of_handler = shared_;
        pid_ = ::fork();
        if (pid_ != 0)
            return;
        for (const int number : {SIGUSR1, SIGRTMIN})
            (void)::signal(number, [](int) { ++of_handler->signals; }); // NOLINT
        for (int i = 1; i < 3; ++i)
            std::thread([this, i] { count(i); }).detach();
        count(0);
    }
    Counting(const Counting &) = delete;
    Counting &operator=(const Counting &) = delete;
    ~Counting()
    {
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
        (void)::munmap(shared_, sizeof(Shared));
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::uint64_t signals() const { return shared_->signals; }
    /// Whether each thread counts within a patience that is long on a busy machine too.
    [[nodiscard]] bool runs() const
    {
        for (const auto &one : shared_->counted) {
            const std::uint64_t before = one;
            for (int i = 0; i < 3000 && one == before; ++i)
                std::this_thread::sleep_for(10ms);
            if (one == before)
                return false;
        }
        return true;
    }
    [[nodiscard]] std::uint64_t sum() const { return shared_->counted[0] + shared_->counted[1] + shared_->counted[2]; }

  private:
    [[noreturn]] void count(int which)
    {
        for (const auto end = std::chrono::steady_clock::now() + 2min; std::chrono::steady_clock::now() < end;) {
            ++shared_->counted[which];
            std::this_thread::sleep_for(1ms);
        }
        ::_exit(0);
    }

    Shared *shared_ = nullptr;
    pid_t pid_ = 0;
};

/// A cgroup of version 2, where that is mounted and ours: where it has no controller it still freezes.
std::string version_2()
{
    for (const std::string root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
        if (std::ifstream(root + "/cgroup.controllers").good() && ::access(root.c_str(), W_OK) == 0)
            return root;
    return {};
}

TEST(Standstill, KeepsEveryThreadWhereItIsAndLetsAllGoOn)
{
    const Counting child;
    ASSERT_TRUE(child.runs());
    {
        Standstill standstill(child.pid(), {});
        ASSERT_TRUE(standstill.complete());
        EXPECT_EQ(standstill.how(), "while its threads were stopped: all of one instant");
        EXPECT_EQ(thread_ids_of(child.pid()).size(), 3U);
        const std::uint64_t before = child.sum();
        EXPECT_EQ(::kill(child.pid(), SIGUSR1), 0); // comes when it goes on
        std::this_thread::sleep_for(50ms);
        EXPECT_EQ(child.sum(), before);
        EXPECT_EQ(child.signals(), 0U);
        EXPECT_EQ(tracer_of(child.pid()), ::getpid());
        standstill.let_go();
        EXPECT_FALSE(standstill.complete());
    }
    EXPECT_TRUE(child.runs());
    EXPECT_EQ(child.signals(), 1U);
    EXPECT_EQ(tracer_of(child.pid()), 0);
}

/// One that a thread is about to get when it stops is held by ptrace(2) and would be dropped by a plain detach.
TEST(Standstill, ASignalOnItsWayIsNotLost)
{
    const Counting child;
    ASSERT_TRUE(child.runs());
    std::atomic<bool> over = false;
    std::uint64_t sent = 0;
    std::thread sender([&] {
        while (!over) {
            sent += ::sigqueue(child.pid(), SIGRTMIN, {}) == 0 ? 1 : 0; // each counts: they queue up
            std::this_thread::sleep_for(20us);
        }
    });
    bool all = true;
    for (int i = 0; i < 500; ++i)
        all &= Standstill(child.pid(), {}).complete();
    over = true;
    sender.join();
    EXPECT_TRUE(all);
    for (int wait = 0; wait < 3000 && child.signals() < sent; ++wait)
        std::this_thread::sleep_for(10ms);
    EXPECT_EQ(child.signals(), sent);
}

TEST(Standstill, WhatIsStoppedAlreadyStaysSo)
{
    const Counting child;
    ASSERT_EQ(::kill(child.pid(), SIGSTOP), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
    {
        const Standstill standstill(child.pid(), {});
        EXPECT_EQ(standstill.how(), "while it was stopped: all of one instant");
    }
    EXPECT_EQ(read_process_stat(child.pid())->state, 'T');
    ASSERT_EQ(::kill(child.pid(), SIGCONT), 0);
    EXPECT_TRUE(child.runs());
}

TEST(Standstill, WhatADebuggerTracesIsFrozenWithItsCgroup)
{
    const std::string root = version_2();
    if (root.empty())
        GTEST_SKIP() << "no cgroup of version 2 that is ours";
    const std::string own = root + "/dbgscope-test." + std::to_string(::getpid());
    ASSERT_EQ(::mkdir(own.c_str(), 0700), 0);
    {
        const Counting child;
        std::ofstream(own + "/cgroup.procs") << child.pid() << std::flush;
        ASSERT_TRUE(child.runs());
        ASSERT_EQ(::ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr), 0); // by this very process: traced is traced
        EXPECT_FALSE(Standstill(child.pid(), {}).complete());                // nobody may freeze it
        {
            const Standstill standstill(child.pid(), {.directory = own});
            EXPECT_EQ(standstill.how(), "while its cgroup was frozen: all of one instant");
            const std::uint64_t before = child.sum();
            std::this_thread::sleep_for(50ms);
            EXPECT_EQ(child.sum(), before);
        }
        EXPECT_TRUE(child.runs());
        { // somebody else holds it by now
            const Standstill standstill(child.pid(), {.directory = own, .stays = [] { return true; }});
            EXPECT_TRUE(standstill.complete());
        }
        std::string events;
        std::getline(std::ifstream(own + "/cgroup.freeze"), events);
        EXPECT_EQ(events, "1");
        std::ofstream(own + "/cgroup.freeze") << "0" << std::flush;
        EXPECT_TRUE(child.runs());
    }
    for (int i = 0; i < 3000 && ::rmdir(own.c_str()) != 0; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_NE(::access(own.c_str(), F_OK), 0);
}

TEST(Standstill, NothingStandsStillWhereNothingIs)
{
    const pid_t gone = ::fork();
    if (gone == 0)
        ::_exit(0);
    ASSERT_EQ(::waitpid(gone, nullptr, 0), gone);
    EXPECT_FALSE(Standstill(gone, {}).complete());
}

} // namespace
} // namespace dbgscope
