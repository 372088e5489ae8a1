// SPDX-License-Identifier: Apache-2.0
#include "cli/init_verb.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/core.h>

#include "cli/init_changes.hpp"
#include "cli/init_devcontainer.hpp"
#include "cli/messages.hpp"
#include "cli/own_verbs.hpp"
#include "cli/verbs.hpp"
#include "dbgscope/profile.hpp"
#include "debugger/go_environment.hpp"
#include "debugger/tool_version.hpp"
#include "kernel/proc_files.hpp"
#include "probe/tools.hpp"
#include "profile/key_names.hpp"
#include "tools/editor/jsonc_edit.hpp"
#include "tools/editor/snippets.hpp"
#include "tools/editor/vscode.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// The link editors are given. Under --write and in a text to paste it must be there: an editor that cannot find its
/// dlv debugs nothing.
Result<std::string> dlv_link(const InitCall &call, Words &notes, bool must_be_there = false)
{
    std::string link = call.shims + "/dlv";
    if (::access(link.c_str(), X_OK) == 0)
        return link;
    if (call.write || must_be_there)
        return fail({.kind = ErrorKind::not_found,
                     .operation = "init",
                     .subject = call.tool,
                     .cause = fmt::format("there is no {} yet", link),
                     .hint = fmt::format("dbgscope install-shims {}", call.shims)});
    notes.push_back(fmt::format("there is no {} yet: dbgscope install-shims {}", link, call.shims));
    return link;
}

/// NAME=VALUE or FROM=TO. Errors: usage.
Result<Pairs> pairs_of(const char *option, const Words &words)
{
    Pairs pairs;
    for (const std::string &word : words) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(init_usage(option, fmt::format("\"{}\" has no \"=\" between two words", word)));
        pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    return pairs;
}

/// A value that Go or dbgscope would refuse at the next launch is refused here.
Result<void> check_environment(const Pairs &environment)
{
    for (const auto &[name, value] : environment) {
        if (name == "GOMEMLIMIT" && !parse_gomemlimit(value))
            return fail(init_usage("--env", fmt::format("GOMEMLIMIT={} ends every Go program at its start", value),
                                   "write bytes, or a whole number with KiB, MiB, GiB or TiB: 512MiB"));
        if (!name.starts_with("DBGSCOPE_"))
            continue;
        const auto same = [&](const KeyInfo &info) { return variable_name(info) == name; };
        const auto info = std::ranges::find_if(key_table(), same);
        if (info == key_table().end())
            return fail(init_usage("--env", fmt::format("dbgscope has no variable {}", name), "man dbgscope-profile"));
        if (auto read = parse_value(*info, value); !read)
            return pass(read);
    }
    return {};
}

bool is_c_project(const fs::path &folder)
{
    constexpr std::array kBuilds{"CMakeLists.txt", "meson.build", "configure.ac", "compile_commands.json"};
    constexpr std::array kSources{".c", ".cc", ".cpp", ".cxx"};
    std::error_code code;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder, code)) {
        const fs::path &path = entry.path();
        if (std::ranges::find(kBuilds, path.filename()) != kBuilds.end() ||
            std::ranges::find(kSources, path.extension()) != kSources.end())
            return true;
    }
    return false;
}

std::string own_path()
{
    std::error_code code;
    return fs::read_symlink(kSelfExecutable, code).string();
}

Result<LaunchWish> wish_for(const fs::path &folder, const CLI::App &parsed)
{
    std::error_code code;
    LaunchWish wish;
    wish.go_module = fs::exists(folder / "go.mod", code) || fs::exists(folder / "go.work", code);
    wish.c_project = is_c_project(folder);
    const fs::path real = fs::canonical(folder, code);
    if (code)
        return fail(errno_error(code.value(), "init", folder.string()));
    if (real != folder)
        wish.real_folder = real.string();
    wish.dbgscope = own_path();
    const auto values = [&](const char *name) { return option_values(parsed, name); };
    auto environment = pairs_of("--env", values("--env"));
    auto substitutes = pairs_of("--substitute-path", values("--substitute-path"));
    if (!environment || !substitutes)
        return fail(!environment ? environment.error() : substitutes.error());
    if (auto sound = check_environment(*environment); !sound)
        return pass(sound);
    wish.environment = std::move(*environment);
    wish.substitute_paths = std::move(*substitutes);
    wish.program = option_value(parsed, "--program");
    return wish;
}

