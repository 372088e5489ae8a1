// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "dbgscope/facts.hpp"
#include "kernel/own_cgroup.hpp"

// What the launch tests share: children for irreversible steps, cgroups of our own on the real host.
namespace dbgscope::test {

/// A directory for files, removed with everything in it.
class TemporaryDirectory {
  public:
    TemporaryDirectory()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "dbgscope-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryDirectory(const TemporaryDirectory &) = delete;
    TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string &name) const { return path_ + '/' + name; }

    void write(const std::string &name, const std::string &text, unsigned mode = 0644) const
    {
        std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
        std::ofstream(*this / name) << text;
        (void)::chmod((*this / name).c_str(), mode);
    }

  private:
    std::string path_;
};

inline std::string slurp(const std::string &path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

struct ChildResult {
    int status = -1;    ///< exit status, or 1000 + signal
    std::string output; ///< what it wrote to descriptor 1
};

/// Runs `body` in a forked child whose stdout is read; its result is the exit status unless it execs.
inline ChildResult in_child(const std::function<int()> &body)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const pid_t pid = ::fork();
    if (pid == 0) {
        (void)::dup2(ends[1], STDOUT_FILENO);
        ::_exit(body());
    }
    (void)::close(ends[1]);
    ChildResult result;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], block, sizeof block)) > 0;)
        result.output.append(block, static_cast<std::size_t>(got));
    (void)::close(ends[0]);
    int status = 0;
    (void)::waitpid(pid, &status, 0);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    return result;
}

/// The text reaches in_child's output.
inline void tell(const std::string &text)
{
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
}

inline CgroupFacts own_cgroup()
{
    Reader reader("");
    CgroupFacts facts;
    probe_cgroup(reader, ChainDetail::basic, facts);
    return facts;
}

/// A cgroup for the running test below `parent`, removed with its children.
class HostCgroup {
  public:
    explicit HostCgroup(const std::string &parent)
    {
        const auto *const running = ::testing::UnitTest::GetInstance()->current_test_info();
        path_ = parent + "/dbgscope-test-" + std::to_string(::getpid()) + '-' + running->name();
        made_ = ::mkdir(path_.c_str(), 0755) == 0;
    }
    HostCgroup(const HostCgroup &) = delete;
    HostCgroup &operator=(const HostCgroup &) = delete;
    ~HostCgroup() { remove(path_); }
    [[nodiscard]] bool made() const { return made_; }
    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    static void remove(const std::string &path)
    {
        std::error_code code;
        for (const auto &entry : std::filesystem::directory_iterator(path, code))
            if (entry.is_directory(code))
                remove(entry.path().string());
        (void)::rmdir(path.c_str());
    }

    std::string path_;
    bool made_ = false;
};

} // namespace dbgscope::test

// Both end the calling test with the reason.
#define DBGSCOPE_NEEDS_ROOT()                                                                                          \
    if (::geteuid() != 0)                                                                                              \
    GTEST_SKIP() << "needs root"
#define DBGSCOPE_NEEDS_V1_ROOT()                                                                                       \
    if (::geteuid() != 0 || ::dbgscope::test::own_cgroup().memory.version != 1)                                        \
    GTEST_SKIP() << "needs root and a cgroup v1 memory hierarchy"
