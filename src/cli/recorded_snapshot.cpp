// SPDX-License-Identifier: Apache-2.0
#include "cli/recorded_snapshot.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "cli/inspect_choice.hpp"
#include "cli/session_choice.hpp"
#include "session/recording_guest.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

RecordedSite recorded(const LargeSite &site)
{
    return {.function = site.frame.function.substr(0, kMaxSiteName),
            .file = site.frame.file.substr(0, kMaxSiteName),
            .line = site.frame.line,
            .bytes = site.bytes,
            .share_permille = static_cast<std::uint32_t>(std::clamp(site.share, 0.0, 1.0) * 1000 + 0.5)};
}

} // namespace

std::optional<LiveSession> session_debugging(pid_t pid)
{
    auto live = live_sessions();
    if (!live || pid <= 0)
        return std::nullopt;
    for (LiveSession &session : live->sessions) {
        const std::vector<pid_t> debuggees = living_debuggees(session);
        if (std::ranges::find(debuggees, pid) != debuggees.end())
            return std::move(session);
    }
    return std::nullopt;
}

void record_snapshot(const SessionRecord &record, const Snapshot &snapshot, const std::string &directory)
{
    const auto registry = Registry::open(session_paths());
    if (!registry)
        return;
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(directory, error);
    RecordedEvent event{.kind = RecordedKind::snapshot, .text = error ? directory : whole.string()};
    std::ranges::transform(snapshot.sites, std::back_inserter(event.sites), recorded);
    (void)add_to_recording(registry->path(), record, std::move(event), snapshot.monotonic_ns / kNsPerMs).has_value();
}

} // namespace dbgscope
