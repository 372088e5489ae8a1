// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include <fmt/core.h>

#include "debugger/go_flags.hpp"
#include "tools/editor/lint_report.hpp"

// Flags of go build, wherever they stand: buildFlags, GOFLAGS, the command of a task.
namespace dbgscope {
namespace {

/// As a shell takes the quotes away, and dlv from buildFlags.
std::string unquoted(std::string_view text)
{
    std::string out;
    char quote = 0;
    for (const char c : text)
        if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else
            out += c;
    return out;
}

/// "-ldflags=-s -w" with its dashes gone: {"ldflags", "-s -w"}.
struct Flag {
    std::string name, value;
};

Flag flag_of(std::string_view word)
{
    const auto first = word.find_first_not_of('-');
    const std::string_view bare = word.substr(std::min(first, word.size()));
    const auto equals = bare.find('=');
    return {std::string(bare.substr(0, equals)),
            equals == std::string_view::npos ? "" : unquoted(bare.substr(equals + 1))};
}

void report_effects(LintRun &run, std::size_t offset, const std::vector<std::string> &words, std::string_view where)
{
    const BuildEffects effects = build_effects(words);
    if (effects.trims)
        run.report(LintRule::build_trims, offset,
                   fmt::format("{} has -trimpath: the program knows module paths instead of your files, and "
                               "breakpoints by path are not found; take it out for debugging",
                               where));
    if (effects.no_dwarf)
        run.report(LintRule::build_strips, offset,
                   fmt::format("{} has -dwarf=false for the compiler: what it builds has no debug information, and dlv "
                               "cannot debug it; take it out",
                               where));
    if (!effects.strips.empty())
        run.report(LintRule::build_strips, offset,
                   fmt::format("{} has {} for the linker: the program has no debug information, and dlv cannot "
                               "debug it; take -s and -w out",
                               where, effects.strips));
}

} // namespace

std::vector<std::string> flag_words(std::string_view text)
{
    std::vector<std::string> words;
    char quote = 0;
    bool open = false; // a word has begun
    for (const char c : text) {
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            open = false;
            continue;
        }
        if (!open)
            words.emplace_back();
        open = true;
        words.back() += c;
        if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
    }
    return words;
}

void lint_go_flags(LintRun &run, std::size_t offset, const std::vector<std::string> &words, std::string_view where)
{
    std::vector<std::string> bare;
    std::ranges::transform(words, std::back_inserter(bare), unquoted);
    report_effects(run, offset, bare, where);
}

void lint_goflags(LintRun &run, std::size_t offset, std::string_view value, std::optional<int> go_minor)
{
    const GoFlags flags = read_goflags(value, go_minor);
    if (!flags.error.empty())
        run.report(LintRule::goflags, offset,
                   fmt::format("GOFLAGS is {}: every go command ends with \"parsing $GOFLAGS: {}\", so nothing can be "
                               "built; {}",
                               value, flags.error,
                               goflags_take_quotes(go_minor)
                                   ? "a flag with blanks is quoted as a whole: '-ldflags=-X a=b'"
                                   : "this Go takes no quotes there, so no flag can have a blank"));
    report_effects(run, offset, flags.words, "GOFLAGS");
}

/// "-tags=a b" and "-tags a b": the second is no tag.
void lint_tags(LintRun &run, std::size_t offset, const std::vector<std::string> &words)
{
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i].starts_with('-') || words[i].find("${") != std::string::npos)
            continue;
        const bool joined = words[i - 1].starts_with('-') && flag_of(words[i - 1]).name == "tags" &&
                            words[i - 1].find('=') != std::string::npos;
        const bool apart =
            i > 1 && (words[i - 2] == "-tags" || words[i - 2] == "--tags") && !words[i - 1].starts_with('-');
        if (joined || apart)
            run.report(LintRule::build_flags_joined, offset,
                       fmt::format("\"{}\" is no tag but a package here; write tags with commas: {}{},{}", words[i],
                                   apart ? "-tags=" : "", words[i - 1], words[i]));
    }
}

/// dlv before 1.22.2 and any wrapper get the list joined by blanks, so that a blank inside a flag splits it.
void lint_build_flags(LintRun &run, const JsonNode &configuration)
{
    const JsonNode *flags = configuration.find("buildFlags");
    if (flags == nullptr)
        return;
    if (flags->string()) {
        const std::vector<std::string> words = flag_words(flags->text);
        lint_go_flags(run, flags->begin, words, "buildFlags");
        lint_tags(run, flags->begin, words);
        return;
    }
    std::vector<std::string> words;
    for (const JsonNode &flag : flags->children) {
        words.push_back(flag.text);
        const bool torn =
            flag.text.find(' ') != std::string::npos && flag.text.find_first_of("'\"") == std::string::npos;
        const Flag parts =
            words.size() > 1 && words[words.size() - 2] == "-tags" ? Flag{"tags", flag.text} : flag_of(flag.text);
        if (torn && parts.name == "tags") {
            std::string commas = parts.value;
            std::ranges::replace(commas, ' ', ',');
            run.report(
                LintRule::build_flags_joined, flag.begin,
                fmt::format("\"{}\" falls apart at its blanks; write tags with commas: -tags={}", flag.text, commas));
        } else if (torn)
            run.report(LintRule::build_flags_joined, flag.begin,
                       fmt::format("through a wrapper, and before dlv 1.22.2, the list is joined by blanks and \"{}\" "
                                   "falls apart; write one string with quotes: \"-ldflags='…'\"",
                                   flag.text));
    }
    lint_go_flags(run, flags->begin, words, "buildFlags");
}

} // namespace dbgscope
