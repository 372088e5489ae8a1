// SPDX-License-Identifier: Apache-2.0
#include "cli/shims_verb.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/core.h>

#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "debugger/call.hpp"
#include "debugger/flag_table.hpp"
#include "kernel/proc_files.hpp"
#include "probe/tools.hpp"
#include "tools/doctor/go_settings.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr const char *kSystemdRun = "systemd-run";

bool known(const std::string &name)
{
    return name == kSystemdRun || tool_from_name(name).has_value();
}

Error cannot(const char *operation, const fs::path &subject, const std::error_code &code)
{
    return errno_error(code.value(), operation, subject.string());
}

/// What a name in the directory is.
enum class Entry { free, ours, stale, foreign };

Entry look(const fs::path &link, const std::optional<SelfFile> &self)
{
    std::error_code code;
    const auto status = fs::symlink_status(link, code);
    if (status.type() == fs::file_type::not_found)
        return Entry::free;
    if (status.type() != fs::file_type::symlink)
        return Entry::foreign;
    if (self && file_at(link.string()) == self)
        return Entry::ours;
    // Left by a dbgscope that has been moved or removed since.
    const bool dangling = !fs::exists(link, code);
    return dangling && fs::read_symlink(link, code).filename() == "dbgscope" ? Entry::stale : Entry::foreign;
}

struct Shims {
    fs::path directory;
    fs::path program; ///< what the links lead to
    std::optional<SelfFile> self;
    std::string path; ///< PATH of the caller
};

/// What a call of these names starts as long as PATH stays as it is; empty: the links.
std::string order_words(const Shims &shims, const Names &made)
{
    std::string before;
    bool found = true;
    for (const std::string &name : made) {
        std::string first = find_tool(name, shims.path, "", std::nullopt).path.value_or("");
        if (fs::path(first).filename() != name) // a relative, such as lldb-server-14
            first.clear();
        found = found && !first.empty();
        if (!first.empty() && file_at(first) != shims.self)
            before += fmt::format("{}{}", before.empty() ? "" : ", ", first);
    }
    const std::string directory = shims.directory.string();
    if (found && before.empty())
        return {};
    const std::string why =
        before.empty() ? directory + " is not in PATH" : fmt::format("PATH has others first ({})", before);
    return fmt::format("{}: export PATH=\"{}:$PATH\"\n", why, directory);
}

/// Go's own tools write into these.
bool written_by_go(const Shims &shims, const Invocation &invocation)
{
    std::error_code code;
    for (const fs::path go : go_bins({.root = real_root(), .facts = {}, .environment = invocation.environment}))
        if (fs::weakly_canonical(go, code) == fs::weakly_canonical(shims.directory, code))
            return true;
    return false;
}

/// The names that are asked for, else those of the debuggers that are there.
Names wanted(const Shims &shims, const Names &asked, std::string &text)
{
    if (!asked.empty())
        return asked;
    Names names;
    for (const ToolRow &row : tool_table()) {
        const char *const name = tool_name(row.tool);
        if (find_tool(name, shims.path, "", shims.self).path)
            names.emplace_back(name);
        else
            text += fmt::format("{}: left out, there is no {} in PATH\n", name, name);
    }
    return names;
}

/// Errors: denied, system. A file that is not ours is left alone and said: false.
Result<bool> make_one(const Shims &shims, const std::string &name, std::string &text)
{
    const fs::path link = shims.directory / name;
    const Entry entry = look(link, shims.self);
    if (entry == Entry::foreign) {
        text += fmt::format("{}: not made, there is a file of that name that is no link to dbgscope\n", link.string());
        return false;
    }
    std::error_code code;
    if (entry == Entry::stale && !fs::remove(link, code))
        return fail(cannot("remove", link, code));
    if (entry != Entry::ours)
        fs::create_symlink(shims.program, link, code);
    if (code)
        return fail(cannot("make", link, code));
    text += fmt::format("{} -> {}\n", link.string(), shims.program.string());
    if (!find_tool(name, shims.path, "", shims.self).path)
        text += fmt::format("  there is no {} in PATH for it to start\n", name);
    return true;
}

