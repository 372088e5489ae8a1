// SPDX-License-Identifier: Apache-2.0
#include "cli/goroutines_verb.hpp"

#include <CLI/CLI.hpp>

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {

void declare_goroutines(CLI::App &app)
{
    declare_target(app);
    add_value(app, "-o,--output", "FILE", "Write a profile for go tool pprof instead of printing");
    app.add_flag("-a,--all")->description("Print Go's own goroutines too");
    app.add_flag("--json")->description("Print everything as JSON");
}

Result<int> goroutines_verb(const CLI::App &parsed, const Invocation &)
{
    const auto target = chosen_target(parsed);
    if (!target)
        return fail(target.error());
    const auto view = view_goroutines(*target);
    if (!view)
        return fail(view.error());
    if (const std::string file = option_value(parsed, "-o"); !file.empty())
        return write_profile(file, goroutine_pprof(view->raw, target->program, unix_ns()));
    const bool everything = parsed.count("--all") > 0;
    if (auto printed = print(parsed.count("--json") > 0 ? goroutines_json(*view) : goroutines_text(*view, everything));
        !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
