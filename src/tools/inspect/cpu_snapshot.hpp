// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "tools/inspect/cpu_join.hpp"
#include "tools/inspect/snapshot.hpp"
#include "tools/inspect/standstill.hpp"

namespace dbgscope {

struct CpuWindow {
    std::chrono::milliseconds span{};
    int stop = -1; ///< readable: it is over sooner
    Freezer freezer;
};

struct CpuSnapshot {
    Snapshot snapshot; ///< with cpu.pb.gz and cpu.json
    CpuJoin join;
};

/// Samples the processor time for a window, makes the process stand still where that can be, and takes a snapshot of
/// it. Errors: refused (nothing of it runs; it has become another program), those of CpuSampler.
[[nodiscard]] Result<CpuSnapshot> take_cpu_snapshot(const Target &target, CpuWindow window,
                                                    const std::string &proc = "/proc");

} // namespace dbgscope
