// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dbgscope {

/// Returns what this process does not need while it sleeps: free heap pages, and the pages of the program itself, which
/// come back from the page cache when they are used again.
void shrink_footprint();

/// What its work takes of the stack is this process' own from now on: at the limit of a cgroup that it shares with who
/// hits it no page can be had.
void write_stack();

} // namespace dbgscope
