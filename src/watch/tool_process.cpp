// SPDX-License-Identifier: Apache-2.0
#include "watch/tool_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "sys/fd.hpp"
#include "sys/spawn.hpp"

namespace dbgscope {
namespace {

/// Where the session's record lies; nothing else of the environment is its business.
std::vector<std::string> places_in_environment()
{
    std::vector<std::string> places;
    for (const char *name : {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"})
        if (const char *value = std::getenv(name)) // NOLINT(concurrency-mt-unsafe): one thread
            places.push_back(std::string(name) + '=' + value);
    return places;
}

/// 0: it could not be started.
pid_t start(const ToolStart &tool)
{
    SpawnOrder order{.path = kSelfExecutable,
                     .words = {"dbgscope"},
                     .environment = tool.environment.empty() ? places_in_environment() : tool.environment,
                     .input = tool.input,
                     .output = tool.output,
                     .error = tool.error};
    order.words.insert(order.words.end(), tool.words.begin(), tool.words.end());
    pid_t child = 0;
    return spawn(std::move(order), child) == 0 ? child : 0;
}

} // namespace

std::optional<ProcessId> start_tool(const ToolStart &tool)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::nullopt;
    const UniqueFd answer(ends[0]);
    UniqueFd tell(ends[1]);
    const pid_t middle = ::fork();
    if (middle == 0) {
        const pid_t child = start(tool);
        (void)!::write(tell.get(), &child, sizeof child);
        ::_exit(0);
    }
    tell.reset();
    pid_t child = 0;
    std::optional<ProcessId> process;
    // Of one that has ended by now what it said can be read all the same.
    if (middle > 0 && ::read(answer.get(), &child, sizeof child) == sizeof child && child > 0)
        process = process_id(child).value_or(ProcessId{.pid = child});
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
    return process;
}

} // namespace dbgscope
