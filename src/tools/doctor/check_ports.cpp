// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "kernel/cgroup_tree.hpp"
#include "session/paths.hpp"
#include "session/port_holder.hpp"
#include "session/registry.hpp"
#include "tools/doctor/checks.hpp"

namespace dbgscope {
namespace {

CheckFinding port_finding(std::uint16_t port)
{
    constexpr const char *kLooked = "/proc/net/tcp, /proc/net/tcp6 and /proc/*/fd";
    const auto taken = look_at_port(port);
    if (!taken)
        return {.looked_at = kLooked, .found = fmt::format("nobody listens on port {}", port)};
    CheckFinding finding{.level = CheckLevel::fail,
                         .looked_at = kLooked,
                         .found = fmt::format("port {} is taken by {}", port, taken->holder),
                         .matters = "a debugger told to listen there ends with \"bind: address already in use\"",
                         .cure = "end that program, or use another port"};
    if (!taken->session.empty()) {
        finding.found += fmt::format(", session {}", taken->session);
        finding.cure = fmt::format("dbgscope stop --port {}", port);
    }
    return finding;
}

/// Where the records of this user lie in the machine under inspection.
SessionPaths paths_there(const DoctorInput &input)
{
    const std::string run_user = fmt::format("{}/run/user/{}", input.root.root, input.root.uid);
    SessionPaths paths = session_paths({.uid = input.root.uid,
                                        .xdg_runtime_dir = input.root.variable("XDG_RUNTIME_DIR"),
                                        .xdg_state_home = input.variable("XDG_STATE_HOME"),
                                        .home = input.variable("HOME"),
                                        .run_user_exists = file_at(run_user).has_value()});
    paths.live = input.root.root + paths.live;
    for (std::string &place : paths.instead)
        place = input.root.root + place;
    return paths;
}

void session_findings(const DoctorInput &input, CheckFindings &findings)
{
    const SessionPaths paths = paths_there(input);
    const auto registry = Registry::open(paths);
    if (!registry) {
        if (registry.error().kind != ErrorKind::not_found)
            findings.push_back({.level = CheckLevel::unknown,
                                .looked_at = registry ? registry->path() : paths.live,
                                .found = to_line(registry.error()),
                                .matters = "sessions that were left over are not seen"});
        return;
    }
    for (const LiveSession &session : registry->list_live()) {
        if (session.debugger_alive)
            continue;
        const std::size_t left = pids_below(input.root.root + session.record.place.scope).size();
        if (left != 0)
            findings.push_back({.level = CheckLevel::warn,
                                .looked_at = session.record.place.scope,
                                .found = fmt::format("session {} has ended and left {} process{} behind",
                                                     session.record.id, left, left == 1 ? "" : "es"),
                                .matters = "they keep memory, and ports they listen on",
                                .cure = "dbgscope stop " + session.record.id});
    }
}

} // namespace

CheckFindings check_ports(const DoctorInput &input)
{
    CheckFindings findings;
    if (input.port)
        findings.push_back(port_finding(*input.port));
    session_findings(input, findings);
    if (findings.empty())
        findings.push_back({.looked_at = "the records of this user's sessions", .found = "no session was left over"});
    return findings;
}

} // namespace dbgscope
