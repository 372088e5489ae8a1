// SPDX-License-Identifier: Apache-2.0
#include "launch/sweep.hpp"

#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kPrefix = "dbgscope.";
constexpr std::size_t kMaxRemovals = 256;
constexpr int kMaxDepth = 4; ///< a session has one level of its own; what runs inside may have made more

/// Decimal digits only, no leading zero, at most `max`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max)
{
    std::uint64_t value = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value);
    if (text.empty() || text.front() == '0' || code != std::errc{} || end != last || value > max)
        return std::nullopt;
    return value;
}

/// Names of the subdirectories of an open directory. getdents64 rather than opendir: one call, no allocation of its
/// own.
std::vector<std::string> subdirectories(int directory, std::string_view prefix)
{
    std::vector<std::string> names;
    alignas(dirent64) std::array<char, 16384> block; // NOLINT: filled by getdents64
    for (;;) {
        const ssize_t got = ::getdents64(directory, block.data(), block.size());
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

bool alive(const SessionDirectory &session, const std::string &proc)
{
    const auto stat = read_file(proc + '/' + std::to_string(session.pid) + "/stat", 4096);
    if (!stat) // gone, or hidden by hidepid: a cgroup with processes cannot be removed anyway
        return false;
    const auto ticks = parse_start_ticks(*stat);
    return !ticks || *ticks == session.start_ticks;
}

/// Somebody lives in it: a debugger whose pid means nothing here, from another pid namespace. cgroup.procs shows such a
/// process as 0.
bool occupied(int parent, const std::string &name, int depth)
{
    if (const auto procs = read_at(parent, name + "/cgroup.procs"); procs && !procs->empty())
        return true;
    auto directory = open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory || depth == 0)
        return false;
    const auto children = subdirectories(directory->get(), "");
    return std::any_of(children.begin(), children.end(),
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
    for (const std::string &child : subdirectories(directory->get(), ""))
        any = remove_tree(directory->get(), child, depth - 1) || any;
    return any && ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

} // namespace

std::optional<SessionDirectory> parse_session_directory(std::string_view name)
{
    // dbgscope.run-p123-0011223344556677.123-4567
    if (!name.starts_with(kPrefix))
        return std::nullopt;
    const auto dot = name.rfind('.');
    if (dot < kPrefix.size() + 1)
        return std::nullopt;
    const std::string_view tail = name.substr(dot + 1);
    const auto dash = tail.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto pid = parse_number(tail.substr(0, dash), static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()));
    const auto ticks = parse_number(tail.substr(dash + 1), std::numeric_limits<std::uint64_t>::max());
    if (!pid || !ticks)
        return std::nullopt;
    return SessionDirectory{name.substr(kPrefix.size(), dot - kPrefix.size()), static_cast<pid_t>(*pid), *ticks};
}

std::optional<std::uint64_t> parse_start_ticks(std::string_view stat)
{
    // 4711 (a) b) S 1 4711 4711 0 -1 4194304 144 0 0 0 0 0 0 0 20 0 1 0 123456 2658304 …
    const auto comm_end = stat.rfind(')');
    if (comm_end == std::string_view::npos)
        return std::nullopt;
    stat.remove_prefix(comm_end + 1);
    for (int field = 3;; ++field) {
        const auto start = stat.find_first_not_of(' ');
        if (start == std::string_view::npos)
            return std::nullopt;
        stat.remove_prefix(start);
        const auto end = stat.find(' ');
        if (field == 22)
            return parse_number(stat.substr(0, end), std::numeric_limits<std::uint64_t>::max());
        if (end == std::string_view::npos)
            return std::nullopt;
        stat.remove_prefix(end);
    }
}

bool remove_cgroup(int parent, const std::string &name)
{
    return remove_tree(parent, name, kMaxDepth);
}

std::size_t sweep_dead_sessions(int parent, const std::string &proc)
{
    std::size_t removed = 0;
    for (const std::string &name : subdirectories(parent, kPrefix)) {
        const auto session = parse_session_directory(name);
        if (!session || alive(*session, proc) || occupied(parent, name, kMaxDepth))
            continue;
        if (remove_tree(parent, name, kMaxDepth) && ++removed == kMaxRemovals)
            break;
    }
    return removed;
}

} // namespace dbgscope
