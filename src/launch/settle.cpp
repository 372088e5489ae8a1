// SPDX-License-Identifier: Apache-2.0
#include "launch/settle.hpp"

#include <fcntl.h>

#include <fmt/core.h>

#include "launch/divide.hpp"
#include "probe/cgroup.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

Result<void> settle(const CreateScope &scope, pid_t watcher, SessionPlaces &places, const Say &say)
{
    auto directory = open_at(AT_FDCWD, places.scope, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return pass(directory);
    // The processes of a v2 cgroup leave before it may pass controllers on. v1 has no such rule, and the watcher's
    // place there is the scope itself.
    if (places.version == 2)
        if (auto placed = place_watcher(directory->get(), places.scope, watcher); !placed)
            return placed;
    if (!scope.division)
        return {};
    if (auto entered = enter_debugger_leaf(directory->get(), places.scope, places.version); !entered)
        return entered;
    places.debugger_leaf = true;
    if (auto divided = divide(directory->get(), places.scope, *scope.division, say); !divided)
        return divided;
    places.divided = true;
    return {};
}

} // namespace

SessionPlaces settle_in_scope(const CreateScope &scope, pid_t watcher, const Say &say)
{
    SessionPlaces places;
    Result<void> settled;
    if (const auto self = read_file("/proc/self/cgroup")) {
        const OwnCgroups own = parse_self_cgroup(*self);
        places.version = own.memory_v1 ? 1 : 2;
        if (const auto &path = own.memory_v1 ? own.memory_v1 : own.unified)
            places.scope = scope.memory_mount + std::string(*path);
        if (own.memory_v1 && own.unified && !scope.unified_mount.empty())
            places.unified = scope.unified_mount + std::string(*own.unified);
        settled = settle(scope, watcher, places, say);
    } else {
        settled = fail(self.error());
    }
    if (!settled && scope.division)
        say("no-split", fmt::format("debugger and debuggee share one limit: {}", to_line(settled.error())));
    return places;
}

} // namespace dbgscope
