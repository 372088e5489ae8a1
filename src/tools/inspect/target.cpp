// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/target.hpp"

#include "kernel/process_memory.hpp"

namespace dbgscope {

std::optional<std::uint64_t> anonymous_bytes_of(pid_t pid, const std::string &proc)
{
    return resident_memory_of(pid, proc);
}

Result<Target> open_process(pid_t pid, const std::string &proc)
{
    auto memory = open_process_memory(pid, proc);
    if (!memory)
        return pass(memory);
    auto program = Program::of_process(pid, proc);
    if (!program)
        return pass(program);
    return Target{.memory = std::move(*memory),
                  .program = std::move(*program),
                  .pid = pid,
                  .anonymous_bytes = anonymous_bytes_of(pid, proc)};
}

} // namespace dbgscope
