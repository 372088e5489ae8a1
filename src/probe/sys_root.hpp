// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dbgscope {

/// Where probing looks: the real machine, or a tree that stands for one. Facts never contain the prefix.
struct SysRoot {
    std::string root;      ///< "" = the real machine; else the prefix of /proc, /sys, /run, …
    std::uint32_t uid = 0; ///< effective
    std::uint32_t gid = 0; ///< effective
    std::vector<std::pair<std::string, std::string>> environment; ///< only the variables probing looks at
    bool terminal = false;                                        ///< stdin or stderr is one

    /// The variable's value; empty when it is unset or empty.
    [[nodiscard]] std::string_view variable(std::string_view name) const;
};

/// The real machine: geteuid(2), getegid(2), isatty(3) and the variables XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS,
/// DBUS_SYSTEM_BUS_ADDRESS, WSL_DISTRO_NAME, WSL_INTEROP, container, KUBERNETES_SERVICE_HOST.
[[nodiscard]] SysRoot real_root();

} // namespace dbgscope
