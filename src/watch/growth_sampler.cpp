// SPDX-License-Identifier: Apache-2.0
#include "watch/growth_sampler.hpp"

#include <sys/socket.h>

#include <array>
#include <csignal>
#include <string>

#include "watch/tool_process.hpp"

namespace dbgscope {

void GrowthSampler::start(pid_t pid, std::uint64_t period)
{
    end();
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return;
    UniqueFd ours(ends[0]);
    const UniqueFd its(ends[1]);
    const auto process = start_tool(
        {.words = {std::string(kGrowthVerb), std::to_string(pid), std::to_string(period)}, .input = its.get()});
    if (!process)
        return;
    running_.emplace(*process);
    ours_ = std::move(ours);
}

void GrowthSampler::end()
{
    if (running_)
        (void)running_->send(SIGKILL); // a look that still asks it has its own deadline
    running_.reset();
    ours_.reset();
}

} // namespace dbgscope
