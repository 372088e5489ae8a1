// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbgscope/profile.hpp"

// The layers of settings and their merging. yaml-cpp is touched only when a file is there.
namespace dbgscope {

/// Where settings come from. A path is empty when there is no such file.
struct LayerSources {
    std::string system_file;               ///< "/etc/dbgscope/config.yaml"
    std::string user_file;                 ///< "~/.config/dbgscope/config.yaml"
    std::string project_file;              ///< nearest ".dbgscope.yaml" upwards
    std::vector<std::string> profile_dirs; ///< hold NAME.yaml; the user's first; existing ones only
    std::vector<std::string> closed_dirs;  ///< may not be searched (HOME of another user): what is below is left out
    std::vector<std::pair<std::string, std::string>> environment; ///< DBGSCOPE_* only
    Settings options;                        ///< origin "--memory-max"; a list: the option's own items
    std::string builtin_profile = "default"; ///< the tool's own: "dlv", "gdbserver"; it lies on "default"
};

/// Looks for the files. `environment` is environ's shape (null-terminated), `config_dir` the system's directory
/// ("/etc/dbgscope"). The project file is looked for from the working directory up to $HOME, the root or the first
/// other file system. A few access(2) and stat(2) calls; nothing is opened.
[[nodiscard]] LayerSources default_sources(const char *const *environment, Settings options,
                                           std::string builtin_profile, const std::string &config_dir);
/// The same with the configured directory.
[[nodiscard]] LayerSources default_sources(const char *const *environment, Settings options = {},
                                           std::string builtin_profile = "default");

struct Loaded {
    Settings settings;
    std::vector<std::string> warnings; ///< one line each: unknown variables, project values kept out
};

/// Merges, later wins: built-in < system < user < project < environment < options. A profile named in a layer takes
/// effect just below that layer's own values. A list adds to the lower layers' list; `require` of a project too.
/// A project file that belongs to neither this user nor root is left alone with a warning; so is whatever this user may
/// not read, but for a profile that somebody named.
/// Errors: config (a file, or a profile named in one), usage (a DBGSCOPE_* value, a profile named there or by
/// --profile), denied (a named profile that cannot be read).
[[nodiscard]] Result<Loaded> load_settings(const LayerSources &sources);

/// `dbgscope profile list`: one line for each profile, its name, what it is for and where it comes from.
[[nodiscard]] std::string list_profiles(const LayerSources &sources);

/// `dbgscope profile show NAME`: the settings of one profile, as YAML that check_file accepts. Errors: as
/// load_settings.
[[nodiscard]] Result<std::string> show_profile(const LayerSources &sources, std::string_view name, bool with_origin);

/// `dbgscope profile show`: the merged settings in the same form; `with_origin` adds "# ORIGIN" to each line.
[[nodiscard]] std::string show_settings(const Settings &settings, bool with_origin);

/// `dbgscope profile check FILE`: "FILE: ok, N settings". A file named .dbgscope.yaml is checked as a project's, one in
/// a directory named profiles as a profile. Errors: config, denied, not_found.
[[nodiscard]] Result<std::string> check_file(const std::string &path);

/// `dbgscope profile schema`: JSON Schema (draft 2020-12) of a configuration file, from the key table.
[[nodiscard]] std::string profile_schema();

} // namespace dbgscope
