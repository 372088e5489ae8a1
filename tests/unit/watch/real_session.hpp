// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "sys/file.hpp"
#include "unit/launch/host.hpp"
#include "watch/oom_watch.hpp"

// Real processes that the real kernel kills for memory, in cgroups of their own.
namespace dbgscope::test {

using namespace std::chrono_literals;

inline constexpr std::uint64_t kCap = 24 * kMiB;

/// Where a test may make cgroups with the memory controller: v1 below our own; v2 below the hierarchy's real root, the
/// only place that may have processes and children.
inline std::string test_parent()
{
    const auto facts = own_cgroup();
    if (facts.memory.version == 1)
        return facts.memory.chain.back().dir;
    const std::string root = facts.memory.version == 2 ? facts.memory.mount : "";
    return root.empty() || ::access((root + "/cgroup.events").c_str(), F_OK) == 0 ? "" : root;
}

/// A split session in real cgroups, in a slice of its own.
class RealSession {
  public:
    RealSession() : slice_(test_parent()), version_(own_cgroup().memory.version)
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
    HostCgroup slice_;
    int version_;
    bool made_ = false;
    UniqueFd scope_, debuggee_, debugger_;
};

inline void allocate(std::size_t mib)
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
inline std::optional<Verdict> after_event(OomWatch &watch)
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

} // namespace dbgscope::test
