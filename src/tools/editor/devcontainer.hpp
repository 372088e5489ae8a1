// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "tools/editor/vscode.hpp"

// What a dev container has to be started with for dbgscope to make cgroups in it. Pure: text in, text out.
namespace dbgscope {

struct DevcontainerWish {
    bool podman = false;     ///< it is podman that starts the container, not Docker
    bool privileged = false; ///< the whole of it, where the engine knows nothing finer
};

/// devcontainer.json: a writable cgroup file system and CAP_SYS_PTRACE, in `runArgs`, or, where Docker Compose starts
/// the container, in `securityOpt` and `capAdd`, since `runArgs` is not read then. What is there already, in either
/// place, is left as it is. Errors: config, "FILE:LINE:COLUMN".
[[nodiscard]] Result<Edited> edit_devcontainer(std::string_view text, const std::string &file,
                                               const DevcontainerWish &wish);

} // namespace dbgscope