Result<int> init_vscode(const InitCall &call, const CLI::App &parsed, const Invocation &invocation)
{
    const fs::path folder = logical_folder(call, invocation);
    const auto wish = wish_for(folder, parsed);
    if (!wish)
        return fail(wish.error());
    Words notes;
    std::vector<InitChange> changes;
    Result<void> done;
    if (wish->go_module || !wish->c_project) {
        const auto link = dlv_link(call, notes);
        if (!link)
            return fail(link.error());
        done = edit_file(
            folder / ".vscode/settings.json", changes, notes,
            [&](std::string_view text, const std::string &file) { return edit_vscode_settings(text, file, *link); });
    }
    if (done)
        done = edit_file(
            folder / ".vscode/launch.json", changes, notes,
            [&](std::string_view text, const std::string &file) { return edit_vscode_launch(text, file, *wish); });
    if (done && !wish->dbgscope.empty())
        done = edit_file(folder / ".vscode/tasks.json", changes, notes,
                         [&](std::string_view text, const std::string &file) {
                             return edit_vscode_tasks(text, file, wish->dbgscope);
                         });
    if (!done)
        return pass(done);
    return make_changes(call, changes, notes);
}

Result<int> init_zed(const InitCall &call)
{
    Words notes;
    const auto link = dlv_link(call, notes);
    if (!link)
        return fail(link.error());
    std::vector<InitChange> changes;
    const auto change = [&](std::string_view text, const std::string &file) -> Result<Edited> {
        auto splices = set_member(text, file, {"dap", "Delve", "binary"}, *link);
        if (!splices)
            return pass(splices);
        return Edited{apply_splices(text, *splices), {}};
    };
    if (auto done = edit_file(fs::path(call.config_home) / "zed/settings.json", changes, notes, change); !done)
        return pass(done);
    return make_changes(call, changes, notes);
}

Result<int> init_gdb(const InitCall &call)
{
    if (!call.write) {
        if (auto printed = print(gdb_start_file()); !printed)
            return pass(printed);
        return 0;
    }
    const std::string folder = call.directory.empty() ? call.config_home + "/dbgscope" : call.directory;
    std::error_code code;
    const fs::path path = fs::absolute(fs::path(folder) / "start.gdb", code).lexically_normal();
    if (code)
        return fail(errno_error(code.value(), "find", "the working directory"));
    Words notes{
        fmt::format("use it with gdb -x {}, or write \"source {}\" into ~/.gdbinit", path.string(), path.string())};
    std::vector<InitChange> changes;
    const auto change = [](std::string_view, const std::string &) -> Result<Edited> {
        return Edited{std::string(gdb_start_file()), {}};
    };
    if (auto done = edit_file(path, changes, notes, change); !done)
        return pass(done);
    return make_changes(call, changes, notes);
}

/// For the tools whose configuration is a program, or shared with other things of the user's.
Result<int> show(const InitCall &call, const std::string &text, const Words &notes)
{
    if (call.write)
        return fail(
            init_usage(call.tool, "its configuration is not written for you", "paste what is shown without --write"));
    if (auto printed = print(text); !printed)
        return pass(printed);
    const Messages messages{Settings{}};
    for (const std::string &note : notes)
        messages.say(note);
    return 0;
}

/// outputMode came with 1.21.1.
bool knows_output_mode(std::string_view path)
{
    const ToolFacts dlv = find_tool("dlv", path, "", self_file());
    const auto text = dlv.path ? tool_version("dlv", *dlv.path) : Fact<std::string>(Why::absent);
    const auto version = text ? read_version(*text) : std::nullopt;
    return version && *version >= ToolVersion{1, 21, 1};
}

Result<int> init_snippet(const InitCall &call, std::string_view path)
{
    if (call.write)
        return show(call, "", {}); // refuses
    Words notes;
    const auto link = dlv_link(call, notes, true);
    if (!link)
        return fail(link.error());
    if (call.tool == "nvim")
        return show(call, nvim_snippet(*link, own_path()), notes);
    if (call.tool == "emacs")
        return show(call, emacs_snippet(*link), notes);
    const bool output_mode = knows_output_mode(path);
    if (!output_mode)
        notes.emplace_back("Helix shows neither what dbgscope says nor what the program writes before dlv 1.21.1 "
                           "(outputMode)");
    notes.emplace_back("Helix 25.01 may panic on pausing a held program: set a breakpoint before, or give it more");
    return show(call, helix_snippet(*link, output_mode), notes);
}

