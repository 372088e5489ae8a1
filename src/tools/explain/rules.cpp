// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/explain/packed_rules.hpp"
#include "tools/explain/pattern_kinds.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kShownCapture = 300;
constexpr int kMaxTries = 8;
constexpr int kSlotBits = 16;

/// A literal, or a capture with the literal behind it.
struct Piece {
    std::string_view name;    ///< empty: no capture before the literal
    char kind = 0;            ///< one of kPatternKinds, or 0
    std::string_view literal; ///< may be empty at the end of a pattern
};

struct Pattern {
    bool if_debugger = false, at_start = false, at_end = false;
    std::vector<Piece> pieces;
};

Pattern take_apart(std::string_view text)
{
    Pattern pattern{.if_debugger = text.starts_with('?'), .pieces = {}};
    text.remove_prefix(pattern.if_debugger ? 1 : 0);
    pattern.at_start = text.starts_with('^');
    pattern.at_end = text.ends_with('$');
    text.remove_prefix(pattern.at_start ? 1 : 0);
    text.remove_suffix(pattern.at_end ? 1 : 0);
    while (!text.empty()) {
        Piece piece;
        if (text.front() == '{') {
            const auto close = text.find('}');
            piece.name = text.substr(1, close - 1);
            if (kPatternKinds.contains(piece.name.back())) {
                piece.kind = piece.name.back();
                piece.name.remove_suffix(1);
            }
            text.remove_prefix(close + 1);
        }
        piece.literal = text.substr(0, text.find('{'));
        text.remove_prefix(piece.literal.size());
        pattern.pieces.push_back(piece);
    }
    return pattern;
}

/// How much of `rest` a capture at the very end of a pattern takes.
std::size_t tail_length(char kind, std::string_view rest)
{
    const auto stop = kind == '#'                               ? rest.find_first_not_of("0123456789")
                      : kind == 0 || kind == '!' || kind == '~' ? std::string_view::npos
                                                                : rest.find_first_of(" \t");
    return std::min({stop, rest.size(), kMaxCapture});
}

/// Matches the pieces from the front of `rest` on; the first piece's literal, if it has no name, stands there already.
bool match_from(const Pattern &pattern, std::string_view rest, Captures &captures)
{
    for (const Piece &piece : pattern.pieces) {
        std::size_t length = 0;
        if (!piece.name.empty()) {
            length = piece.literal.empty() ? tail_length(piece.kind, rest)
                                           : rest.substr(0, kMaxCapture + piece.literal.size()).find(piece.literal);
            if (length == std::string_view::npos || !fits_kind(piece.kind, rest.substr(0, length)))
                return false;
            captures.push_back({piece.name, rest.substr(0, length)});
        }
        if (!rest.substr(length).starts_with(piece.literal))
            return false;
        rest.remove_prefix(length + piece.literal.size());
    }
    return !pattern.at_end || rest.find_first_not_of(" \t") == std::string_view::npos;
}

/// The longest literal of a pattern without a quote, which may be escaped in a raw line.
std::string_view literal_of(std::string_view text)
{
    std::string_view longest;
    for (const Piece &piece : take_apart(text).pieces)
        for (std::string_view part = piece.literal; !part.empty();) {
            const std::string_view plain = part.substr(0, part.find('"'));
            if (plain.size() > longest.size())
                longest = plain;
            part.remove_prefix(std::min(plain.size() + 1, part.size()));
        }
    return longest;
}

/// Which four bytes of a literal are least likely in a log: capitals, digits and punctuation before plain letters.
std::string_view rarest(std::string_view literal)
{
    static constexpr std::string_view kCommon = "etaoin srhldu", kLower = "cmfwygpbvkxqjz";
    std::string_view best;
    int best_score = -1;
    for (std::size_t i = 0; i + 4 <= literal.size(); ++i) {
        int score = 0;
        for (const char c : literal.substr(i, 4))
            score += kCommon.find(c) != std::string_view::npos ? 1 : kLower.find(c) != std::string_view::npos ? 2 : 4;
        if (score > best_score) {
            best = literal.substr(i, 4);
            best_score = score;
        }
    }
    return best;
}

std::uint32_t slot(const char *bytes)
{
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return (word * 2654435761U) >> (32 - kSlotBits);
}

} // namespace

std::string_view to_string(Severity severity)
{
    switch (severity) {
    case Severity::failure: return "failure";
    case Severity::warning: return "warning";
    case Severity::note: return "note";
    }
    return "note";
}

