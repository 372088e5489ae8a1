// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "sys/fd.hpp"

namespace dbgscope {

/// The watcher's signals as a descriptor; SIGPIPE is ignored.
class Signals {
  public:
    /// `child` 0: beside the debugger. Else its parent (--wait): what is sent to us is passed on to it, what a terminal
    /// sends it has got itself.
    explicit Signals(pid_t child);
    [[nodiscard]] int fd() const { return fd_.get(); }
    struct Seen {
        bool stop = false; ///< the session is being stopped: SIGTERM, as systemd sends to everything in the scope
        bool look = false; ///< limits were changed: SIGUSR1, as dbgscope set sends
    };
    [[nodiscard]] Seen on_signal() const;
    /// Ends this process by the signal that has ended its child, without a core file. Comes back where that does not
    /// end a process.
    static void end_by(int signal);

  private:
    pid_t child_;
    UniqueFd fd_;
};

} // namespace dbgscope
