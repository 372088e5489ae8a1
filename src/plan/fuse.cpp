// SPDX-License-Identifier: Apache-2.0
#include "plan/fuse.hpp"

#include <fmt/core.h>

#include "dbgscope/session.hpp"
#include "plan/reactions.hpp"

namespace dbgscope {
namespace {

FuseAction fuse_action(std::string_view word)
{
    return word == "warn" ? FuseAction::warn : word == "snapshot" ? FuseAction::snapshot : FuseAction::hold;
}

/// What a person calls the line.
const char *fuse_line_word(FuseAction action)
{
    return action == FuseAction::hold ? "fuse" : action == FuseAction::snapshot ? "snapshot" : "warning";
}

} // namespace

std::string fuse_obstacle(const Facts &facts, const Request &request, const std::optional<Limit> &cap)
{
    const Settings &settings = request.settings;
    if (fuse_word(settings) == "off")
        return "off by " + origin_of(settings, Key::fuse_action);
    if (!cap || !cap->finite())
        return "there is no cap";
    if (cap->bytes() < kSmallestFusedCapBytes)
        return fmt::format("a cap of {} leaves too little room for a line below it, {} and more do", format_limit(*cap),
                           format_bytes(kSmallestFusedCapBytes));
    const bool wanted = asked(settings, Key::fuse_action) || required(settings, "fuse");
    if (settings.flag(Key::wait) && !facts.host.terminal && !wanted)
        return fmt::format("{} without a terminal: nobody would see that the program is held",
                           origin_of(settings, Key::wait));
    return {};
}

std::string debuggee_words(const Watch &watch)
{
    std::string cap = format_limit(watch.cap), line = format_limit(watch.fuse_line);
    if (cap == line) {
        cap = fmt::format("{}M", watch.cap.bytes() / kMiB);
        line = fmt::format("{}M", watch.fuse_line.bytes() / kMiB);
    }
    std::string words = fmt::format(", cap {} for the {}", cap, watch.tool == "run" ? "command" : "debuggee");
    if (is_fuse(watch.fuse))
        words += fmt::format(" ({} at {})", fuse_line_word(watch.fuse), line);
    return words;
}

std::string filter_reason(const HostFacts &host, const Watch &watch)
{
    std::string reason =
        watch.tool == "run"
            ? (watch.around ? "a Go program is known before its first instruction" : "the command gets the cap alone")
        : watch.around ? "each debuggee is known before its first instruction, and ends with its debugger"
                       : "each debuggee is moved before its first instruction";
    if (watch.heap_profile_rate != 0)
        reason += fmt::format("; a Go program's own heap profile is switched on, a sample every {}",
                              format_bytes(watch.heap_profile_rate));
    if (!host.cap_sys_admin)
        reason += "; sets no_new_privs, so sudo and setuid programs inside gain nothing (--split=off)";
    return reason;
}

bool snapshots_command(const Settings &settings)
{
    const std::string where = settings.text(Key::snapshot, "auto");
    const bool wanted = (where != "auto" && where != "off") || settings.text(Key::fuse_action) == "snapshot";
    return wanted && (settings.flag(Key::watch) || settings.flag(Key::wait));
}

void plan_fuse(const Settings &settings, Limit cap, Watch &watch)
{
    watch.fuse = fuse_action(fuse_word(settings));
    watch.fuse_line = fuse_line_for(cap);
}

DesktopNotice desktop_notice(const Settings &settings)
{
    const std::string word = settings.text(Key::notify, "auto");
    if (settings.flag(Key::quiet) || word == "off")
        return DesktopNotice::off;
    return word == "on" ? DesktopNotice::on : DesktopNotice::automatic;
}

void plan_look(const Settings &settings, WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    const std::string where = settings.text(Key::snapshot, "auto");
    const bool asks =
        watch.heap_profile_rate != 0 || watch.growth_period != 0 || !settings.list(Key::on_growth).empty();
    if (watch.fuse == FuseAction::off && watch.split && watch.cap.finite() && asks) {
        watch.fuse = FuseAction::look;
        watch.fuse_line = look_line_for(watch.cap);
    }
    if (where == "off" || where.empty())
        return;
    const bool named = where != "auto";
    watch.snapshot = is_fuse(watch.fuse) || (named && watch.fuse == FuseAction::look);
    if (watch.snapshot && named)
        watch.snapshot_directory = where;
    else if (named)
        plan.notices.push_back({"snapshot", fmt::format("{} has no effect: there is no fuse that could trip",
                                                        origin_of(settings, Key::snapshot))});
}

} // namespace dbgscope
