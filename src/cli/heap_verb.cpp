// SPDX-License-Identifier: Apache-2.0
#include "cli/heap_verb.hpp"

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "tools/inspect/heap_since.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {

void declare_heap(CLI::App &app)
{
    declare_target(app);
    add_value(app, "-o,--output", "FILE", "Write a profile for go tool pprof instead of printing");
    add_value(app, "--base", "FILE", "Say what grew since this profile, which -o or Go itself has written");
    add_flag(app, "--stacks", "Print each way to a site with its callers");
    add_flag(app, "--json", "Print everything as JSON");
}

namespace {

Result<int> compare(const CLI::App &parsed, const Target &target, const HeapView &view, const PprofContents &base)
{
    const bool stacks = is_given(parsed, "--stacks");
    const std::int64_t now = unix_ns();
    if (const std::string file = option_value(parsed, "-o"); !file.empty())
        return write_profile(file, heap_since_pprof(view, target.program, base, now));
    HeapSince since = heap_since(view, base, stacks);
    since.base = option_value(parsed, "--base");
    const std::string text =
        is_given(parsed, "--json") ? heap_since_json(view, since) : heap_since_text(view, since, stacks, now);
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

} // namespace

Result<int> heap_verb(const CLI::App &parsed, const Invocation &)
{
    const std::string base_file = option_value(parsed, "--base");
    const auto base = base_file.empty() ? Result<PprofContents>() : read_base(base_file);
    if (!base)
        return fail(base.error());
    const auto target = chosen_target(parsed);
    if (!target)
        return fail(target.error());
    const bool stacks = is_given(parsed, "--stacks");
    const auto view = view_heap(*target, stacks);
    if (!view)
        return fail(view.error());
    if (!base_file.empty())
        return compare(parsed, *target, *view, *base);
    if (const std::string file = option_value(parsed, "-o"); !file.empty())
        return write_profile(file, heap_pprof(view->heap, target->program, view->with_recent, unix_ns()));
    if (auto printed = print(is_given(parsed, "--json") ? heap_json(*view) : heap_text(*view, stacks)); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
