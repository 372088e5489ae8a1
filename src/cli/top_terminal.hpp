// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <termios.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <deque>
#include <vector>

#include "cli/top_keys.hpp"
#include "dbgscope/error.hpp"
#include "render/top_text.hpp"
#include "sys/fd.hpp"

// The terminal of `dbgscope top`: keys without Enter, a screen of its own, and everything as it was afterwards. So
// little needs no library: termios(3) and a dozen control sequences that every terminal since the VT100 and xterm
// knows.
namespace dbgscope {

/// Columns and lines of standard output; 80 and 24 where it does not say.
struct TerminalSize {
    std::size_t width = 80, height = 24;
};
[[nodiscard]] TerminalSize terminal_size();

/// What has come: a key, another size of the window, one of the signals that end a program, or nothing in time.
struct TopEvent {
    enum class Kind { nothing, key, redraw, signal, closed } kind = Kind::nothing;
    TopKey key = TopKey::quit;
    int signal = 0; ///< SIGINT, SIGTERM, SIGHUP or SIGQUIT
};

class TopTerminal {
  public:
    /// `dumb`: TERM says that it knows no control sequences; screens follow one another then.
    explicit TopTerminal(bool dumb, bool colour) : dumb_(dumb), colour_(colour && !dumb) {}
    ~TopTerminal() { leave(); }
    TopTerminal(const TopTerminal &) = delete;
    TopTerminal &operator=(const TopTerminal &) = delete;

    /// Standard input and output are a terminal. From here to leave() signals are taken by wait(). Errors: system.
    [[nodiscard]] Result<void> enter();
    /// Everything as enter() found it. Later calls do nothing.
    void leave();
    /// Errors: those of write(2).
    [[nodiscard]] Result<void> show(const std::vector<TopLine> &lines) const;
    /// Ctrl-Z suspends in here, as in any program. Errors: system.
    [[nodiscard]] Result<TopEvent> wait(std::chrono::milliseconds patience);

  private:
    [[nodiscard]] Result<TopEvent> take_signal();
    [[nodiscard]] Result<TopEvent> take_keys();

    bool dumb_, colour_;
    bool entered_ = false;
    termios before_{};
    sigset_t mask_before_{};
    UniqueFd signals_;
    TopKeys keys_;
    std::deque<TopKey> pending_;
};

} // namespace dbgscope
