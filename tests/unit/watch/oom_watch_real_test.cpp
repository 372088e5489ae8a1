// SPDX-License-Identifier: Apache-2.0
#include "watch/oom_watch.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/file.hpp"
#include "unit/launch/host.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Time = OomWatch::Time;

constexpr std::uint64_t kCap = 24 * kMiB;

/// Where a test may make cgroups with the memory controller: v1 below our own; v2 below the hierarchy's real root, the
/// only place that may have processes and children.
std::string test_parent()
{
    const auto facts = test::own_cgroup();
    if (facts.memory.version == 1)
        return facts.memory.chain.back().dir;
    const std::string root = facts.memory.version == 2 ? facts.memory.mount : "";
    return root.empty() || ::access((root + "/cgroup.events").c_str(), F_OK) == 0 ? "" : root;
}

/// A split session in real cgroups, in a slice of its own.
class RealSession {
  public:
    RealSession() : slice_(test_parent()), version_(test::own_cgroup().memory.version)
    {
        scope_path = slice_.path() + "/run-p1-" + std::to_string(::getpid()) + ".scope";
        made_ = slice_.made() && divide(slice_.path()) && ::mkdir(scope_path.c_str(), 0755) == 0 &&
                divide(scope_path) && ::mkdir((scope_path + "/debuggee").c_str(), 0755) == 0 &&
                ::mkdir((scope_path + "/debugger").c_str(), 0755) == 0;
        scope_ = std::move(*open_directory(scope_path));
        debuggee_ = std::move(*open_directory(scope_path + "/debuggee"));
        debugger_ = std::move(*open_directory(scope_path + "/debugger"));
    }
    ~RealSession()
    {
        // A killed child whose parent died too is reaped by somebody else: v1 refuses until then.
        for (int i = 0; i < 200 && ::rmdir((scope_path + "/debuggee").c_str()) != 0 && errno == EBUSY; ++i)
            std::this_thread::sleep_for(10ms);
    }
    RealSession(const RealSession &) = delete;
    RealSession &operator=(const RealSession &) = delete;
    [[nodiscard]] bool made() const { return made_; }
    [[nodiscard]] int version() const { return version_; }
    void limit(const std::string &where, std::uint64_t bytes) const
    {
        const std::string value = std::to_string(bytes);
        const std::string directory = where == ".." ? slice_.path() : scope_path + where;
        auto fd = open_directory(directory);
        if (version_ == 2) {
            ASSERT_TRUE(write_at(fd->get(), "memory.max", value));
            (void)write_at(fd->get(), "memory.swap.max", "0");
            return;
        }
        (void)write_at(fd->get(), "memory.memsw.limit_in_bytes", value); // never below the other: first, or last
        ASSERT_TRUE(write_at(fd->get(), "memory.limit_in_bytes", value));
        (void)write_at(fd->get(), "memory.memsw.limit_in_bytes", value);
    }
    OomSetup setup(int debugger_pid = 0) const
    {
        return {.version = version_,
                .scope = {scope_.get(), scope_path},
                .debuggee = {debuggee_.get(), scope_path + "/debuggee"},
                .debugger = {debugger_.get(), scope_path + "/debugger"},
                .debugger_pid = debugger_pid,
                .context = {.tool = "dlv", .split = true, .builds = true}};
    }

    std::string scope_path;

  private:
    bool divide(const std::string &path) const
    {
        if (version_ != 2)
            return true;
        auto fd = open_directory(path);
        return fd && write_at(fd->get(), "cgroup.subtree_control", "+memory");
    }
    test::HostCgroup slice_;
    int version_;
    bool made_ = false;
    UniqueFd scope_, debuggee_, debugger_;
};

void allocate(std::size_t mib)
{
    for (std::size_t i = 0; i < mib; ++i) {
        void *const block = ::mmap(nullptr, kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block != MAP_FAILED)
            std::memset(block, 1, kMiB);
    }
}

