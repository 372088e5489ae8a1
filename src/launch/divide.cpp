// SPDX-License-Identifier: Apache-2.0
#include "launch/divide.hpp"

#include <sys/stat.h>

#include <cerrno>

#include <fmt/core.h>

#include "dbgscope/session.hpp"
#include "kernel/cgroup_error.hpp"
#include "kernel/cgroup_files.hpp"
#include "launch/vacate.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

Result<void> make_child(int scope, const std::string &path, const char *name)
{
    if (::mkdirat(scope, name, 0755) != 0 && errno != EEXIST)
        return fail(cgroup_error(CgroupOperation::create, errno, path + '/' + name));
    return {};
}

Result<void> write_limits(int scope, const std::string &path, const char *child, const std::vector<CgroupWrite> &writes,
                          const Say &say)
{
    if (writes.empty())
        return {};
    const std::string where = path + '/' + child;
    auto directory = open_directory(child, scope);
    if (!directory)
        return fail(cgroup_error(CgroupOperation::open, directory.error().error_number, where));
    for (const CgroupWrite &write : writes)
        if (auto written = write_limit(directory->get(), where, write, say); !written)
            return written;
    return {};
}

} // namespace

Result<void> write_limit(int directory, const std::string &path, const CgroupWrite &write, const Say &say)
{
    auto written = write_at(directory, write.file, write.value);
    if (written)
        return {};
    const int code = written.error().error_number;
    if (!write.optional || code != ENOENT)
        return fail(
            cgroup_error(CgroupOperation::limit, code, fmt::format("{}/{} to {}", path, write.file, write.value)));
    say("limit-dropped", fmt::format("{} = {} is not set: this kernel has no such file here", write.file, write.value));
    return {};
}

Result<void> enter_debugger_leaf(int scope, const std::string &path, int version)
{
    if (auto made = make_child(scope, path, kDebuggerName); !made)
        return made;
    const std::string file = std::string(kDebuggerName) + '/' + file_name(CgroupFile::enter, version);
    if (auto entered = write_at(scope, file, "0"); !entered)
        return fail(cgroup_error(CgroupOperation::enter, entered.error().error_number, path + '/' + kDebuggerName));
    return {};
}

Result<void> enter_debuggee(const SessionPlace &place)
{
    const std::string file = place.debuggee() + '/' + file_name(CgroupFile::enter, place.version);
    if (auto entered = write_at(AT_FDCWD, file, "0"); !entered)
        return fail(cgroup_error(CgroupOperation::enter, entered.error().error_number, place.debuggee()));
    return {};
}

Result<void> place_watcher(int scope, const std::string &path, pid_t watcher)
{
    if (auto made = make_child(scope, path, kWatchName); !made)
        return made;
    const std::string procs = std::string(kWatchName) + '/' + file_name(CgroupFile::procs, 2);
    if (auto moved = write_at(scope, procs, std::to_string(watcher)); !moved)
        return fail(cgroup_error(CgroupOperation::enter, moved.error().error_number, path + '/' + kWatchName));
    return {};
}

Result<void> divide(int scope, const std::string &path, const Division &division, const Say &say)
{
    auto enabled = enable_controllers(scope, path, division.enable);
    if (!enabled && division.enable.size() > 1) // the first is needed; a manager may keep the others to itself
        enabled = enable_controllers(scope, path, {division.enable.front()});
    if (!enabled)
        return enabled;
    if (auto made = make_child(scope, path, kDebuggeeName); !made)
        return made;
    if (auto written = write_limits(scope, path, kDebuggerName, division.debugger, say); !written)
        return written;
    return write_limits(scope, path, kDebuggeeName, division.debuggee, say);
}

} // namespace dbgscope
