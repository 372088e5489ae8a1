// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth.hpp"

#include "tools/inspect/growth_watch.hpp"

namespace dbgscope {

Result<GrowthView> watch_growth(pid_t pid, std::chrono::milliseconds span, int stop, bool by_stack,
                                const std::string &proc)
{
    auto sampler = FaultSampler::open(pid, FaultSampler::period_for(pid, FaultSampler::kUsual, proc), proc);
    if (!sampler)
        return pass(sampler);
    if (auto names = StackNames::of_process(pid, proc); !names)
        return pass(names);
    GrowthWatch watch(pid, proc, std::move(*sampler));
    watch.run(span, stop);
    return watch.view(by_stack);
}

Result<void> serve_growth(pid_t pid, std::uint64_t period, int socket, const std::string &proc)
{
    auto sampler = FaultSampler::open(pid, FaultSampler::period_for(pid, period, proc), proc);
    if (!sampler)
        return pass(sampler);
    GrowthWatch(pid, proc, std::move(*sampler)).serve(socket);
    return {};
}

} // namespace dbgscope
