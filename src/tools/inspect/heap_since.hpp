// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/pprof_reader.hpp"

// The heap against an earlier one: what grew.
namespace dbgscope {

/// A site then and now. In use is what a profile calls so: live, and what came since where HeapView::with_recent.
struct SinceSite {
    Frame frame;
    std::vector<Frame> callers; ///< the innermost first; of the heaviest stack unless by_stack
    HeapCount before, now;
    double share = 0; ///< of all that grew, 0 to 1; 0: it did not
    [[nodiscard]] double grew() const { return now.bytes - before.bytes; }
};

struct HeapSince {
    std::string base;              ///< the file
    std::int64_t base_unix_ns = 0; ///< when it was taken; 0: unknown
    HeapCount before, now;
    std::vector<SinceSite> sites; ///< what grew most first, what shrank last, without those that stayed
    bool strangers = false;       ///< no site of the base is one of this program's: it may be another's
};

/// A heap profile of Go: by `heap -o`, or the program's own. Errors: those of read_file and read_pprof; unsupported (a
/// profile of something else).
[[nodiscard]] Result<PprofContents> read_base(const std::string &file);

[[nodiscard]] HeapSince heap_since(const HeapView &view, const PprofContents &base, bool by_stack);
/// `unix_ns`: now.
[[nodiscard]] std::string heap_since_text(const HeapView &view, const HeapSince &since, bool stacks,
                                          std::int64_t unix_ns);
/// {"schema": 1, "program", "go_version", "pid", "base", "base_unix_ns", "ranked_by", "before_bytes", "now_bytes",
/// "sites": [{"function", "file", "line", "before_bytes", "before_objects", "now_bytes", "now_objects", "grew_bytes",
/// "grew_objects", "share", "callers": [...]}], "strangers"}, ASCII, one line.
[[nodiscard]] std::string heap_since_json(const HeapView &view, const HeapSince &since);
/// As `go tool pprof -base` has it: the samples of now, and those of the base with their signs turned. Errors: system.
[[nodiscard]] Result<std::string> heap_since_pprof(const HeapView &view, const Program &program,
                                                   const PprofContents &base, std::int64_t unix_ns);

} // namespace dbgscope