std::optional<Captures> match_pattern(std::string_view pattern_text, std::string_view text)
{
    const Pattern pattern = take_apart(pattern_text);
    const Piece &first = pattern.pieces.front();
    for (int tries = 0; tries < kMaxTries; ++tries) {
        if (!pattern.at_start && first.name.empty()) {
            const auto at = text.find(first.literal);
            if (at == std::string_view::npos)
                return std::nullopt;
            text.remove_prefix(at);
        }
        Captures captures;
        if (match_from(pattern, text, captures))
            return captures;
        if (pattern.at_start || !first.name.empty() || text.empty())
            return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::optional<Match> match_rule(const Rule &rule, std::string_view text)
{
    if (!rule.unless.empty() && text.find(rule.unless) != std::string_view::npos)
        return std::nullopt;
    std::optional<Match> weak;
    for (const std::string_view pattern : rule.patterns)
        if (!pattern.empty() && (!weak || !pattern.starts_with('?')))
            if (auto captures = match_pattern(pattern, text)) {
                if (!pattern.starts_with('?'))
                    return Match{std::move(*captures), false};
                weak = Match{std::move(*captures), true};
            }
    return weak;
}

std::string fill_in(std::string_view words, const Captures &captures)
{
    std::string filled;
    while (!words.empty()) {
        const auto open = words.find('{');
        filled += words.substr(0, open);
        if (open == std::string_view::npos)
            break;
        const auto close = words.find_first_not_of("abcdefghijklmnopqrstuvwxyz", open + 1);
        if (close == std::string_view::npos || words[close] != '}') { // a brace of JSON, or ${workspaceFolder}
            filled += '{';
            words.remove_prefix(open + 1);
            continue;
        }
        const std::string_view name = words.substr(open + 1, close - open - 1);
        const auto known = std::ranges::find(captures, name, &Capture::name);
        if (known == captures.end())
            filled += '?';
        else
            filled += printable(known->value.substr(0, kShownCapture));
        words.remove_prefix(close + 1);
    }
    return filled;
}

std::vector<Rule> unpack_rules(std::string_view text, std::span<const std::uint16_t> numbers)
{
    std::vector<Rule> all;
    for (auto number = numbers.begin(); number != numbers.end();) {
        Rule &rule = all.emplace_back();
        rule.severity = static_cast<Severity>(*number++);
        for_each_text(rule, [&](std::string_view &one) {
            one = text.substr(0, *number);
            text.remove_prefix(*number++);
        });
    }
    return all;
}

std::span<const Rule> rules()
{
    static const std::vector<Rule> all = [] {
        std::vector<Rule> joined;
        for (const auto &part :
             {kernel_rules(), ended_rules(), memory_rules(), build_rules(), go_rules(), start_rules(), shell_rules(),
              rights_rules(), refused_rules(), version_rules(), client_rules(), session_rules(), breakpoint_rules()})
            joined.insert(joined.end(), part.begin(), part.end());
        return joined;
    }();
    return all;
}

const Rule *find_rule(std::string_view id)
{
    const auto known = std::ranges::find(rules(), id, &Rule::id);
    return known == rules().end() ? nullptr : &*known;
}

RuleFilter::RuleFilter(std::span<const std::string_view> others, std::span<const std::string_view> debuggers,
                       std::span<const std::string_view> heard)
    : bits_((std::size_t{1} << kSlotBits) / 64), first_(std::size_t{1} << kSlotBits)
{
    for (const std::string_view text : others)
        add(text, kOther);
    for (const std::string_view text : debuggers)
        add(text, kDebugger);
    for (const std::string_view text : heard)
        add(text, kHeard);
    std::size_t index = 0;
    for (const Rule &rule : rules()) {
        for (const std::string_view pattern : rule.patterns)
            if (!pattern.empty())
                add(literal_of(pattern), index);
        ++index;
    }
}

void RuleFilter::add(std::string_view literal, std::size_t rule)
{
    const std::string_view key = rarest(literal);
    if (key.empty())
        return;
    const std::uint32_t at = slot(key.data());
    bits_[at / 64] |= std::uint64_t{1} << (at % 64);
    literals_.push_back({literal, static_cast<std::size_t>(key.data() - literal.data()), rule, first_[at]});
    first_[at] = static_cast<std::uint16_t>(literals_.size());
}

void RuleFilter::look_up(std::string_view text, std::size_t at, std::uint32_t slot, Rules &found) const
{
    for (std::size_t index = first_[slot]; index != 0; index = literals_[index - 1].next) {
        const Literal &literal = literals_[index - 1];
        if (at >= literal.key && text.substr(at - literal.key).starts_with(literal.text))
            found.set(literal.rule);
    }
}

RuleFilter::Rules RuleFilter::candidates(std::string_view text) const
{
    Rules found;
    const std::uint64_t *bits = bits_.data();
    for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
        const std::uint32_t at = slot(text.data() + i);
        if (((bits[at / 64] >> (at % 64)) & 1) != 0)
            look_up(text, i, at, found);
    }
    return found;
}

std::string rules_page()
{
    std::string page = "# What `dbgscope explain` knows\n\nMade from its rule table: `dbgscope explain --rules`.\n";
    for (const Rule &rule : rules()) {
        page += fmt::format("\n## {}\n\n{}, {}\n\n", rule.id, to_string(rule.severity), rule.applies);
        for (const std::string_view sample : rule.samples)
            if (!sample.empty())
                page += fmt::format("    {}\n", printable(sample));
        page += fmt::format("\n{}.\n\n**Why:** {}\n\n**What to do:** {}\n", rule.what, rule.cause, rule.cure);
        std::string causes;
        for (const std::string_view cause : rule.caused_by)
            if (!cause.empty())
                causes += fmt::format("{}`{}`", causes.empty() ? "" : ", ", cause);
        if (!causes.empty())
            page += fmt::format("\nA consequence where the log also has {}.\n", causes);
    }
    return page;
}

} // namespace dbgscope