Result<int> install(const Shims &shims, const Names &asked, const Invocation &invocation)
{
    std::error_code code;
    fs::create_directories(shims.directory, code);
    if (code)
        return fail(cannot("make", shims.directory, code));
    std::string text;
    bool all = true;
    Names there;
    for (const std::string &name : wanted(shims, asked, text)) {
        auto made = make_one(shims, name, text);
        if (!made)
            return pass(made);
        all = all && *made;
        if (*made)
            there.push_back(name);
    }
    text += order_words(shims, there);
    if (written_by_go(shims, invocation))
        text += fmt::format("{} is where `go install` and editors put dlv: an update of theirs replaces the link. "
                            "Another directory is safer.\n",
                            shims.directory.string());
    if (auto printed = print(text); !printed)
        return pass(printed);
    return all ? 0 : 1;
}

Result<int> undo(const Shims &shims, const Names &asked)
{
    Names names = asked;
    if (names.empty()) {
        for (const ToolRow &row : tool_table())
            names.emplace_back(tool_name(row.tool));
        names.emplace_back(kSystemdRun);
    }
    std::string text;
    std::error_code code;
    for (const std::string &name : names) {
        const fs::path link = shims.directory / name;
        if (const Entry entry = look(link, shims.self); entry != Entry::ours && entry != Entry::stale)
            continue;
        if (!fs::remove(link, code))
            return fail(cannot("remove", link, code));
        text += fmt::format("{} removed\n", link.string());
    }
    if (fs::remove(shims.directory, code) && !code) // only an empty one goes
        text += fmt::format("{} removed\n", shims.directory.string());
    if (text.empty())
        text = fmt::format("There are no links to dbgscope in {}.\n", shims.directory.string());
    if (auto printed = print(text); !printed)
        return pass(printed);
    return 0;
}

Error bad_call(std::string cause, std::string hint)
{
    return {.kind = ErrorKind::usage,
            .operation = "install",
            .subject = "shims",
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

} // namespace

void declare_shims(CLI::App &app)
{
    add_value(app, "DIR", "DIR", "Where the links are made; without it ~/.local/lib/dbgscope/shims");
    add_value(app, "NAME", "dlv|gdbserver|gdb|lldb-server|lldb-dap|systemd-run",
              "Only these, such as dlv, gdbserver, gdb-multiarch, lldb-server-19, systemd-run; without it, the "
              "debuggers that are in PATH",
              Times::list);
    add_flag(app, "--undo", "Take the links away again");
}

Result<int> shims_verb(const CLI::App &parsed, const Invocation &invocation)
{
    const Names names = option_values(parsed, "NAME");
    for (const std::string &name : names)
        if (!known(name))
            return fail(
                bad_call(fmt::format("\"{}\" is none of its names", name), "see dbgscope install-shims --help"));
    Shims shims{.directory = {}, .program = {}, .self = self_file(), .path = std::string(variable(invocation, "PATH"))};
    const std::string_view home = variable(invocation, "HOME");
    std::error_code code;
    if (const std::string directory = option_value(parsed, "DIR"); !directory.empty())
        shims.directory = fs::absolute(directory, code);
    else if (home.starts_with('/'))
        shims.directory = fs::path(home) / ".local/lib/dbgscope/shims";
    else
        return fail(bad_call("HOME is not set", "name a directory: dbgscope install-shims DIR"));
    if (code)
        return fail(cannot("find", "the working directory", code));
    shims.program = fs::read_symlink(kSelfExecutable, code);
    if (code || !shims.self)
        return fail(cannot("read", kSelfExecutable, code));
    return is_given(parsed, "--undo") ? undo(shims, names) : install(shims, names, invocation);
}

} // namespace dbgscope
