// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profile/settings_file.hpp"

// Profiles by name: a NAME.yaml in one of the profile directories, else a shipped one.
namespace dbgscope {

/// One value of a shipped profile; the table is generated from profiles/*.yaml when dbgscope is built.
struct BuiltinRow {
    std::string_view key, text; ///< "go.debug", "gctrace=1": one row for each item of a list
};
struct BuiltinProfile {
    std::string_view name, summary;
    std::span<const BuiltinRow> rows;
};
[[nodiscard]] std::span<const BuiltinProfile> builtin_profiles();

/// The values of a shipped profile, origin "built-in profile NAME". Errors: as parse_value.
[[nodiscard]] Result<std::vector<FileSetting>> builtin_settings(const BuiltinProfile &profile);

/// Letters, digits, '-', '_' and inner dots, at most 64: a name never becomes a path.
[[nodiscard]] bool valid_profile_name(std::string_view name);

/// The file a name stands for, or empty: it is a shipped profile or none.
[[nodiscard]] std::string profile_path(const std::vector<std::string> &dirs, const std::string &name);

/// The values of a profile. Errors: config (bad file, no such profile with a suggestion), denied.
[[nodiscard]] Result<std::vector<FileSetting>> find_profile(const std::vector<std::string> &dirs,
                                                            const std::string &name);

} // namespace dbgscope
