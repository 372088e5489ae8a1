// SPDX-License-Identifier: Apache-2.0
#include "cli/init_devcontainer.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "cli/init_changes.hpp"
#include "cli/own_verbs.hpp"
#include "tools/editor/devcontainer.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

/// Those below .devcontainer, one for each of several containers, sorted.
std::vector<std::string> named_devcontainers(const fs::path &folder)
{
    std::vector<std::string> found;
    std::error_code code;
    for (auto entry = fs::directory_iterator(folder / ".devcontainer", code); !code && entry != end(entry);
         entry.increment(code))
        if (std::error_code none; fs::exists(entry->path() / "devcontainer.json", none))
            found.push_back(entry->path().string());
    std::ranges::sort(found);
    return found;
}

/// Where the specification has it: at one of two places, or one of those. A folder that holds the file itself is taken,
/// too, so that one of several can be named, and so is the file.
Result<fs::path> find_devcontainer(const fs::path &folder)
{
    std::error_code code;
    if (fs::is_regular_file(folder, code))
        return folder;
    for (const char *place : {".devcontainer/devcontainer.json", ".devcontainer.json", "devcontainer.json"})
        if (fs::symlink_status(folder / place, code).type() > fs::file_type::not_found)
            return folder / place;
    const std::vector<std::string> found = named_devcontainers(folder);
    if (found.size() == 1)
        return fs::path(found.front()) / "devcontainer.json";
    Error error{.kind = ErrorKind::config, .operation = "init", .subject = folder.string()};
    if (found.empty()) {
        error.kind = ErrorKind::not_found;
        error.cause = "there is no .devcontainer/devcontainer.json and no .devcontainer.json";
        error.hint = "name the folder that has one, or have one made: in VS Code \"Dev Containers: Add Dev Container "
                     "Configuration Files\"";
    } else {
        error.cause = "it has several dev containers";
        error.hint = fmt::format("name one: dbgscope init devcontainer {}", fmt::join(found, " | "));
    }
    return fail(std::move(error));
}

} // namespace

Result<int> init_devcontainer(const InitCall &call, const CLI::App &parsed, const Invocation &invocation)
{
    const std::string engine = option_value(parsed, "--engine");
    if (!engine.empty() && engine != "docker" && engine != "podman")
        return fail(init_usage("--engine", fmt::format("\"{}\" is none it knows", engine), "docker or podman"));
    const fs::path folder = logical_folder(call, invocation);
    const auto file = find_devcontainer(folder);
    if (!file)
        return fail(file.error());
    const DevcontainerWish wish{.podman = engine == "podman", .privileged = is_given(parsed, "--privileged")};
    std::vector<InitChange> changes;
    std::vector<std::string> notes;
    const auto change = [&](std::string_view text, const std::string &name) {
        return edit_devcontainer(text, name, wish);
    };
    if (auto done = edit_file(*file, changes, notes, change); !done)
        return pass(done);
    std::vector<std::string> others = named_devcontainers(folder);
    std::erase(others, file->parent_path().string());
    if (!others.empty())
        notes.push_back(
            fmt::format("there are other dev containers, which are not changed: dbgscope init devcontainer {}",
                        fmt::join(others, " | ")));
    return make_changes(call, changes, notes);
}

} // namespace dbgscope
