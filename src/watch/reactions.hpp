// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/bytes.hpp"
#include "dbgscope/plan.hpp"
#include "sys/fd.hpp"

// `on:`: what is to be done when something happens, by a process of its own.
namespace dbgscope {

/// `dbgscope on-event SESSION DEADLINE_MS LOG_FILE ACTION...`, told of the event in its environment. Not for people.
inline constexpr std::string_view kEventVerb = "on-event";
/// `dbgscope after-session SESSION DRIFT_PERMYRIAD TEXTFILE_DIR say|quiet DEADLINE_MS LOG_FILE ACTION...`.
inline constexpr std::string_view kAfterVerb = "after-session";

enum class SessionEvent : std::uint8_t { pressure, growth, held, killed };
inline constexpr std::size_t kSessionEvents = 4;

/// What a command is told, in DBGSCOPE_EVENT_…; a limit that is none is left out.
struct EventFacts {
    std::string text; ///< what was said of it; may be empty
    std::string tool, program;
    pid_t pid = 0; ///< of the debuggee; 0: none
    std::optional<std::uint64_t> memory_bytes;
    Limit line, cap;
};

/// What is in every command's environment for an event of that name: "NAME=VALUE".
[[nodiscard]] std::vector<std::string> event_variables(std::string_view event, const std::string &session,
                                                       const EventFacts &facts);

/// Starts such processes and forgets them: nobody waits for one, and it inherits nothing but the environment. It stays
/// in the watcher's cgroup, never in the debuggee's.
class Reactor {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Reactor(const Watch &order) : order_(order) {}

    [[nodiscard]] const std::vector<std::string> &actions(SessionEvent event) const;
    /// Whether a list has that word.
    [[nodiscard]] bool wants(SessionEvent event, std::string_view action) const;
    /// Commands and `stop`; the other actions are the watcher's own. Of an event that comes back within a second only
    /// the first counts: a program that dies and is started again in a loop must not fill the machine with commands.
    void react(SessionEvent event, const EventFacts &facts, Time now);

    /// While standard error is still there: where the last word can go. A pipe's reader waits for its end, so there it
    /// is not kept.
    void keep_stderr();
    /// After the record is in the history. Nothing is started where there is nothing to compare, say or write.
    void ended(const std::string &history, const EventFacts &facts);

  private:
    const Watch &order_;
    std::array<std::optional<Time>, kSessionEvents> last_;
    UniqueFd stderr_;
};

} // namespace dbgscope
