// SPDX-License-Identifier: Apache-2.0
#include "cli/own_verbs.hpp"

#include <algorithm>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/completion_verb.hpp"
#include "cli/dap_verb.hpp"
#include "cli/doctor_verb.hpp"
#include "cli/explain_verb.hpp"
#include "cli/goroutines_verb.hpp"
#include "cli/growth_verb.hpp"
#include "cli/heap_verb.hpp"
#include "cli/history_verb.hpp"
#include "cli/init_verb.hpp"
#include "cli/lint_verb.hpp"
#include "cli/report_verb.hpp"
#include "cli/shims_verb.hpp"
#include "cli/snapshot_verb.hpp"
#include "cli/top_verb.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr OwnVerb kVerbs[] = {
    {"install-shims", "install-shims [DIR] [NAME...] [--undo]",
     "links named dlv, gdb, … that make every call of a debugger a session", declare_shims, shims_verb},
    {"doctor", "doctor [CHECK...] [--list] [--json]", "what of this machine gets in the way of a debug session",
     declare_doctor, doctor_verb},
    {"explain", "explain [FILE|-] [--with FILE]... [--cap SIZE]", "what happened, according to a log", declare_explain,
     explain_verb},
    {"heap", "heap [ID|--pid PID|--core FILE --exe FILE] [-o FILE]", "who holds the memory of a Go program, by line",
     declare_heap, heap_verb},
    {"goroutines", "goroutines [ID|--pid PID|--core FILE --exe FILE]", "what a Go program's goroutines wait for",
     declare_goroutines, goroutines_verb},
    {"growth", "growth [ID|--pid PID] [--seconds N] [-o FILE]",
     "who grows the memory of a C, C++ or Rust program, by line", declare_growth, growth_verb},
    {"snapshot", "snapshot [ID|--pid PID|--core FILE --exe FILE] [--cpu TIME]",
     "all of that at one moment, as files in a directory; what it worked on before", declare_snapshot, snapshot_verb},
    {"top", "top [ID] [--json] [--once]",
     "the sessions live: memory against the cap, growth, who holds it; keys to act", declare_top, top_verb},
    {"report", "report [ID|FILE|--last] [--html FILE]", "what a session did: memory over time, and what happened",
     declare_report, report_verb},
    {"history", "history [--program TEXT] [--since TIME] [--drift]", "past sessions, and whether a program has changed",
     declare_history, history_verb},
    {"dap", "dap [ID|FILE] [--json]", "what an editor and a debugger said to each other, from a log of their protocol",
     declare_dap, dap_verb},
    {"init", "init vscode|devcontainer|nvim|helix|emacs|zed|gdb|shell [DIR] [--write]",
     "make an editor, gdb or shell start debuggers through dbgscope", declare_init, init_verb},
    {"lint", "lint FILE... [--json]", "check launch.json, settings.json and our own configuration", declare_lint,
     lint_verb},
    {"completion", "completion bash|zsh|fish", "completions, made from the option tree", declare_completion,
     completion_verb},
};

Error unknown_option(const CLI::App &app, const std::string &word)
{
    std::vector<std::string> known;
    for (const CLI::Option *option : app.get_options())
        for (const std::string &name : option->get_lnames())
            known.push_back("--" + name);
    const std::string near = suggest(word.substr(0, word.find('=')), known);
    return {.kind = ErrorKind::usage,
            .operation = "read",
            .subject = "the command line",
            .cause = fmt::format("unknown option {}", word),
            .hint =
                near.empty() ? fmt::format("see {} --help", app.get_name()) : fmt::format("did you mean {}?", near)};
}

/// "--json=no", which CLI11 would take for --json.
std::optional<std::string> flag_with_value(const CLI::App &app, const std::vector<std::string> &words)
{
    for (const std::string &word : words)
        if (const auto equals = word.find('='); word.starts_with("--") && equals != std::string::npos) {
            const CLI::Option *option = app.get_option_no_throw(word.substr(0, equals));
            if (option != nullptr && option->get_items_expected_max() == 0)
                return word;
        }
    return std::nullopt;
}

} // namespace

std::span<const OwnVerb> own_verbs()
{
    return kVerbs;
}

void add_flag(CLI::App &app, const char *names, const char *help)
{
    app.add_flag(names)->description(help);
}

void add_value(CLI::App &app, const char *names, const char *type, const char *help, Times times)
{
    CLI::Option &option = *app.add_option(names)->description(help)->type_size(1)->expected(1)->type_name(type);
    option.required(times == Times::required || times == Times::required_list);
    if (times == Times::list || times == Times::required_list)
        option.allow_extra_args();
    if (times != Times::once && times != Times::required)
        option.multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

bool is_given(const CLI::App &parsed, const std::string &name)
{
    return parsed.count(name) > 0;
}

std::string option_value(const CLI::App &parsed, const std::string &name)
{
    const std::vector<std::string> values = option_values(parsed, name);
    return values.empty() ? "" : values.back();
}

std::vector<std::string> option_values(const CLI::App &parsed, const std::string &name)
{
    return parsed.get_option(name)->results();
}

Result<int> run_own_verb(const OwnVerb &verb, const std::vector<std::string> &words, const Invocation &invocation)
{
    CLI::App app(std::string(verb.summary), fmt::format("dbgscope {}", verb.name));
    verb.declare(app);
    app.allow_extras();
    if (const auto word = flag_with_value(app, words))
        return fail({.kind = ErrorKind::usage,
                     .operation = "use",
                     .subject = printable(*word),
                     .cause = "it takes no value",
                     .hint = fmt::format("see dbgscope {} --help", verb.name)});
    try {
        std::vector<std::string> reversed(words.rbegin(), words.rend());
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp &) {
        if (auto printed = print(app.help()); !printed)
            return pass(printed);
        return 0;
    } catch (const CLI::ParseError &error) {
        return fail({.kind = ErrorKind::usage,
                     .operation = "read",
                     .subject = "the command line",
                     .cause = error.what(),
                     .hint = fmt::format("see dbgscope {} --help", verb.name)});
    }
    for (const std::string &word : app.remaining()) {
        if (word.starts_with('-') && word.size() > 1)
            return fail(unknown_option(app, word));
        return fail({.kind = ErrorKind::usage,
                     .operation = std::string(verb.name),
                     .subject = "",
                     .cause = fmt::format("unexpected word \"{}\"", word),
                     .hint = fmt::format("see dbgscope {} --help", verb.name)});
    }
    return verb.run(app, invocation);
}

} // namespace dbgscope
