// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/session.hpp"
#include "render/top_view.hpp"
#include "tools/inspect/target.hpp"

namespace dbgscope {

/// Looks into the debuggee of one session again and again: its file is opened once, until the process is another one,
/// or has executed another program.
class TopInside {
  public:
    using Clock = std::chrono::steady_clock;
    /// Sets debuggee_pid, go, sites and sites_unknown. At most once a second, and for a fifth of the time where a look
    /// takes long; what the last one found is given again meanwhile.
    void look(pid_t pid, TopSession &shown, Clock::time_point now);

  private:
    void open(pid_t pid);
    void read();

    std::optional<ProcessId> process_;
    std::string executable_;
    std::optional<Result<Target>> target_;
    Clock::time_point next_look_{};
    std::optional<TopGo> go_;
    std::vector<TopSite> sites_;
    std::string unknown_;
};

} // namespace dbgscope