Result<InitCall> read_call(const CLI::App &parsed, const Invocation &invocation)
{
    InitCall call;
    call.tool = option_value(parsed, "TOOL");
    call.directory = option_value(parsed, "DIR");
    call.write = is_given(parsed, "--write");
    const std::string home(variable(invocation, "HOME"));
    call.home = home.starts_with('/') ? home : "";
    call.config_home = variable(invocation, "XDG_CONFIG_HOME");
    if (!call.config_home.starts_with('/'))
        call.config_home = call.home + "/.config";
    const std::string shims = option_value(parsed, "--shims");
    std::error_code code;
    call.shims = shims.empty() ? call.home + "/.local/lib/dbgscope/shims"
                               : fs::absolute(shims, code).lexically_normal().string();
    if (code)
        return fail(errno_error(code.value(), "find", "the working directory", "--shims takes an absolute path too"));
    if (call.home.empty() && call.tool != "devcontainer" && (shims.empty() || call.tool == "zed" || call.tool == "gdb"))
        return fail(init_usage(call.tool, "HOME is not set", "set it to your home directory"));
    if (!call.directory.empty() && call.tool != "vscode" && call.tool != "devcontainer" && call.tool != "gdb")
        return fail(init_usage(call.tool, "it takes no directory"));
    for (const auto &[option, tool] :
         {std::pair{"--env", "vscode"}, std::pair{"--substitute-path", "vscode"}, std::pair{"--program", "vscode"},
          std::pair{"--engine", "devcontainer"}, std::pair{"--privileged", "devcontainer"}})
        if (call.tool != tool && is_given(parsed, option))
            return fail(init_usage(call.tool, fmt::format("{} is for {}", option, tool)));
    return call;
}

} // namespace

void declare_init(CLI::App &app)
{
    add_value(app, "TOOL", "vscode|devcontainer|nvim|helix|emacs|zed|gdb|shell",
              "The tool that is to start its debugger here", Times::required);
    add_value(app, "DIR", "DIR", "vscode, devcontainer: the folder that is opened; gdb: where start.gdb is written");
    add_flag(app, "--write", "Change the files instead of showing a diff");
    add_value(app, "--shims", "DIR", "Directory of the links that install-shims made");
    add_value(app, "--env", "NAME=VALUE", "vscode: a variable for each Go launch configuration", Times::again);
    add_value(app, "--substitute-path", "FROM=TO", "vscode: a folder as it is here, and where the program was built",
              Times::again);
    add_value(app, "--program", "FILE", "vscode: the C or C++ program that a cppdbg configuration is added for");
    add_value(app, "--engine", "docker|podman", "devcontainer: what starts the container; docker unless it is given");
    add_flag(app, "--privileged", "devcontainer: for Docker before 28, rootless Docker and Codespaces");
}

Result<int> init_verb(const CLI::App &parsed, const Invocation &invocation)
{
    const auto call = read_call(parsed, invocation);
    if (!call)
        return fail(call.error());
    const std::string &tool = call->tool;
    if (tool == "vscode")
        return init_vscode(*call, parsed, invocation);
    if (tool == "devcontainer")
        return init_devcontainer(*call, parsed, invocation);
    if (tool == "zed")
        return init_zed(*call);
    if (tool == "gdb")
        return init_gdb(*call);
    if (tool == "shell")
        return show(*call, shell_snippet(call->shims), {});
    if (tool == "nvim" || tool == "helix" || tool == "emacs")
        return init_snippet(*call, variable(invocation, "PATH"));
    const std::string near = suggest(tool, {"vscode", "devcontainer", "nvim", "helix", "emacs", "zed", "gdb", "shell"});
    return fail(init_usage(fmt::format("\"{}\"", tool), "not a tool it knows",
                           near.empty() ? "vscode, devcontainer, nvim, helix, emacs, zed, gdb or shell"
                                        : fmt::format("did you mean {}?", near)));
}

} // namespace dbgscope
