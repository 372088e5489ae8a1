// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace dbgscope {

/// Starts an orphan in a session of its own, through a middle process whose end makes it one: the launcher, which
/// becomes a debugger, has no child that it did not start. Returns as fork(2) does, in the launcher and in the orphan.
[[nodiscard]] pid_t fork_orphan();

/// `ps` and people who search process lists for "dlv" must not find a process of ours.
void rename_process(const char *name);

} // namespace dbgscope
