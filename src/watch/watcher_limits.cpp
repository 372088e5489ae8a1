// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_files.hpp"
#include "session/cap.hpp"
#include "session/usage.hpp"
#include "text/share.hpp"
#include "watch/footprint.hpp"
#include "watch/watcher.hpp"

// A limit around the session that is lowered while it runs: the cap and the fuse stay below it.
namespace dbgscope {

Source Watcher::ancestors_source()
{
    return {.name = "ancestors",
            .fds = [this](auto &polled) { wait_for(polled, ancestors_.fd(), POLLIN); },
            .ready = [this](const pollfd &, Time) { follow_ancestors(); }};
}

void Watcher::follow_ancestors()
{
    ancestors_.drain();
    const LimitAround lowest = lowest_limit_around(recorder_.record().place);
    if (!fuse_ || !fuse_->cap().finite())
        return;
    const SessionRecord &record = recorder_.record();
    if (lowered_ && lowered_->to != fuse_->cap()) // somebody has set another since
        lowered_.reset();
    const Limit asked = lowered_ ? lowered_->from : fuse_->cap();
    const std::uint64_t beside =
        order_.scope_limit.finite() && order_.cap.finite() ? order_.scope_limit.bytes() - order_.cap.bytes() : 0;
    const Limit wanted = std::min(asked, share_of(lowest.limit, beside));
    if (wanted == fuse_->cap())
        return;
    const Usage usage = read_usage(record);
    CapChange change = plan_cap_change(record, usage, wanted);
    const bool in_use = !check_cap(record, usage, change);
    if (in_use) { // a cap below what is in use would kill; where the line has a file of its own (v2) that holds it
        const bool line = has_file(CgroupFile::high, record.place.version);
        const std::string_view name = line ? file_name(CgroupFile::high, record.place.version) : "";
        std::erase_if(change.steps, [&](const CapStep &step) { return !line || !step.file.ends_with(name); });
    }
    for (const CapStep &step : change.steps)
        if (!step.unit)
            (void)write_step(record, step).has_value();
    const std::string why = lowest.limit.finite() ? fmt::format("{} is limited to {} now", printable(lowest.directory),
                                                                format_limit(lowest.limit))
                                                  : std::string("nothing around it is limited any more");
    if (in_use) {
        tell(fmt::format("{}, and the debuggee has more in use than its part: its cap stays {}", why,
                         format_limit(fuse_->cap())));
    } else {
        lowered_ = wanted < asked ? std::optional(Lowered{asked, wanted}) : std::nullopt;
        tell(fmt::format("the debuggee's cap is {}: {}", format_limit(wanted), why));
    }
    fuse_->on_event();
}

/// As little memory as can be, but for what a kill makes it need where it is charged to the limit that was hit. True:
/// the loop is to go round once for that, too.
bool Watcher::rest()
{
    shrink_footprint();
    if (!oom_ || !oom_->shares_limit())
        return false;
    keep_footprint();
    const auto now = std::chrono::steady_clock::now();
    oom_->rehearse([this, now] { loop_.rehearse(kOomSource, now); }, now);
    return true;
}

} // namespace dbgscope
