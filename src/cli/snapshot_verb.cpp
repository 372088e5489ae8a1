// SPDX-License-Identifier: Apache-2.0
#include "cli/snapshot_verb.hpp"

#include <fmt/core.h>

#include "cli/inspect_choice.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"
#include "tools/inspect/snapshot.hpp"

namespace dbgscope {

void declare_snapshot(CLI::App &app)
{
    declare_target(app);
    add_value(app, "-o,--output", "DIR", "The directory to make; without, dbgscope-snapshot.PID here");
}

Result<int> snapshot_verb(const CLI::App &parsed, const Invocation &)
{
    const auto target = chosen_target(parsed);
    if (!target)
        return fail(target.error());
    std::string directory = option_value(parsed, "-o");
    if (directory.empty())
        directory = fmt::format("dbgscope-snapshot.{}", target->pid);
    const Snapshot snapshot = take_snapshot(*target, unix_ns());
    if (auto written = write_snapshot(snapshot, directory); !written)
        return pass(written);
    std::string text;
    for (const Snapshot::File &file : snapshot.files)
        text += fmt::format("written: {}/{}\n", printable(directory), file.name);
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

} // namespace dbgscope
