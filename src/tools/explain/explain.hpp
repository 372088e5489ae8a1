// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbgscope/error.hpp"
#include "kernel/oom_lines.hpp"
#include "tools/explain/explain_line.hpp"
#include "tools/explain/gctrace.hpp"
#include "tools/explain/log_reader.hpp"
#include "tools/explain/rules.hpp"

// What happened, according to one or more logs.
namespace dbgscope {

/// A line of a log that a rule is about.
struct LogPlace {
    std::size_t log = 0; ///< index into Explanation::logs
    std::uint64_t line = 0;
    std::string text; ///< safe for a terminal, at most 300 bytes
    Clock clock;
};

enum class Certainty { certain, probable, possible };

/// A consequence of a finding.
struct Consequence {
    std::size_t finding = 0;
    Certainty certainty = Certainty::certain; ///< possible: it is listed by itself as well
};

struct Finding {
    const Rule *rule = nullptr;
    std::string what, cause, cure;
    std::uint64_t count = 1;
    LogPlace first, last;
    int pid = 0;              ///< of the process it is about; 0: not said
    std::string name;         ///< of that process; empty: not said
    bool explained = false;   ///< a consequence of another one
    bool if_debugger = false; ///< others print this too: dropped where no debugger has spoken
    std::vector<Consequence> explains;
};

struct LogRead {
    std::string name;
    std::uint64_t lines = 0, bytes = 0, cut_lines = 0;
    GcTrace gc;
    LogPlace last_gc; ///< line 0: none
};

struct TimedEvent {
    double at_s = 0;
    LogPlace place;
    std::string what;
};

/// What the logs have in common in time; empty with one log.
struct TimeLine {
    std::string clock; ///< "seconds since the machine's start", …; empty: the logs cannot be put in one order
    std::vector<TimedEvent> events;
    std::vector<std::string> left_out; ///< "build.log: no time stamps"
};

struct Explanation {
    std::vector<LogRead> logs;
    std::vector<Finding> findings; ///< the important ones first
    std::uint64_t unlisted = 0;    ///< distinct findings beyond kMaxFindings
    std::optional<std::uint64_t> cap_bytes;
    TimeLine time_line;
    [[nodiscard]] bool anything() const;
    [[nodiscard]] bool killed_for_memory() const;
};

inline constexpr std::size_t kMaxFindings = 200;

/// Somebody who wants more of a log than what is found in it: every line that holds one of `texts`, of four bytes or
/// more each, and coloured ones without that.
struct LogListener {
    std::span<const std::string_view> texts;
    std::function<void(const LogLine &line, const PlainLine &plain)> hear;
};

class Explainer {
  public:
    /// `cap_bytes`: the limit the program ran under; else it is taken from dbgscope's own line in a log.
    explicit Explainer(std::optional<std::uint64_t> cap_bytes, LogListener listener = {});
    /// To the end of the log. Errors: system.
    [[nodiscard]] Result<void> read(LogReader &log);
    [[nodiscard]] Explanation finish();

  private:
    void take(const LogLine &line);
    void take_plain(const LogLine &line, const PlainLine &plain, const RuleFilter::Rules &candidates);
    void take_memory_words(const std::string &text, const LogPlace &place);
    void tell_pending();
    void take_rules(const PlainLine &plain, LogPlace place, const RuleFilter::Rules &candidates);
    void add(const Rule &rule, const Match &match, std::string_view text, LogPlace place);
    void add_kernel_words(Captures &captures, const OomKill *victim);
    [[nodiscard]] std::string limit_words(const OomKill *kill) const;

    LogListener listener_;
    RuleFilter filter_;
    Explanation result_;
    bool cap_given_ = false;
    std::map<std::pair<std::string_view, std::string>, std::size_t> known_;
    std::vector<OomKill> kills_;
    std::string size_, limit_; ///< what captures of the kernel's report point into
    /// A kill whose summary or choice has been read, and whose "Killed process" line has not.
    struct Pending {
        std::string pid, name;
        bool machine_wide = false;
        LogPlace place;
    };
    std::optional<Pending> pending_;
    bool debugger_spoke_ = false;
    Clock entry_clock_;                               ///< of the last entry of nvim-dap's that has begun
    std::optional<std::uint64_t> kernel_limit_bytes_; ///< of the out-of-memory event being logged
};

/// Finds consequences, and puts what is left in order of importance.
void relate(std::vector<Finding> &findings);
[[nodiscard]] TimeLine time_line_of(const Explanation &explanation);

[[nodiscard]] std::string explanation_text(const Explanation &explanation, bool chart);
[[nodiscard]] std::string explanation_json(const Explanation &explanation);

} // namespace dbgscope
