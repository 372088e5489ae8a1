// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/heap_view.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "tools/inspect/function_name.hpp"
#include "tools/inspect/go_program.hpp"

namespace dbgscope {
namespace {

/// One stack and its weight. The same addresses come once for each size of object.
struct Stack {
    HeapCount live, recent;
};

} // namespace

std::vector<Frame> allocating_frames(const std::vector<std::uint64_t> &stack, const Program &program)
{
    std::vector<Frame> frames;
    frames.reserve(stack.size());
    for (const std::uint64_t address : stack) // one function an address: those it is inlined into have their own
        frames.push_back(program.frames(address - 1).front());
    drop_allocator(frames);
    return frames;
}

void drop_allocator(std::vector<Frame> &frames)
{
    const auto own = std::ranges::find_if_not(frames, [](const Frame &frame) { return is_go_runtime(frame.function); });
    if (own != frames.end())
        frames.erase(frames.begin(), own);
}

std::vector<HeapSite> group_sites(const GoHeap &heap, const Program &program, bool by_stack)
{
    std::map<std::vector<std::uint64_t>, Stack> stacks;
    for (const HeapSample &sample : heap.samples) {
        Stack &stack = stacks[sample.stack];
        stack.live += sample.live;
        stack.recent += sample.recent;
    }
    std::vector<HeapSite> sites;
    std::map<std::tuple<std::string, std::string, int>, std::pair<std::size_t, double>> known; // and its heaviest stack
    for (const auto &[addresses, weight] : stacks) {
        std::vector<Frame> frames = allocating_frames(addresses, program);
        if (frames.empty())
            frames.push_back({.function = "(no stack)", .file = {}, .line = 0});
        HeapSite site{.frame = frames.front(),
                      .callers = {frames.begin() + 1, frames.end()},
                      .live = weight.live,
                      .recent = weight.recent};
        const double bytes = weight.live.bytes + weight.recent.bytes;
        if (by_stack) {
            sites.push_back(std::move(site));
            continue;
        }
        const auto [at, fresh] =
            known.try_emplace({site.frame.function, site.frame.file, site.frame.line}, std::pair{sites.size(), bytes});
        if (fresh) {
            sites.push_back(std::move(site));
            continue;
        }
        HeapSite &same = sites[at->second.first];
        same.live += site.live;
        same.recent += site.recent;
        if (bytes > at->second.second) {
            at->second.second = bytes;
            same.callers = std::move(site.callers);
        }
    }
    return sites;
}

void rank_sites(HeapView &view)
{
    view.live = view.recent = {};
    for (const HeapSite &site : view.sites) {
        view.live += site.live;
        view.recent += site.recent;
    }
    view.with_recent = view.recent.bytes > view.live.bytes;
    const auto bytes = [&view](const HeapSite &site) {
        return site.live.bytes + (view.with_recent ? site.recent.bytes : 0);
    };
    view.ranked_bytes = view.live.bytes + (view.with_recent ? view.recent.bytes : 0);
    for (HeapSite &site : view.sites)
        site.share = view.ranked_bytes > 0 ? bytes(site) / view.ranked_bytes : 0;
    std::ranges::stable_sort(view.sites, [&](const HeapSite &a, const HeapSite &b) {
        return std::pair(bytes(a), a.recent.bytes) > std::pair(bytes(b), b.recent.bytes);
    });
}

Result<HeapView> view_heap(const Target &target, bool by_stack)
{
    const auto layout = go_heap_layout(target.program);
    if (!layout)
        return fail(layout.error());
    auto heap = read_go_heap(*target.memory, *layout);
    if (!heap)
        return pass(heap);
    return heap_view_of(target, std::move(*heap), read_go_gc(*target.memory, target.program), by_stack);
}

HeapView heap_view_of(const Target &target, GoHeap heap, const GoGc &gc, bool by_stack)
{
    HeapView view{.program = target.program.path(),
                  .go_version = go_version(*target.memory, target.program),
                  .pid = target.pid,
                  .gc = gc,
                  .anonymous_bytes = target.anonymous_bytes,
                  .sites = group_sites(heap, target.program, by_stack),
                  .heap = {}};
    view.heap = std::move(heap);
    std::erase_if(view.sites, [](const HeapSite &site) { return site.live.bytes + site.recent.bytes <= 0; });
    rank_sites(view);
    return view;
}

} // namespace dbgscope
