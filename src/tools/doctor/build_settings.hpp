// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/facts.hpp"

// What an ELF file says of how it was built, as far as a debugger cares.
namespace dbgscope {

struct BuildSettings {
    bool debug_info = false;              ///< has .debug_info or Go's compressed .zdebug_info
    bool symbols = false;                 ///< has .symtab
    std::string separate_debug;           ///< what .gnu_debuglink names: "prog.debug"; empty: nothing
    std::vector<std::string> c_producers; ///< "GNU C17 12.2.0 -mtune=generic -O2 -g" from .debug_str, without repeats
    std::vector<std::string> go_lines;    ///< of Go's build information: "build\t-gcflags=all=-N -l", "mod\tm\tv1.0.0"
    /// The value of "build\tNAME=…" without its quotes; empty: not recorded (before Go 1.18 nothing is).
    [[nodiscard]] std::string_view go_setting(std::string_view name) const;
};

/// At most 4 MiB are read. Unknown: absent, denied, malformed (not a regular ELF file).
[[nodiscard]] Fact<BuildSettings> read_build_settings(const std::string &path);

} // namespace dbgscope
