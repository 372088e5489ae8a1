// SPDX-License-Identifier: Apache-2.0
#include "cli/top_inside.hpp"

#include <algorithm>

#include "kernel/process.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;

constexpr TopInside::Clock::duration kEvery = 1s;
constexpr int kRestFactor = 4; ///< so many times as long as it took it rests
constexpr std::size_t kSites = 5;

TopGo go_of(const GoGc &gc)
{
    return {.heap_live_bytes = gc.heap_live_bytes,
            .goal_bytes = gc.goal_bytes,
            .memory_limit_bytes = gc.memory_limit_bytes,
            .cycles = gc.cycles,
            .gc_cpu_share = gc.cpu_fraction};
}

TopSite site_of(const HeapSite &site, bool with_recent)
{
    return {.function = site.frame.function,
            .file = site.frame.file,
            .line = site.frame.line,
            .bytes = whole(site.live.bytes + (with_recent ? site.recent.bytes : 0)),
            .share = site.share};
}

} // namespace

void TopInside::look(pid_t pid, TopSession &shown, Clock::time_point now)
{
    open(pid);
    if (now >= next_look_) {
        read();
        const auto took = Clock::now() - now;
        next_look_ = now + std::max(kEvery, (1 + kRestFactor) * took);
    }
    shown.debuggee_pid = pid;
    shown.go = go_;
    shown.sites = sites_;
    shown.sites_unknown = unknown_;
}

void TopInside::open(pid_t pid)
{
    const auto process = process_id(pid);
    std::string executable = executable_of(pid);
    if (target_ && process == process_ && executable == executable_)
        return;
    process_ = process;
    executable_ = std::move(executable);
    target_ = open_process(pid);
    next_look_ = {};
}

void TopInside::read()
{
    go_.reset();
    sites_.clear();
    unknown_.clear();
    if (!*target_) {
        unknown_ = target_->error().cause;
        return;
    }
    const Target &target = **target_;
    const auto view = view_heap(target, false);
    if (!view) {
        unknown_ = view.error().cause;
        if (target.program.is_go() && target.program.has_dwarf())
            go_ = go_of(read_go_gc(*target.memory, target.program));
        return;
    }
    go_ = go_of(view->gc);
    for (std::size_t i = 0; i < view->sites.size() && i < kSites; ++i)
        sites_.push_back(site_of(view->sites[i], view->with_recent));
    if (sites_.empty())
        unknown_ = "nothing has been sampled yet";
}

} // namespace dbgscope
