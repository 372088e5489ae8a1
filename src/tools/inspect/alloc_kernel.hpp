// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbgscope/alloc_thresholds.hpp"
#include "dbgscope/error.hpp"
#include "tools/inspect/bpf/alloc_events.h"

namespace dbgscope {

/// Programs in the kernel (BPF) that see large mappings, waits for reclaim and victims of the OOM killer in one cgroup
/// and those below it. They go with this.
class AllocKernel {
  public:
    /// `cgroup`: the inode of its directory in the hierarchy of that version which carries memory. What this kernel
    /// cannot show is left out, `left_out` says why, one line each. Errors: unsupported (built without BPF, no BTF, an
    /// old kernel), denied.
    [[nodiscard]] static Result<AllocKernel> open(std::uint64_t cgroup, int version, const AllocThresholds &asked,
                                                  std::vector<std::string> &left_out);

    /// For poll(2): there are events.
    [[nodiscard]] int fd() const;
    /// Does not wait.
    [[nodiscard]] std::vector<alloc_event> take();
    [[nodiscard]] alloc_totals totals() const;

  private:
    struct State;
    struct Close {
        void operator()(State *state) const;
    };
    explicit AllocKernel(State *state) : state_(state) {}
    std::unique_ptr<State, Close> state_;
};

} // namespace dbgscope
