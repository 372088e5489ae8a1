// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/profile.hpp"

// One configuration file as settings: known keys, parsed values, and the place of each.
namespace dbgscope {

/// Where a file stands decides which keys it may have.
enum class FileRole {
    config,  ///< /etc or ~/.config: every key
    profile, ///< profiles/NAME.yaml: every key but `profile`
    project, ///< .dbgscope.yaml: no key whose ProjectRule is forbidden
};

struct FileSetting {
    Key key;
    Value value;
    std::string where;    ///< "FILE:LINE:COLUMN" of the value, or what else it was read from
    FilePlace place = {}; ///< of the value, where it stands in a file
};

struct ConfigText {
    std::string text;
    unsigned owner_uid = 0;
};

/// Opens and reads a regular file of at most 64 KiB. A FIFO or device is refused without blocking. Errors: config for
/// what is not such a file; else errno's own (denied, not_found).
[[nodiscard]] Result<ConfigText> read_config(const std::string &path);

/// Errors: config, "FILE:LINE:COLUMN: cause (hint)": everything parse_yaml refuses, unknown keys (with a suggestion), a
/// list where one value belongs and the reverse, values that parse_value refuses, keys the role forbids.
[[nodiscard]] Result<std::vector<FileSetting>> parse_settings(const std::string &text, const std::string &path,
                                                              FileRole role);

/// Whether what that user's file says is this user's own word, or root's.
[[nodiscard]] bool trusted_owner(unsigned uid);

/// sudo with somebody else's HOME: commands that another user wrote are not run as this one. Errors: config.
[[nodiscard]] Result<void> check_commands(const std::vector<FileSetting> &settings, unsigned owner_uid);

} // namespace dbgscope
