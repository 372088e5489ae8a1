// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/sys_root.hpp"

// /etc/wsl.conf (one distribution, inside) and .wslconfig (all of WSL 2, in the Windows user's folder).
namespace dbgscope {

struct WslEntry {
    std::string section, key, value; ///< section and key in lower case
};
/// "[boot]\nsystemd = true # why\n": blanks, quotes around a value and comments are taken away; other lines passed
/// over.
[[nodiscard]] std::vector<WslEntry> read_wsl_config(std::string_view text);

/// The last value of section.key, both in lower case; nothing: it is not there.
[[nodiscard]] std::optional<std::string> wsl_value(const std::vector<WslEntry> &entries, std::string_view section,
                                                   std::string_view key);

struct WslFiles {
    std::vector<WslEntry> distribution; ///< /etc/wsl.conf
    std::string windows_path;           ///< "/mnt/c/Users/dev/.wslconfig"; empty: none was found, or more than one
    std::vector<WslEntry> windows;
};
/// Looks for .wslconfig in each folder below /mnt/c/Users: which Windows user we are is not told inside.
[[nodiscard]] WslFiles read_wsl_files(const SysRoot &root);

} // namespace dbgscope
