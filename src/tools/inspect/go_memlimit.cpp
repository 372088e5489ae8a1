// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/go_memlimit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"
#include "tools/inspect/go_program.hpp"
#include "tools/inspect/memory.hpp"
#include "tools/inspect/program.hpp"

namespace dbgscope {
namespace {

/// Errors: unsupported.
Result<std::uint64_t> place_of_limit(const Program &program)
{
    if (auto look = check_go_program(program); !look)
        return pass(look);
    const auto place = program.variable("runtime.gcController", {"memoryLimit"});
    if (!place || place->size != sizeof(std::uint64_t) || place->at % sizeof(std::uint64_t) != 0)
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "find",
                     .subject = "GOMEMLIMIT in " + program.path(),
                     .cause = "its Go runtime keeps none where Go 1.19 and later do"});
    return place->at;
}

} // namespace

Result<MemlimitChange> write_go_memlimit(pid_t pid, std::span<const std::uint64_t> ours, std::uint64_t wanted,
                                         const std::string &proc)
{
    if (auto readable = open_process_memory(pid, proc); !readable) // its errors say which right is missing
        return pass(readable);
    // Before the program is looked at: should it execute another meanwhile, this memory is gone, and is not the new
    // one's.
    const auto memory = open_at(AT_FDCWD, process_file(pid, ProcessFile::memory, proc), O_RDWR);
    if (!memory)
        return fail(memory.error());
    const auto program = Program::of_process(pid, proc);
    if (!program)
        return fail(program.error());
    if (!program->is_go())
        return MemlimitChange{};
    const auto place = place_of_limit(*program);
    if (!place)
        return fail(place.error());
    const auto at = static_cast<off_t>(*place);
    MemlimitChange change;
    const auto failed = [&](const char *operation, ssize_t got) {
        const int code = got < 0 ? errno : ESRCH; // nothing is left of that memory
        return fail(errno_error(code, operation, fmt::format("GOMEMLIMIT of process {}", pid)));
    };
    if (const ssize_t got = ::pread(memory->get(), &change.before, sizeof change.before, at);
        got != sizeof change.before)
        return failed("read", got);
    change.outcome = change.before == wanted                        ? MemlimitChange::Outcome::same
                     : std::ranges::count(ours, change.before) == 0 ? MemlimitChange::Outcome::foreign
                                                                    : MemlimitChange::Outcome::written;
    if (change.outcome == MemlimitChange::Outcome::written)
        if (const ssize_t got = ::pwrite(memory->get(), &wanted, sizeof wanted, at); got != sizeof wanted)
            return failed("write", got);
    return change;
}

} // namespace dbgscope
