// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/facts.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {

/// MemTotal, MemAvailable, SwapTotal, SwapFree of /proc/meminfo (kB there, bytes here) and vm.swappiness.
void probe_memory(Reader &reader, MemoryFacts &memory);

/// /proc/pressure/{memory,cpu,io}.
void probe_system_pressure(Reader &reader, MemoryFacts &memory);

} // namespace dbgscope
