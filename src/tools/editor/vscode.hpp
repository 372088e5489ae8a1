// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbgscope/error.hpp"

// What VS Code has to know for the Go extension and cpptools to start dbgscope. Pure: text in, text out.
namespace dbgscope {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A changed text and what there is to say about it, one line each.
struct Edited {
    std::string text;
    std::vector<std::string> notes;
};

/// settings.json: `go.alternateTools.dlv` is the only way to give the Go extension another dlv; it takes a path and no
/// arguments. Errors: config, as set_member.
[[nodiscard]] Result<Edited> edit_vscode_settings(std::string_view text, const std::string &file,
                                                  const std::string &dlv_link);

struct LaunchWish {
    bool go_module = false;       ///< the folder holds go.mod or go.work
    bool c_project = false;       ///< it is built by CMake, Meson, … or holds C or C++ sources
    std::string real_folder = {}; ///< where the folder really is, when a symbolic link leads to it
    Pairs environment = {};       ///< for each Go launch configuration; also reaches dlv and what it builds
    Pairs substitute_paths = {};  ///< from (editor), to (where the program was built), for each Go configuration
    std::string dbgscope = {};    ///< our own path
    std::string program = {};     ///< what a new cppdbg configuration debugs
};

/// launch.json. A Go launch configuration is added where there is none and a module is; a cppdbg configuration that
/// debugs through gdbserver where there is a C project, a program to debug and no such configuration. Others get only
/// what `environment` and `substitute_paths` name. Errors: config, as set_member.
[[nodiscard]] Result<Edited> edit_vscode_launch(std::string_view text, const std::string &file, const LaunchWish &wish);

/// tasks.json: a task "dbgscope: give it more", for the command palette; one of that name is left as it is. Errors: as
/// above.
[[nodiscard]] Result<Edited> edit_vscode_tasks(std::string_view text, const std::string &file,
                                               const std::string &dbgscope);

} // namespace dbgscope
