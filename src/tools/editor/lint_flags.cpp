// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dbgscope/profile.hpp"
#include "debugger/scan.hpp"
#include "profile/key_names.hpp"
#include "tools/editor/lint_report.hpp"

namespace dbgscope {
namespace {

/// What there is to say of a flag of `dlv dap`, from its own warnings; since: the version it appeared in. Which flags
/// there are, and which take a value, is in debugger/flag_table.
struct DapFlag {
    std::string_view name;
    std::string_view ignored; ///< why, or what to write instead; empty: it works
    ToolVersion since = {};
};
constexpr auto kDapFlags = std::to_array<DapFlag>({
    {"accept-multiclient", "dlv dap serves one client"},
    {"allow-non-terminal-interactive", "dlv dap is not interactive", {1, 5, 1}},
    {"api-version", "dlv dap speaks DAP, not one of dlv's own APIs"},
    {"backend", "write the attribute \"backend\""},
    {"build-flags", "write the attribute \"buildFlags\""},
    {"check-go-version", "", {1, 3, 0}},
    {"client-addr", "", {1, 7, 3}},
    {"disable-aslr", "", {1, 5, 1}},
    {"headless", "dlv dap is always headless"},
    {"init", "dlv dap reads no init file"},
    {"listen", "the extension gives dlv an address of its own"},
    {"log-dest", "", {1, 3, 0}},
    {"only-same-user", "", {1, 4, 0}},
    {"redirect", "", {1, 5, 1}},
    {"wd", "write the attribute \"cwd\""},
});
constexpr ToolVersion kNewestKnown{1, 27, 1};

/// By its name, or its letter.
const FlagRow *find_dap_flag(std::string_view name)
{
    const ToolRow &dlv = *find_tool_row(Tool::dlv);
    if (const FlagRow *row = find_flag(dlv, "dap", name))
        return row;
    return name.size() == 1 ? find_letter(dlv, "dap", name.front()) : nullptr;
}

DapFlag said_of(std::string_view name)
{
    const auto row = std::ranges::find(kDapFlags, name, &DapFlag::name);
    return row == kDapFlags.end() ? DapFlag{name, ""} : *row;
}

void lint_own_flag(LintRun &run, const JsonNode &word)
{
    const std::string text = "--" + word.text.substr(std::string_view("--dbgscope-").size());
    const std::size_t equals = text.find('=');
    std::vector<std::string> names;
    for (const KeyInfo &info : key_table()) {
        names.push_back(option_name(info));
        if (names.back() != text.substr(0, equals))
            continue;
        const auto read =
            equals == std::string::npos ? Result<Value>(true) : parse_value(info, text.substr(equals + 1));
        if (!read)
            run.report(LintRule::dbgscope_value, word.begin, fmt::format("{}: {}", word.text, read.error().cause));
        return;
    }
    if (const std::string near = suggest(text.substr(0, equals), names); !near.empty())
        run.report(LintRule::dbgscope_variable, word.begin,
                   fmt::format("dbgscope has no setting {} (did you mean --dbgscope{}?)", word.text, near.substr(1)));
}

/// One word that begins with "-"; returns whether the next word is its value.
bool lint_flag(LintRun &run, const JsonNode &word)
{
    const std::string_view text = word.text;
    const bool shorthand = !text.starts_with("--");
    const std::size_t equals = text.find('=');
    const std::string_view name =
        shorthand ? text.substr(1, 1) : text.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    const FlagRow *row = find_dap_flag(name);
    if (row == nullptr || (shorthand && name.empty())) {
        if (!run.context.dlv || *run.context.dlv <= kNewestKnown)
            run.report(LintRule::unknown_flag, word.begin,
                       fmt::format("dlv dap{} has no flag {}: it ends at its start",
                                   run.context.dlv ? " " + version_text(*run.context.dlv)
                                                   : " up to " + version_text(kNewestKnown),
                                   text.substr(0, equals)));
        return false;
    }
    const DapFlag flag = said_of(row->name);
    if (run.context.dlv && *run.context.dlv < flag.since)
        run.report(LintRule::unknown_flag, word.begin,
                   fmt::format("--{} is there from dlv {} on; {} ends at its start", flag.name,
                               version_text(flag.since), version_text(*run.context.dlv)));
    else if (!flag.ignored.empty())
        run.report(LintRule::ignored_flag, word.begin, fmt::format("--{} has no effect: {}", flag.name, flag.ignored));
    if (flag.name == "only-same-user" && text.ends_with("=false"))
        run.report(LintRule::open_to_others, word.begin,
                   "--only-same-user=false: any user of this machine may take the session, and run code as you");
    return row->takes_value && (shorthand ? text.size() == 2 : equals == std::string_view::npos);
}

} // namespace

void lint_dlv_flags(LintRun &run, const JsonNode &configuration, Adapter adapter)
{
    const JsonNode *flags = configuration.find("dlvFlags");
    if (flags == nullptr || flags->kind != JsonKind::array || adapter != Adapter::dlv_dap)
        return;
    const JsonNode *show_log = configuration.find("showLog");
    bool logs = show_log != nullptr && !show_log->is_literal("false");
    const JsonNode *log_output = nullptr;
    bool value = false; // the word belongs to the flag before it
    for (const JsonNode &word : flags->children) {
        const bool flag =
            word.text.starts_with('-') && word.text.size() > 1 && word.text.find("${") == std::string::npos;
        if (!word.string() || value || !flag) {
            if (word.string() && !value && !word.text.empty() && word.text.find("${") == std::string::npos)
                run.report(LintRule::ignored_flag, word.begin,
                           fmt::format("\"{}\" has no effect: it is no flag, which begins with --", word.text));
            value = false;
            continue;
        }
        if (word.text == "--")
            break;
        const auto blank = word.text.find(' ');
        if (word.text.find(" -") != std::string::npos || (word.text[1] != '-' && blank == 2) ||
            (word.text.starts_with("--") && blank != std::string::npos && blank < word.text.find('='))) {
            run.report(
                LintRule::joined_flags, word.begin,
                fmt::format("\"{}\" is one flag for dlv, which ends at its start; write each part in quotes of its own",
                            word.text));
            logs = logs || word.text.find("--log ") != std::string::npos || word.text.ends_with("--log");
            continue;
        }
        if (word.text.starts_with("--dbgscope-")) {
            lint_own_flag(run, word);
            continue;
        }
        value = lint_flag(run, word);
        logs = logs || word.text == "--log" || word.text == "--log=true";
        if (word.text.starts_with("--log-output"))
            log_output = &word;
    }
    if (log_output != nullptr && !logs)
        run.report(LintRule::log_output_without_log, log_output->begin,
                   "--log-output without --log: dlv ends at its start; write \"showLog\": true too");
}

} // namespace dbgscope
