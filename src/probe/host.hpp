// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/facts.hpp"
#include "kernel/reader.hpp"
#include "probe/sys_root.hpp"

namespace dbgscope {

/// Kernel and what it can do for a watcher, capabilities in force, seccomp, oom_score_adj. Four small files, about 40
/// µs. `cgroup`: as probed before.
void probe_kernel(Reader &reader, const CgroupFacts &cgroup, HostFacts &host);

/// Who may sample what.
void probe_sampling(Reader &reader, HostFacts &host);

/// The kind of container alone.
void probe_container(Reader &reader, const SysRoot &root, HostFacts &host);

/// Container and WSL kind, yama. Asks for `host.kernel`: after probe_kernel.
void probe_host(Reader &reader, const SysRoot &root, HostFacts &host);

} // namespace dbgscope
