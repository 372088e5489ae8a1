// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_verb.hpp"

#include <unistd.h>

#include <algorithm>

#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/bytes.hpp"
#include "tools/explain/explain.hpp"

namespace dbgscope {
namespace {

Error bad_call(std::string cause, std::string hint)
{
    return {.kind = ErrorKind::usage,
            .operation = "explain",
            .subject = "a log",
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

Result<std::optional<std::uint64_t>> cap_of(const CLI::App &parsed)
{
    if (!is_given(parsed, "--cap"))
        return std::nullopt;
    auto size = parse_size(option_value(parsed, "--cap"));
    if (!size)
        return pass(size);
    if (size->kind != SizeSpec::Kind::bytes || size->value == 0)
        return fail(bad_call("--cap is no size", "such as --cap=512M: what the program was limited to"));
    return size->value;
}

/// The log first, then those of --with. Errors: usage.
Result<std::vector<std::string>> logs_of(const CLI::App &parsed)
{
    std::vector<std::string> logs = option_values(parsed, "FILE");
    if (logs.empty() && ::isatty(STDIN_FILENO) != 0)
        return fail(bad_call("none is given, and standard input is a terminal",
                             "dbgscope explain FILE, or COMMAND 2>&1 | dbgscope explain"));
    if (logs.empty())
        logs.emplace_back("-");
    for (const std::string &with : option_values(parsed, "--with"))
        logs.push_back(with);
    if (std::ranges::count(logs, "-") > 1)
        return fail(bad_call("standard input can be one log only", "give the others as files"));
    return logs;
}

} // namespace

void declare_explain(CLI::App &app)
{
    add_value(app, "FILE", "FILE", "The log; - or nothing is standard input");
    add_value(app, "--with", "FILE", "Another log of the same time: the kernel's, strace, gctrace; again for more",
              Times::again);
    add_value(app, "--cap", "SIZE",
              "The memory limit the program ran under; without it, what dbgscope's own line says");
    add_flag(app, "--chart", "Draw the heap of each Go program from its gctrace lines");
    add_flag(app, "--json", "Print the findings as JSON");
    add_flag(app, "--rules", "Print everything explain knows, as a page of documentation (Markdown)");
}

Result<int> explain_verb(const CLI::App &parsed, const Invocation & /*invocation*/)
{
    if (is_given(parsed, "--rules")) {
        if (auto printed = print(rules_page()); !printed)
            return pass(printed);
        return 0;
    }
    auto cap = cap_of(parsed);
    if (!cap)
        return pass(cap);
    auto logs = logs_of(parsed);
    if (!logs)
        return pass(logs);
    Explainer explainer(*cap);
    for (const std::string &path : *logs) {
        auto log = LogReader::open(path);
        if (!log)
            return pass(log);
        if (auto read = explainer.read(*log); !read)
            return pass(read);
    }
    const Explanation explanation = explainer.finish();
    const std::string text = is_given(parsed, "--json") ? explanation_json(explanation)
                                                        : explanation_text(explanation, is_given(parsed, "--chart"));
    if (auto printed = print(text); !printed)
        return pass(printed);
    return explanation.anything() ? 0 : 1;
}

} // namespace dbgscope
