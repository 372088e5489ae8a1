// SPDX-License-Identifier: Apache-2.0
#include "probe/place.hpp"

#include <fmt/core.h>

#include "kernel/memory_chain.hpp"
#include "kernel/reader.hpp"
#include "kernel/slices.hpp"
#include "probe/systemd.hpp"

namespace dbgscope {
namespace {

/// Each slice of the chain that has no cgroup yet, as the manager would make it.
void ask_for_unborn(const SystemdFacts &systemd, bool user_manager, MemoryHierarchy &place)
{
    bool asked = false;
    for (CgroupLevel &level : place.chain) {
        const std::string_view name = std::string_view(level.path).substr(level.path.rfind('/') + 1);
        if (level.max || level.max.why() != Why::absent || !name.ends_with(".slice"))
            continue;
        level.max = ask_slice_limit(systemd, user_manager, name);
        level.current = 0U;
        asked = true;
    }
    if (asked)
        judge_chain(place, {});
}

} // namespace

void probe_place(const SysRoot &root, bool user_manager, std::string_view slice, Facts &facts)
{
    const MemoryHierarchy &own = facts.cgroup.memory;
    if (!facts.systemd.booted || own.version == 0 || (user_manager && own.version == 1))
        return;
    Reader reader(root.root);
    auto base = manager_root(reader, own.version);
    if (!base)
        return;
    if (user_manager)
        *base += fmt::format("/user.slice/user-{0}.slice/user@{0}.service", root.uid);
    const std::string_view fallback = user_manager ? "app.slice" : "system.slice";
    auto place = read_place(reader, own, *base + slice_path(slice.empty() ? fallback : slice));
    if (place && !slice.empty() && root.root.empty())
        ask_for_unborn(facts.systemd, user_manager, *place);
    (user_manager ? facts.cgroup.user_place : facts.cgroup.system_place) = std::move(place);
}

} // namespace dbgscope
