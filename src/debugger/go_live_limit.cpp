// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_live_limit.hpp"

#include <cstdint>
#include <limits>

#include "debugger/go_environment.hpp"

namespace dbgscope {

std::optional<std::string> go_memlimit_command(std::string_view tool, std::string_view go_version, Limit cap)
{
    const auto minor = go_minor_version(go_version);
    if (!minor || *minor < kGomemlimitMinor)
        return std::nullopt;
    // Without a cap: what runtime/debug.SetMemoryLimit calls no limit.
    const auto bytes = cap.finite() ? gomemlimit_for(cap, false) : std::numeric_limits<std::int64_t>::max();
    if (!bytes)
        return std::nullopt;
    const std::string value = std::to_string(*bytes);
    if (tool == "dlv")
        return "set runtime.gcController.memoryLimit.value = " + value;
    if (tool == "gdb" || tool == "gdbserver")
        return "set var 'runtime.gcController'.memoryLimit.value = " + value;
    return std::nullopt;
}

} // namespace dbgscope
