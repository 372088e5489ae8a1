// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dbgscope/facts.hpp"
#include "kernel/reader.hpp"

// PSI files: Documentation/accounting/psi.rst.
namespace dbgscope {

/// Both lines of a PSI file. `full` may be missing (cpu before 5.13): it stays zero. False: not a PSI file.
[[nodiscard]] bool parse_pressure(std::string_view text, Pressure &pressure);

/// `name` in a held directory; `path` is what messages call it. Absent: no CONFIG_PSI, or psi=0. Disabled: EOPNOTSUPP
/// (PSI_DEFAULT_DISABLED, or cgroup.pressure = 0).
[[nodiscard]] Fact<Pressure> read_pressure(Reader &reader, int directory, const char *name, std::string_view path);

} // namespace dbgscope
