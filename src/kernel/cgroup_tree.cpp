// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <thread>

#include "dbgscope/bytes.hpp"
#include "kernel/cgroup_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr int kMaxDepth = 8;
constexpr int kMaxRemovedDepth = 4; ///< a session has one level of its own; what runs inside may have made more
constexpr std::size_t kMaxProcsBytes = 16 * kMiB; ///< of one cgroup.procs
constexpr std::chrono::milliseconds kPause{2};

/// The same in both versions.
const char *procs_file()
{
    return file_name(CgroupFile::procs, 2);
}

void collect(const std::string &directory, int depth, std::vector<pid_t> &pids)
{
    const auto text = read_file(directory + '/' + procs_file(), kMaxProcsBytes);
    if (!text)
        return;
    std::ranges::copy(parse_procs(*text), std::back_inserter(pids));
    std::error_code code;
    for (std::filesystem::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code))
        if (std::error_code ignored; depth < kMaxDepth && entry->is_directory(ignored) && !entry->is_symlink(ignored))
            collect(entry->path().string(), depth + 1, pids);
}

/// Somebody lives in it: cgroup.procs shows a process of another pid namespace as 0.
bool occupied(int parent, const std::string &name, int depth)
{
    if (const auto procs = read_at(parent, name + '/' + procs_file()); procs && !procs->empty())
        return true;
    auto directory = open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory || depth == 0)
        return false;
    const auto children = child_cgroups(directory->get());
    return std::ranges::any_of(children,
                               [&](const std::string &child) { return occupied(directory->get(), child, depth - 1); });
}

/// rmdir, then, when the kernel says EBUSY because of children, the children first.
bool remove_tree(int parent, const std::string &name, int depth)
{
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0)
        return true;
    if (errno != EBUSY || depth == 0)
        return false;
    auto directory = open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory)
        return false;
    bool any = false;
    for (const std::string &child : child_cgroups(directory->get()))
        any = remove_tree(directory->get(), child, depth - 1) || any;
    return any && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

} // namespace

std::vector<pid_t> parse_procs(const std::string &text)
{
    // "12\n4711\n"
    std::vector<pid_t> pids;
    const char *at = text.data();
    const char *const last = at + text.size();
    while (at != last) {
        pid_t pid = 0;
        const auto [end, code] = std::from_chars(at, last, pid);
        if (code == std::errc{} && pid >= 0)
            pids.push_back(pid);
        at = end == at ? at + 1 : end;
        while (at != last && *at == '\n')
            ++at;
    }
    return pids;
}

/// getdents64 rather than opendir: one call, no allocation of its own.
std::vector<std::string> child_cgroups(int parent, std::string_view prefix)
{
    std::vector<std::string> names;
    alignas(dirent64) std::array<char, 16384> block; // NOLINT: filled by getdents64
    for (;;) {
        const ssize_t got = ::getdents64(parent, block.data(), block.size());
        if (got <= 0)
            return names;
        for (ssize_t at = 0; at < got;) {
            const auto *entry = reinterpret_cast<const dirent64 *>(block.data() + at); // NOLINT: the kernel's layout
            at += entry->d_reclen;
            const std::string_view name(entry->d_name);
            if (entry->d_type == DT_DIR && name != "." && name != ".." && name.starts_with(prefix))
                names.emplace_back(name);
        }
    }
}

bool is_occupied(int parent, const std::string &name)
{
    return occupied(parent, name, kMaxRemovedDepth);
}

bool remove_cgroup(int parent, const std::string &name)
{
    return remove_tree(parent, name, kMaxRemovedDepth);
}

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
        if (!at_once || !write_at(AT_FDCWD, directory + '/' + file_name(CgroupFile::kill, 2), "1"))
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
