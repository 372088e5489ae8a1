// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.hpp"

namespace dbgscope {

/// How the watcher writes to a stderr it shares with the debugger: it never waits, never dies of SIGPIPE, and never
/// sets O_NONBLOCK on the description others write to. What cannot be written is kept for the record.
class Speaker {
  public:
    /// `log_file`: instead of stderr; empty: none.
    Speaker(bool quiet, const std::string &log_file);
    /// One line, prefixed "dbgscope: ".
    void say(std::string_view line);
    /// Lets go of stderr: clients wait for its end. What is said later is unsaid.
    void close();
    [[nodiscard]] const std::vector<std::string> &unsaid() const { return unsaid_; }

  private:
    [[nodiscard]] bool write_now(std::string_view whole) const;

    bool quiet_;
    bool closed_ = false;
    bool socket_ = false, plain_ = false; ///< what fd 2 is
    UniqueFd out_; ///< the log file, or stderr opened again so that it has flags of its own; invalid: fd 2 as it is
    std::vector<std::string> unsaid_;
};

} // namespace dbgscope
