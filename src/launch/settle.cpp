// SPDX-License-Identifier: Apache-2.0
#include "launch/settle.hpp"

#include <fcntl.h>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/own_cgroup.hpp"
#include "launch/divide.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

Result<void> settle(const CreateScope &scope, pid_t watcher, SessionPlace &place, const Say &say)
{
    auto directory = open_at(AT_FDCWD, place.scope, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return pass(directory);
    // The processes of a v2 cgroup leave before it may pass controllers on. v1 has no such rule, and the watcher's
    // place there is the scope itself.
    if (has_file(CgroupFile::subtree_control, place.version))
        if (auto placed = place_watcher(directory->get(), place.scope, watcher); !placed)
            return placed;
    if (!scope.division)
        return {};
    if (auto entered = enter_debugger_leaf(directory->get(), place.scope, place.version); !entered)
        return entered;
    place.debugger_leaf = true;
    if (auto divided = divide(directory->get(), place.scope, *scope.division, say); !divided)
        return divided;
    place.divided = true;
    return {};
}

} // namespace

SessionPlace settle_in_scope(const CreateScope &scope, pid_t watcher, const Say &say)
{
    SessionPlace place;
    Result<void> settled;
    if (const auto self = read_self_cgroup()) {
        const OwnCgroups own = parse_self_cgroup(*self);
        place.version = own.memory_v1 ? 1 : 2;
        if (const auto &path = own.memory_v1 ? own.memory_v1 : own.unified)
            place.scope = scope.memory_mount + std::string(*path);
        if (own.memory_v1 && own.unified && !scope.unified_mount.empty())
            place.unified = scope.unified_mount + std::string(*own.unified);
        settled = settle(scope, watcher, place, say);
    } else {
        settled = fail(self.error());
    }
    if (!settled && scope.division)
        say("no-split", fmt::format("debugger and debuggee share one limit: {}", to_line(settled.error())));
    return place;
}

} // namespace dbgscope
