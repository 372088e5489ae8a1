// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cpu_snapshot.hpp"

#include <fmt/core.h>

#include "tools/inspect/cpu_sampler.hpp"
#include "tools/inspect/snapshot_reading.hpp"

namespace dbgscope {
namespace {

Error nothing_runs(pid_t pid)
{
    return {.kind = ErrorKind::refused,
            .operation = "sample",
            .subject = fmt::format("process {}", pid),
            .cause = "it is held or stopped: nothing of it runs",
            .hint = "let it go on first; without --cpu the snapshot is taken as it stands"};
}

} // namespace

Result<CpuSnapshot> take_cpu_snapshot(const Target &target, CpuWindow window, const std::string &proc)
{
    if (!standing_still(target.pid, proc).empty())
        return fail(nothing_runs(target.pid));
    auto sampler = CpuSampler::open(target.pid, target.program.is_go(), proc);
    if (!sampler)
        return pass(sampler);
    SnapshotReading reading(target, proc);
    reading.prepare();
    sampler->run(window.span, window.stop);
    const Moment end = Moment::now();
    CpuInstant instant;
    {
        const Standstill standstill(target.pid, std::move(window.freezer), proc);
        sampler->close(end);
        reading.read(standstill.complete());
        instant = {.begin = reading.begin,
                   .end = reading.end,
                   .how = std::string(standstill.complete() ? standstill.how()
                                                            : "read while it ran: the parts differ by that much"),
                   .still = standstill.complete()};
        reading.how = standstill.how();
    }
    auto profile = sampler->profile();
    if (!profile)
        return pass(profile);
    CpuSnapshot taken{.snapshot = {}, .join = {}};
    const CpuPart cpu{.profile = *profile, .instant = instant, .join = taken.join};
    taken.snapshot = snapshot_of(target, reading, end.unix_ns, {}, nullptr, &cpu);
    return taken;
}

} // namespace dbgscope