/// A process in `directory` that runs `body` once go() is called.
class Process {
  public:
    Process(const std::string &directory, const char *name, const std::function<void()> &body)
    {
        if (::pipe2(ends_, O_CLOEXEC) != 0)
            return;
        pid = ::fork();
        if (pid == 0) {
            (void)::prctl(PR_SET_NAME, name);
            std::ofstream(directory + "/cgroup.procs") << 0 << std::flush;
            char byte = 0;
            (void)::close(ends_[1]);
            (void)!::read(ends_[0], &byte, 1);
            body();
            ::_exit(0);
        }
        (void)::close(ends_[0]);
    }
    ~Process()
    {
        go();
        if (pid > 0)
            (void)::kill(pid, SIGKILL);
        (void)wait();
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;
    void go()
    {
        if (ends_[1] >= 0)
            (void)::close(std::exchange(ends_[1], -1));
    }
    /// Its end, still a zombie.
    void end() const
    {
        siginfo_t info{};
        (void)::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
    }
    int wait()
    {
        if (pid > 0)
            (void)::waitpid(std::exchange(pid, 0), &status_, 0);
        return status_;
    }
    pid_t pid = 0;

  private:
    int ends_[2] = {-1, -1};
    int status_ = 0;
};

/// As the loop does it: an event, then timers while one is wanted.
std::optional<Verdict> after_event(OomWatch &watch)
{
    auto told = watch.on_memory_event(std::chrono::steady_clock::now());
    for (int i = 0; i < 60 && !told && watch.next_look(); ++i) {
        std::this_thread::sleep_until(*watch.next_look());
        told = watch.on_timer(std::chrono::steady_clock::now());
    }
    return told;
}

class RealOom : public ::testing::Test {
  protected:
    void SetUp() override
    {
        DBGSCOPE_NEEDS_ROOT();
        if (test_parent().empty())
            GTEST_SKIP() << "needs a memory hierarchy in which cgroups may be made";
        session.emplace();
        ASSERT_TRUE(session->made());
    }
    std::optional<RealSession> session;
};

TEST_F(RealOom, AKillElsewhereIsNotOursWhereNoCgroupCanBeSeen)
{
    session->limit("/debuggee", kCap);
    OomWatch watch({.version = session->version(),
                    .scope = {},
                    .debuggee = {},
                    .debugger = {},
                    .debugger_pid = ::getpid(),
                    .context = {.tool = "run"}});
    Process other(session->scope_path + "/debuggee", "other", [] { allocate(64); });
    other.go();
    other.end();
    EXPECT_FALSE(watch.on_debugger_gone(0, std::chrono::steady_clock::now()));
}

/// The limit is the scope's, and its only process is who is watched.
TEST_F(RealOom, ACommandsDeathIsToldOnce)
{
    session->limit("", kCap);
    Process command(session->scope_path + "/debugger", "command", [] { allocate(64); });
    OomSetup made = session->setup(command.pid);
    made.context = {.tool = "run"};
    OomWatch watch(std::move(made));
    command.go();
    command.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->memory()) << told->line;
    EXPECT_FALSE(watch.on_debugger_gone(command.wait(), std::chrono::steady_clock::now()));
}

TEST_F(RealOom, DebuggeeHitsItsCap)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    EXPECT_FALSE(watch.on_memory_event(Time{}));
    Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
    watch.on_debuggee_started(leak.pid);
    leak.go();
    leak.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::cap);
    EXPECT_EQ(told->victim, Victim::debuggee);
    EXPECT_THAT(
        told->line,
        MatchesRegex("debuggee killed for memory: leak \\(pid [0-9]+(, [0-9.]+M)?\\) (probably )?hit its cap of 24M "
                     "\\(memory.[a-z_]+ of …/debuggee\\). dlv will say \"Process [0-9]+ has exited "
                     "with status -9\". Try --memory-max=48M, or --fuse-action=hold .*"));
    EXPECT_THAT(told->line, HasSubstr("pid " + std::to_string(leak.pid)));
    // Once: neither its end nor another event says it again.
    const pid_t pid = leak.pid;
    EXPECT_FALSE(watch.on_debuggee_gone(pid, "leak", leak.wait(), std::chrono::steady_clock::now()));
    EXPECT_FALSE(after_event(watch));
    EXPECT_FALSE(watch.next_look());
    EXPECT_TRUE(watch.last_debuggee_killed_for_memory());
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    EXPECT_EQ(watch.counts().oom, session->version() == 2 ? 1u : 0u);
    EXPECT_GT(watch.debuggee_peak_bytes(), kCap / 2);
}

TEST_F(RealOom, OnlyItsEndIsTold)
{
    session->limit("/debuggee", kCap); // as on v1, where no event comes
    OomWatch watch(session->setup());
    for (int round = 0; round < 5; ++round) {
        Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
        const pid_t pid = leak.pid;
        watch.on_debuggee_started(pid);
        EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
        leak.go();
        const auto status = leak.wait();
        auto told = watch.on_debuggee_gone(pid, "leak", status, std::chrono::steady_clock::now());
        if (!told)
            told = after_event(watch);
        ASSERT_TRUE(told) << round;
        EXPECT_EQ(told->cause, Cause::cap);
        EXPECT_THAT(told->line, HasSubstr("debuggee killed for memory: leak (pid " + std::to_string(pid)));
    }
    EXPECT_EQ(watch.counts().oom_kill, 5u);
}

