// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tools/inspect/go_gc.hpp"
#include "tools/inspect/go_heap.hpp"
#include "tools/inspect/target.hpp"

// The heap as a person or a program reads it: by the line that allocated.
namespace dbgscope {

/// One line of code that allocated, or, `by_stack`, one way to reach it.
struct HeapSite {
    Frame frame;
    std::vector<Frame> callers; ///< the innermost first; of the heaviest stack unless by_stack
    HeapCount live, recent;
    double share = 0; ///< of HeapView::ranked_bytes, 0 to 1
};

struct HeapView {
    std::string program, go_version;
    pid_t pid = 0; ///< 0: a core file
    GoGc gc;
    std::optional<std::uint64_t> anonymous_bytes; ///< of the process
    HeapCount live, recent;
    /// Ranked by live and recent together, because most was allocated since the last collection, or none has been.
    bool with_recent = false;
    double ranked_bytes = 0;
    std::vector<HeapSite> sites; ///< the largest first
    GoHeap heap;                 ///< what it was made from
};
/// Errors: those of go_heap_layout and read_go_heap.
[[nodiscard]] Result<HeapView> view_heap(const Target &target, bool by_stack);

/// The same of what was read before.
[[nodiscard]] HeapView heap_view_of(const Target &target, GoHeap heap, const GoGc &gc, bool by_stack);

/// A stack of return addresses as functions, without the runtime's own frames in front (the allocator's), as pprof has
/// it; a stack of nothing but the runtime stays whole.
[[nodiscard]] std::vector<Frame> allocating_frames(const std::vector<std::uint64_t> &stack, const Program &program);
/// Takes the runtime's own frames off the front, as that does.
void drop_allocator(std::vector<Frame> &frames);
/// Sites of the samples, unsorted and without shares.
[[nodiscard]] std::vector<HeapSite> group_sites(const GoHeap &heap, const Program &program, bool by_stack);
/// Sums, order and shares.
void rank_sites(HeapView &view);

/// "main.grow main.go:13": the file without its directories. Control characters escaped.
[[nodiscard]] std::string frame_text(const Frame &frame);
[[nodiscard]] std::string heap_text(const HeapView &view, bool stacks);
/// What stands above its table.
[[nodiscard]] std::string heap_head_text(const HeapView &view);

} // namespace dbgscope
