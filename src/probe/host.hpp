// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/facts.hpp"
#include "probe/reader.hpp"
#include "probe/sys_root.hpp"

namespace dbgscope {

/// Kernel, capabilities in force, container and WSL kind, yama, seccomp, oom_score_adj.
void probe_host(Reader &reader, const SysRoot &root, HostFacts &host);

} // namespace dbgscope
