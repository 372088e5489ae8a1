// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "dbgscope/error.hpp"
#include "tools/editor/replace_file.hpp"
#include "tools/editor/vscode.hpp"

// What the targets of `init` have in common: the call, and files that are shown as a diff or changed.
namespace dbgscope {

/// One call, read from the command line and the environment.
struct InitCall {
    std::string tool;
    std::string directory; ///< as given, or empty
    std::string home;      ///< empty when HOME says nothing
    std::string config_home;
    std::string shims; ///< directory of the links
    bool write = false;
};

struct InitChange {
    FileSnapshot before;
    std::string shown_path, after;
};

[[nodiscard]] Error init_usage(std::string subject, std::string cause, std::string hint = "see dbgscope init --help");

/// The folder as the user names it: a symbolic link in it stays, as in $PWD.
[[nodiscard]] std::filesystem::path logical_folder(const InitCall &call, const Invocation &invocation);

/// Adds a file's change; the text as it is comes first, so that nothing is lost when something cannot be understood.
[[nodiscard]] Result<void>
edit_file(const std::filesystem::path &path, std::vector<InitChange> &changes, std::vector<std::string> &notes,
          const std::function<Result<Edited>(std::string_view text, const std::string &file)> &change);

/// Shows or writes; what there is to say goes to stderr, so that stdout is a diff and nothing else.
[[nodiscard]] Result<int> make_changes(const InitCall &call, const std::vector<InitChange> &changes,
                                       const std::vector<std::string> &notes);

} // namespace dbgscope
