// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/json.hpp"

// What a log of the Debug Adapter Protocol tells of the program's output: how much of it came, where the rest went,
// what is lost. dlv, gdb and lldb-dap give what they log no numbers, so a message that was never logged cannot be
// missed.
namespace dbgscope {

struct DapMessage;

enum class DapLoss {
    outside_protocol, ///< dlv without outputMode remote: no client gets it
    unknown_mode,     ///< remote was asked for, and nothing came
    unsent,           ///< the adapter wrote it when the client had gone
    after_end,        ///< sent after the event that ends the session, where clients may listen no more
    disconnected,     ///< the client went while the program ran
    log_ends,         ///< the log ends while the program runs: killed, or still running
    broken,           ///< characters that came in pieces, or were none
    unread,           ///< messages that are torn or no JSON
};

struct DapLost {
    DapLoss kind;
    std::string text;
    friend bool operator==(const DapLost &, const DapLost &) = default;
};

struct DapOutput {
    std::uint64_t events = 0, stdout_bytes = 0, stderr_bytes = 0; ///< the program's
    std::uint64_t own_events = 0, own_bytes = 0;                  ///< the debugger's words
    std::string elsewhere;                                        ///< where the program's went by the client's wish
    std::vector<DapLost> lost;
};

/// What the log has beside its messages.
struct DapLogSigns {
    bool of_dlv = false;      ///< dlv's own log
    bool parsed = false;      ///< with the configuration as dlv understood it
    bool took_remote = false; ///< in which it says outputMode remote
};
[[nodiscard]] DapLogSigns dap_log_signs(std::string_view text);

/// Takes the messages in their order.
class DapOutputWatch {
  public:
    explicit DapOutputWatch(DapLogSigns signs) : signs_(signs) {}
    void take(const DapMessage &message);
    /// `unread`: places in the log where a message could not be read.
    [[nodiscard]] DapOutput finish(std::uint64_t unread);

  private:
    /// From one initialize to the next.
    struct Session {
        enum class Kind { none, launch, attach } kind = Kind::none;
        bool remote = false, terminal = false, files = false; ///< what its configuration asks for
        bool started = false, running = false, ended = false, terminated = false, disconnected = false;
        bool cut = false; ///< disconnected while it ran
        std::uint64_t events = 0;
    };

    void request(const Json &json);
    void response(const Json &json);
    void event(const DapMessage &message);
    void output(const DapMessage &message, const Json &body);
    void end_session();
    [[nodiscard]] bool goes_elsewhere();
    void lose(DapLoss kind, std::string text);

    DapLogSigns signs_;
    Session now_;
    DapOutput out_;
    std::uint64_t broken_ = 0; ///< characters
    std::uint64_t late_ = 0, late_bytes_ = 0, unsent_ = 0, unsent_bytes_ = 0;
};

[[nodiscard]] const char *to_string(DapLoss kind);

} // namespace dbgscope
