// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace dbgscope {

/// A program in a process of its own.
struct SpawnOrder {
    std::string path;
    std::vector<std::string> words;          ///< its name first
    std::vector<std::string> environment;    ///< "NAME=VALUE"
    int input = -1, output = -1, error = -1; ///< its first three descriptors; -1: /dev/null
    bool own_group = false;                  ///< a process group, so that what it starts can be ended with it
};

/// Starts it with no signal blocked or ignored, whatever we do with ours; of our other descriptors it gets those that
/// are not closed on exec. Waits for the exec. errno; 0: `child` runs.
[[nodiscard]] int spawn(SpawnOrder order, pid_t &child);

[[nodiscard]] std::vector<std::string> own_environment();

} // namespace dbgscope
