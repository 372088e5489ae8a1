// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbgscope/session.hpp"

namespace dbgscope {

/// This very program again, for what takes memory and time that the watcher has not.
struct ToolStart {
    std::vector<std::string> words;          ///< after the program's name
    int input = -1, output = -1, error = -1; ///< -1: /dev/null
    std::vector<std::string> environment{};  ///< empty: what tells where the sessions' records lie
};

/// Waits for no more than a fork. The process is no child of ours: nobody has to wait for it. Nothing: it could not be
/// started.
std::optional<ProcessId> start_tool(const ToolStart &start);

} // namespace dbgscope
