// SPDX-License-Identifier: Apache-2.0
#include "session/cgroup_processes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

#include "dbgscope/bytes.hpp"
#include "launch/sweep.hpp"
#include "launch/vacate.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxProcsBytes = 16 * kMiB; ///< of one cgroup.procs
constexpr std::chrono::milliseconds kPause{2};

void collect(const std::string &directory, int depth, std::vector<pid_t> &pids)
{
    const auto text = read_file(directory + "/cgroup.procs", kMaxProcsBytes);
    if (!text)
        return;
    std::ranges::copy(parse_procs(*text), std::back_inserter(pids));
    std::error_code code;
    for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code))
        if (std::error_code ignored; depth < kMaxDepth && entry->is_directory(ignored) && !entry->is_symlink(ignored))
            collect(entry->path().string(), depth + 1, pids);
}

} // namespace

std::vector<pid_t> pids_below(const std::string &directory)
{
    std::vector<pid_t> pids;
    collect(directory, 0, pids);
    return pids;
}

bool kill_below(const std::string &directory, const std::function<bool(pid_t)> &spared, bool use_cgroup_kill,
                std::chrono::milliseconds patience)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const std::vector<pid_t> pids = pids_below(directory);
        // 0 stands for a process of another pid namespace: it can only be hit through cgroup.kill.
        const auto may_hit = [&](pid_t pid) { return !spared(pid); };
        if (std::ranges::none_of(pids, may_hit))
            return true;
        const bool at_once = use_cgroup_kill && std::ranges::all_of(pids, may_hit);
        if (!at_once || !write_at(AT_FDCWD, directory + "/cgroup.kill", "1"))
            for (const pid_t pid : pids)
                if (pid > 0 && may_hit(pid))
                    (void)::kill(pid, SIGKILL);
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(kPause);
    }
}

bool remove_cgroup_at(const std::string &path, std::chrono::milliseconds patience)
{
    const auto slash = path.rfind('/');
    const auto parent = open_at(AT_FDCWD, path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    const std::string name = path.substr(slash + 1);
    for (const auto deadline = std::chrono::steady_clock::now() + patience; parent;) {
        if (remove_cgroup(parent->get(), name) || ::faccessat(parent->get(), name.c_str(), F_OK, 0) != 0)
            return true;
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(kPause);
    }
    return true;
}

} // namespace dbgscope
