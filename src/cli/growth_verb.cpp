// SPDX-License-Identifier: Apache-2.0
#include "cli/growth_verb.hpp"

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "cli/watch_span.hpp"
#include "tools/inspect/growth.hpp"

namespace dbgscope {

void declare_growth(CLI::App &app)
{
    declare_process(app);
    add_value(app, "--seconds", "N", "How long to watch; 10 unless given. Ctrl-C ends it sooner");
    add_value(app, "-o,--output", "FILE", "Write a profile for go tool pprof instead of printing");
    add_flag(app, "--stacks", "Print each way to a site with its callers");
    add_flag(app, "--json", "Print everything as JSON");
}

Result<int> growth_verb(const CLI::App &parsed, const Invocation &)
{
    const std::string word = option_value(parsed, "--seconds");
    const auto span = read_watch_span("--seconds", word.empty() ? "10" : word);
    if (!span)
        return fail(span.error());
    const auto pid = chosen_process(parsed);
    if (!pid)
        return fail(pid.error());
    const std::string file = option_value(parsed, "-o");
    const bool stacks = is_given(parsed, "--stacks");
    const UniqueFd stop = end_signals();
    say_watching(*pid, *span);
    const auto view = watch_growth(*pid, *span, stop.get(), stacks || !file.empty());
    if (!view)
        return fail(view.error());
    if (!file.empty())
        return write_profile(file, growth_pprof(*view, unix_ns()));
    if (auto printed = print(is_given(parsed, "--json") ? growth_json(*view) : growth_text(*view, stacks)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
