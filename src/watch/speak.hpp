// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sys/fd.hpp"

namespace dbgscope {

/// "dbgscope: LINE\n": one line without escapes, whatever names of other processes it holds, and no longer than a pipe
/// takes in one piece.
[[nodiscard]] std::string said_line(std::string_view line);

/// How the watcher writes to a stderr it shares with the debugger: it never waits, never dies of SIGPIPE, and never
/// sets O_NONBLOCK on the description others write to.
class Speaker {
  public:
    /// `log_file`: instead of stderr; empty: none.
    Speaker(bool quiet, const std::string &log_file);
    /// One line, prefixed "dbgscope: ". False: nobody can read it.
    [[nodiscard]] bool say(std::string_view line) const;
    /// Lets go of stderr: clients wait for its end.
    void close();

  private:
    [[nodiscard]] bool write_now(std::string_view whole) const;

    bool quiet_;
    bool closed_ = false;
    bool socket_ = false, plain_ = false; ///< what fd 2 is
    UniqueFd out_; ///< the log file, or stderr opened again so that it has flags of its own; invalid: fd 2 as it is
};

} // namespace dbgscope
