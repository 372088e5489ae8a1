// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.hpp"
#include "tools/inspect/growth.hpp"
#include "tools/inspect/large_site.hpp"

// What the process that samples a debuggee from its start on tells one that asks, by a socket of messages
// (SOCK_SEQPACKET): a question is a process and the writing end of a pipe, so that answers to different questions never
// meet.
namespace dbgscope {

struct GrowthAnswer {
    std::string growers; ///< growers_text(); empty: nothing was seen to grow
    std::string seen;    ///< "106M of the 110M that it grew"
    std::string text;    ///< growth_text()
    std::string profile; ///< growth_pprof()
    std::vector<LargeSite> sites;
    bool operator==(const GrowthAnswer &) const = default;
};

[[nodiscard]] GrowthAnswer growth_answer(const GrowthView &by_site, const GrowthView &by_stack);

/// Of process `pid`. Nothing: nobody has answered within `patience`.
[[nodiscard]] std::optional<GrowthAnswer> ask_growth(int socket, pid_t pid, std::chrono::milliseconds patience);

struct GrowthQuestion {
    pid_t pid = 0;
    UniqueFd to;       ///< where the answer goes; invalid: it was no question
    bool over = false; ///< nobody can ask any more
};
/// Does not wait.
[[nodiscard]] GrowthQuestion take_growth_question(int socket);
/// Waits for the one that reads; ends where that is gone.
void tell_growth(int to, const GrowthAnswer &answer);

/// Each part with its length before it, and back. Nothing: it is cut off or damaged.
[[nodiscard]] std::string pack(const GrowthAnswer &answer);
[[nodiscard]] std::optional<GrowthAnswer> unpack(std::string_view bytes);

} // namespace dbgscope
