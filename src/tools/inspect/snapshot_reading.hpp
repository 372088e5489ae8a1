// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tools/inspect/go_gc.hpp"
#include "tools/inspect/go_heap.hpp"
#include "tools/inspect/goroutines.hpp"
#include "tools/inspect/moment.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {

/// The bare reading of a process: what has to be of one instant. Where things are is looked up before, and what they
/// are called afterwards, both of which take longer.
class SnapshotReading {
  public:
    explicit SnapshotReading(const Target &target, const std::string &proc = "/proc");
    /// Reads what read() would otherwise read of the program's debug information while it stands still.
    void prepare() const;
    /// `still`: it is kept from running meanwhile. Errors are in the parts.
    void read(bool still);

    Result<GoHeap> heap;
    GoGc gc;
    Result<Goroutines> goroutines;
    Result<std::string> cgroup, maps, status; ///< of a process
    Moment begin, end;
    std::string_view how; ///< why nothing ran meanwhile; empty: it did

  private:
    const Target &target_;
    std::string proc_;
    Result<GoHeapLayout> heap_layout_;
    Result<GoroutineLayout> goroutine_layout_;
};

} // namespace dbgscope