TEST_F(RealOom, ChildOfTheDebuggee)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process parent(session->scope_path + "/debuggee", "server", [] {
        if (const pid_t child = ::fork(); child == 0) {
            (void)::prctl(PR_SET_NAME, "worker");
            allocate(64);
            ::_exit(0);
        } else {
            (void)::waitpid(child, nullptr, 0);
            ::pause();
        }
    });
    watch.on_debuggee_started(parent.pid);
    parent.go();
    std::optional<Verdict> told;
    for (int i = 0; i < 100 && !told; ++i) {
        std::this_thread::sleep_for(50ms);
        told = after_event(watch);
    }
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::debuggee_child);
    EXPECT_THAT(told->line, HasSubstr("a process started by the debuggee was killed for memory: "));
    EXPECT_THAT(told->line, HasSubstr("hit the debuggee's cap of 24M"));
    EXPECT_THAT(told->line, Not(HasSubstr("will say")));
    EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
}

TEST_F(RealOom, Build)
{
    session->limit("/debugger", kCap);
    Process debugger(session->scope_path + "/debugger", "dlv", [] { ::pause(); });
    OomWatch watch(session->setup(debugger.pid));
    Process compile(session->scope_path + "/debugger", "compile", [] { allocate(64); });
    compile.go();
    compile.end();
    const auto told = after_event(watch);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::debugger);
    EXPECT_EQ(told->victim, Victim::helper);
    EXPECT_THAT(told->line, HasSubstr("the build was killed for memory: "));
    EXPECT_THAT(told->line, HasSubstr("hit the debugger's limit of 24M"));
}

TEST_F(RealOom, DebuggerItself)
{
    session->limit("/debugger", kCap);
    Process debugger(session->scope_path + "/debugger", "dlv", [] { allocate(64); });
    OomWatch watch(session->setup(debugger.pid));
    debugger.go();
    debugger.end();
    const auto told = watch.on_debugger_gone(std::nullopt, std::chrono::steady_clock::now());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->victim, Victim::debugger);
    EXPECT_EQ(told->cause, Cause::debugger);
    EXPECT_THAT(told->line, HasSubstr("dlv itself was killed for memory: "));
}

TEST_F(RealOom, ScopeAndSlice)
{
    session->limit("/debuggee", kCap * 4);
    for (const bool slice : {false, true}) {
        session->limit("", slice ? kCap * 4 : kCap + kMiB);
        if (slice)
            session->limit("..", kCap);
        OomWatch watch(session->setup());
        Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
        watch.on_debuggee_started(leak.pid);
        leak.go();
        leak.end();
        const auto told = after_event(watch);
        ASSERT_TRUE(told);
        EXPECT_EQ(told->cause, slice ? Cause::ancestor : Cause::scope) << told->line;
        EXPECT_THAT(told->line,
                    HasSubstr(slice ? "ScopeAndSlice hit its limit of 24M" : "the session hit its total of 25M"));
        EXPECT_THAT(told->line, HasSubstr("of a cap of 96M"));
    }
}

TEST_F(RealOom, SigkillWithoutMemory)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process idle(session->scope_path + "/debuggee", "idle", [] { ::pause(); });
    const pid_t pid = idle.pid;
    watch.on_debuggee_started(pid);
    (void)::kill(pid, SIGKILL);
    const auto told = watch.on_debuggee_gone(pid, "idle", idle.wait(), std::chrono::steady_clock::now());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->cause, Cause::not_memory);
    EXPECT_FALSE(told->say);
    EXPECT_FALSE(watch.last_debuggee_killed_for_memory());
    EXPECT_FALSE(watch.next_look());
}

TEST_F(RealOom, RemovedCgroupKeepsItsCounts)
{
    session->limit("/debuggee", kCap);
    OomWatch watch(session->setup());
    Process leak(session->scope_path + "/debuggee", "leak", [] { allocate(64); });
    leak.go();
    (void)leak.wait();
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    const auto peak = watch.debuggee_peak_bytes();
    for (const char *name : {"/debuggee", "/debugger", ""})
        ASSERT_EQ(::rmdir((session->scope_path + name).c_str()), 0);
    EXPECT_EQ(watch.counts().oom_kill, 1u);
    EXPECT_EQ(watch.debuggee_peak_bytes(), peak);
    (void)watch.on_debugger_gone(std::nullopt, Time{});
}

} // namespace
} // namespace dbgscope
