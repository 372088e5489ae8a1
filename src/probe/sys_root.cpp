// SPDX-License-Identifier: Apache-2.0
#include "probe/sys_root.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace dbgscope {

std::string_view SysRoot::variable(std::string_view name) const
{
    for (const auto &[key, value] : environment)
        if (key == name)
            return value;
    return {};
}

SysRoot real_root()
{
    constexpr std::array kVariables{"XDG_RUNTIME_DIR",
                                    "DBUS_SESSION_BUS_ADDRESS",
                                    "DBUS_SYSTEM_BUS_ADDRESS",
                                    "WSL_DISTRO_NAME",
                                    "WSL_INTEROP",
                                    "container",
                                    "KUBERNETES_SERVICE_HOST",
                                    "CODESPACES",
                                    "REMOTE_CONTAINERS"};
    SysRoot root{.root = {}, .uid = ::geteuid(), .gid = ::getegid(), .environment = {}, .terminal = false};
    root.terminal = ::isatty(STDIN_FILENO) == 1 || ::isatty(STDERR_FILENO) == 1;
    for (const char *const name : kVariables)
        if (const char *const value = ::getenv(name); value != nullptr && *value != '\0')
            root.environment.emplace_back(name, value);
    return root;
}

} // namespace dbgscope
