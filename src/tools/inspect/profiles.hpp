// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tools/inspect/go_heap.hpp"
#include "tools/inspect/goroutines.hpp"
#include "tools/inspect/pprof.hpp"
#include "tools/inspect/program.hpp"

// What was read, as profiles for `go tool pprof`: the same sample types as Go's own.
namespace dbgscope {

/// alloc_objects, alloc_space, inuse_objects, inuse_space. inuse is what is live as of the last collection, and what
/// came since where `with_recent`. Errors: system.
[[nodiscard]] Result<std::string> heap_pprof(const GoHeap &heap, const Program &program, bool with_recent,
                                             std::int64_t unix_ns);
/// The same before it is compressed, to add to.
[[nodiscard]] PprofProfile heap_profile_of(const GoHeap &heap, const Program &program, bool with_recent,
                                           std::int64_t unix_ns);
/// goroutine/count. Errors: system.
[[nodiscard]] Result<std::string> goroutine_pprof(const Goroutines &goroutines, const Program &program,
                                                  std::int64_t unix_ns);

} // namespace dbgscope
