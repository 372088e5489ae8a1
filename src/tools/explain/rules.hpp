// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a line of a log means. The table is data: one row a rule, with real lines it was made from.
namespace dbgscope {

enum class Severity {
    failure, ///< why the session did not work
    warning, ///< something does not work in it
    note,    ///< worth knowing
};
[[nodiscard]] std::string_view to_string(Severity severity);

/// A pattern is literal text with captures: {name} any text, {name_} a word without blanks, {name#} a number; up to
/// the literal that follows. A leading ^ ties it to the start of the line (prompts, time stamps and colours are gone by
/// then), a trailing $ to its end. Everything else is literal.
struct Rule {
    std::string_view id; ///< stable, kebab-case
    Severity severity = Severity::note;
    std::string_view applies;                   ///< tools and versions
    std::array<std::string_view, 6> patterns{}; ///< any of them
    std::array<std::string_view, 6> samples{};  ///< whole lines as the tool wrote them
    /// What happened, why, what to do: {name} is what the pattern captured.
    std::string_view what, cause, cure;
    std::string_view unless{};                   ///< a line that has this text is another rule's
    std::array<std::string_view, 5> caused_by{}; ///< where one of these rules has fired, this one is its consequence
};

struct Capture {
    std::string_view name, value;
};
using Captures = std::vector<Capture>;

/// What `pattern` captures in `text`; nothing when it does not match. Linear in the text: at most eight places are
/// tried, a capture has at most 1024 bytes.
[[nodiscard]] std::optional<Captures> match_pattern(std::string_view pattern, std::string_view text);
[[nodiscard]] std::optional<Captures> match_rule(const Rule &rule, std::string_view text);

/// The template with its captures put in, safe for a terminal. A capture that is absent leaves "?".
[[nodiscard]] std::string fill_in(std::string_view words, const Captures &captures);

/// All rules, the important ones first.
[[nodiscard]] std::span<const Rule> rules();

// The parts of the table, in its order.
[[nodiscard]] std::span<const Rule> memory_rules();
[[nodiscard]] std::span<const Rule> start_rules();
[[nodiscard]] std::span<const Rule> client_rules();
[[nodiscard]] std::span<const Rule> breakpoint_rules();

/// Says which rules a line can be about, in one pass over its bytes: every pattern has a literal it cannot do without,
/// and four bytes of that are looked for first.
class RuleFilter {
  public:
    static constexpr std::uint64_t kOther = std::uint64_t{1} << 63;
    [[nodiscard]] static constexpr std::uint64_t bit(std::size_t rule) { return std::uint64_t{1} << (rule % 63); }
    /// `others`: texts of four bytes or more that are looked for besides the rules; they have to live as long.
    explicit RuleFilter(std::span<const std::string_view> others = {});
    /// bit(index) of every rule, and kOther, whose literal is somewhere in the text.
    [[nodiscard]] std::uint64_t candidates(std::string_view text) const;

  private:
    void add(std::string_view literal, std::uint64_t bit);

    std::vector<std::uint64_t> table_;
    std::vector<std::pair<std::string_view, std::uint64_t>> literals_;
};

/// The rule table as a page of documentation (Markdown).
[[nodiscard]] std::string rules_page();

} // namespace dbgscope
