// SPDX-License-Identifier: Apache-2.0
#include "cli/goroutines_verb.hpp"

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
    add_flag(app, "-a,--all", "Print Go's own goroutines too");
    add_flag(app, "--json", "Print everything as JSON");
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
    const bool everything = is_given(parsed, "--all");
    if (auto printed = print(is_given(parsed, "--json") ? goroutines_json(*view) : goroutines_text(*view, everything));
        !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
