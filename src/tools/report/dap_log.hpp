// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "text/json.hpp"
#include "tools/report/dap_output.hpp"

// A log of the Debug Adapter Protocol's messages, of whoever wrote it: what was asked, what was answered, what was not.
namespace dbgscope {

/// One message as it stands in a log.
struct DapMessage {
    std::optional<double> at_s; ///< of some clock, where the line has a time
    Json json;                  ///< an object with a `type`
    bool unsent = false;        ///< dlv says in the next line that it could not send it
};

/// Finds the messages: JSON objects with a `type` of the protocol, on one line behind whatever prefix (dlv, gdb, VS
/// Code's consoles, new lldb-dap) or over several (lldb-vscode; nvim-dap, as Lua tables). Everything else is passed
/// over.
class DapLog {
  public:
    explicit DapLog(std::string_view text) : rest_(text) {}
    /// Nothing at the end.
    [[nodiscard]] std::optional<DapMessage> next();
    /// Every time so far was one of whole seconds.
    [[nodiscard]] bool whole_seconds() const { return timed_ && !fractions_; }
    /// Places where something stands that looks like a message and cannot be read: torn, damaged, over many lines and
    /// long.
    [[nodiscard]] std::uint64_t unread() const { return unread_; }

  private:
    [[nodiscard]] std::string_view take_object(std::size_t from);
    [[nodiscard]] std::optional<Json> take_message(std::size_t brace, std::size_t &consumed);

    std::string_view rest_;
    std::optional<double> at_s_; ///< of the last line that had one: a message may be on those that follow
    bool timed_ = false, fractions_ = false;
    int failures_ = 0;
    std::uint64_t unread_ = 0;
    bool unread_here_ = false; ///< since the last message that could be read
};

/// When a line was written: "2026-11-29T17:44:13Z …" or "1732902253.123456 …", behind brackets too. Seconds since 1970,
/// or of whatever clock it was.
[[nodiscard]] std::optional<double> dap_time(std::string_view line, bool &fraction);

struct DapRequest {
    std::int64_t seq = 0;
    std::string command, subject;          ///< subject: what it is about: "exec /tmp/leak", "main.go"
    bool from_adapter = false;             ///< runInTerminal, startDebugging
    std::optional<double> asked_s, took_s; ///< since the first message
    bool answered = false, success = false;
    std::string message; ///< of an answer that is no success
};

struct DapBreakpoint {
    std::string place; ///< "main.go:25", "function main.leak"
    bool answered = false, verified = false;
    std::string message;                  ///< why not
    std::optional<std::int64_t> id, line; ///< line: where it was put
};

struct DapStop {
    std::optional<double> at_s;
    std::string reason, text;
    std::optional<std::int64_t> thread;
};

struct DapReport {
    std::string client, adapter; ///< as initialize says
    std::vector<DapRequest> requests;
    std::vector<DapBreakpoint> breakpoints; ///< as they were at the end
    std::vector<DapStop> stops;
    std::optional<double> first_stop_s; ///< from launch or attach
    std::uint64_t messages = 0, events = 0, outputs = 0, output_bytes = 0;
    DapOutput output;
    std::uint64_t left_out = 0; ///< requests, breakpoints and stops beyond kMaxDap
    std::optional<std::int64_t> exit_code;
    bool terminated = false, whole_seconds = false;
    /// Requests of the client's that have no answer, in their order.
    [[nodiscard]] std::vector<const DapRequest *> unanswered() const;
};

inline constexpr std::size_t kMaxDap = 20'000;
inline constexpr std::size_t kMaxDapLogBytes = 64 * 1024 * 1024;

/// Errors: config (there is no message in it).
[[nodiscard]] Result<DapReport> read_dap_log(std::string_view text);

[[nodiscard]] std::string dap_text(const DapReport &report);
[[nodiscard]] std::string dap_json(const DapReport &report);

} // namespace dbgscope
