// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dbgscope {

/// Returns what this process does not need while it sleeps: free heap pages, and the pages of the program itself, which
/// come back from the page cache when they are used again. Ends what keep_footprint() has locked.
void shrink_footprint();

/// The other way round, where nothing can be had at the limit of a cgroup that is shared with who hits it: what is in
/// memory, or comes from now on, stays there as far as RLIMIT_MEMLOCK allows. Code that the kernel took back to make
/// room for the debuggee could not come back, and asking for it would be the next kill: the debugger's. Takes what a
/// look needs of the stack, too.
void keep_footprint();

} // namespace dbgscope
