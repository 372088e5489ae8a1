// SPDX-License-Identifier: Apache-2.0
#include "launch/orphan.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {

/// vfork(2), as the middle process needs no copy of our memory: it runs in ours, while we wait for its end; the orphan,
/// forked from there, has a copy, and so may go on from here.
[[gnu::noinline]] pid_t fork_orphan()
{
    volatile pid_t orphan = -1;
    const pid_t middle = ::vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (middle == 0) {
        (void)::setsid();  // NOLINT(clang-analyzer-unix.Vfork)
        orphan = ::fork(); // NOLINT(clang-analyzer-unix.Vfork)
        if (orphan != 0)   // NOLINT(clang-analyzer-unix.Vfork)
            ::_exit(0);
        return 0; // NOLINT(clang-analyzer-unix.Vfork)
    }
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
    return orphan;
}

/// The kernel shows the bytes of the original argv, which program_invocation_name points to.
void rename_process(const char *name)
{
    (void)::prctl(PR_SET_NAME, name); // NOLINT(*-vararg)
    const auto line = read_file(kSelfCommand);
    if (!line || line->empty() || program_invocation_name == nullptr ||
        std::strcmp(line->c_str(), program_invocation_name) != 0)
        return;
    std::memset(program_invocation_name, 0, line->size());
    std::strncpy(program_invocation_name, name, line->size() - 1);
}

} // namespace dbgscope
