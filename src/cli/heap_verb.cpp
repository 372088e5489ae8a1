// SPDX-License-Identifier: Apache-2.0
#include "cli/heap_verb.hpp"

#include <CLI/CLI.hpp>

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {

void declare_heap(CLI::App &app)
{
    declare_target(app);
    add_value(app, "-o,--output", "FILE", "Write a profile for go tool pprof instead of printing");
    app.add_flag("--stacks")->description("Print each way to a site with its callers");
    app.add_flag("--json")->description("Print everything as JSON");
}

Result<int> heap_verb(const CLI::App &parsed, const Invocation &)
{
    const auto target = chosen_target(parsed);
    if (!target)
        return fail(target.error());
    const bool stacks = parsed.count("--stacks") > 0;
    const auto view = view_heap(*target, stacks);
    if (!view)
        return fail(view.error());
    if (const std::string file = option_value(parsed, "-o"); !file.empty())
        return write_profile(file, heap_pprof(view->heap, target->program, view->with_recent, unix_ns()));
    if (auto printed = print(parsed.count("--json") > 0 ? heap_json(*view) : heap_text(*view, stacks)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
