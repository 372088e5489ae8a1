// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a line of a log means. The table is data: one row a rule, with real lines it was made from.
namespace dbgscope {

enum class Severity {
    failure, ///< why the session did not work
    warning, ///< something does not work in it
    note,    ///< worth knowing
};
[[nodiscard]] std::string_view to_string(Severity severity);

/// What can lead to a SIGKILL: the caused_by of every rule about one.
inline constexpr std::array<std::string_view, 15> kKilledForMemory{
    "dbgscope-killed",   "kernel-oom-kill",   "kernel-oom-machine",   "kernel-oom-nodes",
    "kernel-oom-killed", "systemd-oomd-kill", "systemd-unit-oom",     "kubernetes-oom",
    "liveness-probe",    "earlyoom-kill",     "systemd-stop-timeout", "oom-invoked"};

/// A pattern is literal text with captures: {name} any text, {name_} a word without blanks, {name#} a number, {name/} a
/// source file or a place in one, {name@} an address with a debugger's usual port, {name%} an address with no port of a
/// well-known service, {name!} one of the Go runtime's own checks, {name~} text
/// with strsignal(SIGKILL) of another language in it; up to the literal that follows. A leading ^ ties it
/// to the start of the line (prompts, time stamps and colours are gone by then), a trailing $ to its end. A ? before
/// all that: others print this line too, so it counts only in logs that have a debugger's own words. Everything else is
/// literal.
struct Rule {
    std::string_view id; ///< stable, kebab-case
    Severity severity = Severity::note;
    std::string_view applies;                   ///< tools and versions
    std::array<std::string_view, 8> patterns{}; ///< any of them
    std::array<std::string_view, 8> samples{};  ///< whole lines as the tool wrote them
    /// What happened, why, what to do: {name} is what the pattern captured.
    std::string_view what, cause, cure;
    std::string_view unless{};                    ///< a line that has this text is another rule's
    std::array<std::string_view, 15> caused_by{}; ///< where one of these rules has fired, this one is its consequence
};

struct Capture {
    std::string_view name, value;
};
using Captures = std::vector<Capture>;

/// What `pattern` captures in `text`; nothing when it does not match. Linear in the text: at most eight places are
/// tried, a capture has at most 1024 bytes.
[[nodiscard]] std::optional<Captures> match_pattern(std::string_view pattern, std::string_view text);

struct Match {
    Captures captures;
    bool if_debugger = false; ///< only patterns with ? match
};
[[nodiscard]] std::optional<Match> match_rule(const Rule &rule, std::string_view text);

/// The template with its captures put in, safe for a terminal. A capture that is absent leaves "?".
[[nodiscard]] std::string fill_in(std::string_view words, const Captures &captures);

/// All rules, the important ones first.
[[nodiscard]] std::span<const Rule> rules();
/// Null: there is no such rule.
[[nodiscard]] const Rule *find_rule(std::string_view id);

// The parts of the table, in its order; their texts live forever.
[[nodiscard]] std::vector<Rule> kernel_rules();
[[nodiscard]] std::vector<Rule> ended_rules();
[[nodiscard]] std::vector<Rule> memory_rules();
[[nodiscard]] std::vector<Rule> build_rules();
[[nodiscard]] std::vector<Rule> go_rules();
[[nodiscard]] std::vector<Rule> start_rules();
[[nodiscard]] std::vector<Rule> shell_rules();
[[nodiscard]] std::vector<Rule> rights_rules();
[[nodiscard]] std::vector<Rule> refused_rules();
[[nodiscard]] std::vector<Rule> version_rules();
[[nodiscard]] std::vector<Rule> client_rules();
[[nodiscard]] std::vector<Rule> session_rules();
[[nodiscard]] std::vector<Rule> breakpoint_rules();

/// Says which rules a line can be about, in one pass over its bytes: every pattern has a literal it cannot do without,
/// and four bytes of that are looked for first, in a table of bits that stays in the processor's first cache.
class RuleFilter {
  public:
    static constexpr std::size_t kMaxRules = 256;
    static constexpr std::size_t kOther = kMaxRules - 1, kDebugger = kMaxRules - 2, kHeard = kMaxRules - 3;
    using Rules = std::bitset<kMaxRules>;
    /// `others`, `debuggers`, `heard`: texts of four bytes or more that are looked for besides the rules; they have to
    /// live as long.
    explicit RuleFilter(std::span<const std::string_view> others = {}, std::span<const std::string_view> debuggers = {},
                        std::span<const std::string_view> heard = {});
    /// The index of every rule, kOther, kDebugger and kHeard whose literal is somewhere in the text.
    [[nodiscard]] Rules candidates(std::string_view text) const;

  private:
    struct Literal {
        std::string_view text;
        std::size_t key = 0; ///< where its four bytes stand in it
        std::size_t rule = 0;
        std::size_t next = 0; ///< of the same slot, from 1; 0: none
    };
    void add(std::string_view literal, std::size_t rule);
    void look_up(std::string_view text, std::size_t at, std::uint32_t slot, Rules &found) const;

    std::vector<std::uint64_t> bits_;
    std::vector<std::uint16_t> first_; ///< of a slot, from 1
    std::vector<Literal> literals_;
};

/// The rule table as a page of documentation (Markdown).
[[nodiscard]] std::string rules_page();

} // namespace dbgscope
