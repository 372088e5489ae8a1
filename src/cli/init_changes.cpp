// SPDX-License-Identifier: Apache-2.0
#include "cli/init_changes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "cli/messages.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/utf8.hpp"
#include "tools/editor/diff.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

} // namespace

Error init_usage(std::string subject, std::string cause, std::string hint)
{
    return {.kind = ErrorKind::usage,
            .operation = "init",
            .subject = std::move(subject),
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

fs::path logical_folder(const InitCall &call, const Invocation &invocation)
{
    std::error_code code;
    fs::path here = fs::current_path(code);
    const fs::path pwd(variable(invocation, "PWD"));
    if (pwd.is_absolute() && fs::equivalent(pwd, here, code))
        here = pwd;
    fs::path folder = here / call.directory;
    const bool climbs = std::ranges::find(folder, "..") != folder.end(); // ".." behind a link leads elsewhere
    folder = climbs ? fs::canonical(folder, code) : folder.lexically_normal();
    return folder.has_filename() || folder == folder.root_path() ? folder : folder.parent_path();
}

Result<void> edit_file(const fs::path &path, std::vector<InitChange> &changes, Words &notes,
                       const std::function<Result<Edited>(std::string_view text, const std::string &file)> &change)
{
    auto before = take_snapshot(path.string());
    if (!before)
        return pass(before);
    Result<Edited> after = change(before->text, path.string());
    if (!after)
        return pass(after);
    notes.insert(notes.end(), after->notes.begin(), after->notes.end());
    changes.push_back({std::move(*before), path.string(), std::move(after->text)});
    return {};
}

Result<int> make_changes(const InitCall &call, const std::vector<InitChange> &changes, const Words &notes)
{
    const Messages messages{Settings{}};
    bool changed = false;
    for (const InitChange &change : changes) {
        if (change.before.text == change.after)
            continue;
        changed = true;
        if (!call.write) {
            const std::string diff =
                unified_diff(change.before.text, change.after, change.shown_path, change.before.exists);
            if (auto printed = print(printable_lines(diff)); !printed) // somebody's file may hold anything
                return pass(printed);
        } else {
            auto written = check_links(change.shown_path);
            if (written)
                written = replace_file(change.before, change.after);
            if (!written)
                return pass(written);
            const bool elsewhere = change.before.path != change.shown_path;
            if (auto said = print(fmt::format("{} {}{}\n", change.before.exists ? "changed" : "created",
                                              printable(change.shown_path),
                                              elsewhere ? fmt::format(" ({})", printable(change.before.path)) : ""));
                !said)
                return pass(said);
        }
    }
    for (const std::string &note : notes)
        messages.say(note);
    if (!changed)
        messages.say(fmt::format("{}: nothing to change", call.tool));
    else if (!call.write)
        messages.say("nothing is changed yet: --write does it");
    return 0;
}

} // namespace dbgscope
