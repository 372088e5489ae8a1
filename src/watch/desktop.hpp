// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/plan.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// `dbgscope notify-desktop SESSION`, which reads what is to be shown from its standard input. Not for people.
inline constexpr std::string_view kDesktopVerb = "notify-desktop";
// One line each on that input; the first two are followed by a blank and the text.
inline constexpr std::string_view kDesktopHeld = "held", kDesktopKilled = "killed", kDesktopReleased = "released";

/// D-Bus address or path of the session bus of who runs this; empty: there is none.
[[nodiscard]] std::string session_bus();

/// Has a hold and a kill shown by the desktop's notification service, by a process of its own: loading sd-bus, asking
/// the service and waiting for its "Give it more" take memory and time that the watcher has not. That process lives
/// from a hold to its end, ten seconds longer where a person has answered there, and ends with the watcher.
class Desktop {
  public:
    Desktop(DesktopNotice when, std::string session) : when_(when), session_(std::move(session)) {}

    void held(std::string_view line) { show(kDesktopHeld, line); }
    /// The last of them: it stands there when the process has gone.
    void killed(std::string_view line);
    void released();

  private:
    void show(std::string_view kind, std::string_view text);
    [[nodiscard]] bool write(std::string_view kind, std::string_view text) const;
    [[nodiscard]] bool wanted();
    void start();

    DesktopNotice when_;
    std::string session_;
    UniqueFd pipe_; ///< to that process; not valid: there is none
    UniqueFd last_; ///< to the one before: what it still shows goes when it is closed, before anything new is shown
};

} // namespace dbgscope
