// SPDX-License-Identifier: Apache-2.0
#include "plan/budget.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "plan/fuse.hpp"
#include "plan/place.hpp"
#include "text/share.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kMinimumFreeBytes = 512 * kMiB;
constexpr std::int64_t kDefaultSharePermyriad = 7500;
constexpr std::int64_t kTightSharePermyriad = 5000;
constexpr std::uint64_t kNoSizeKnown = 0;

std::uint64_t whole_mib(std::uint64_t bytes)
{
    return bytes / kMiB * kMiB;
}

Result<std::optional<Limit>> limit_setting(const Facts &facts, const Settings &settings, Key key)
{
    const auto size = settings.get<SizeSpec>(key);
    if (!size)
        return std::optional<Limit>{};
    const std::string name(key_info(key).name);
    if (size->kind == SizeSpec::Kind::permyriad && !facts.memory.total_bytes)
        return fail({.kind = ErrorKind::limit,
                     .operation = "use a percentage for",
                     .subject = name,
                     .cause = "the size of this machine's memory is unknown",
                     .hint = "give a size in bytes, like 512M"});
    const Limit limit = size->resolve(facts.memory.total_bytes.value_or(0));
    if (limit.bytes() < kSmallestCapBytes)
        return fail({.kind = ErrorKind::limit,
                     .operation = "limit memory to",
                     .subject = format_limit(limit),
                     .cause = fmt::format("below {}, the program could not even start ({} from {})",
                                          format_bytes(kSmallestCapBytes), name, origin_of(settings, key)),
                     .hint = "use 64M or more; infinity for no limit"});
    return std::optional<Limit>(limit);
}

/// How busy memory is already, against the profile's thresholds. True: shrink the default cap.
Result<bool> pressure_gate(const Facts &facts, const Settings &settings, std::vector<Notice> &notices)
{
    const std::string action = settings.text(Key::pressure_action, "warn");
    if (action == "off" || !facts.memory.pressure)
        return false;
    const Pressure &now = *facts.memory.pressure;
    const auto over = [&](double avg10, Key key) {
        const auto threshold = settings.get<std::int64_t>(key);
        return threshold && avg10 * 100 >= static_cast<double>(*threshold);
    };
    const bool some = over(now.some.avg10, Key::pressure_some);
    const bool full = over(now.full.avg10, Key::pressure_full);
    if (!some && !full)
        return false;
    const std::string seen =
        fmt::format("memory is short on this machine: tasks waited for it {:.0f}% of the last 10 s "
                    "(all of them {:.0f}%)",
                    now.some.avg10, now.full.avg10);
    if (action == "refuse")
        return fail({.kind = ErrorKind::refused,
                     .operation = "start",
                     .subject = "a debug session",
                     .cause = seen,
                     .hint = "wait, close something, or pass --pressure-action=warn"});
    notices.push_back({"pressure", seen + (action == "shrink" ? "; the default cap is halved" : "")});
    return action == "shrink";
}

/// Memory for the debugger itself: dlv needs about 32 MiB + 10 × a binary with DWARF.
std::uint64_t debugger_reserve(const Facts &facts, const Request &request, std::string &words)
{
    const std::uint64_t binary = facts.debuggee ? facts.debuggee->size_bytes.value_or(kNoSizeKnown) : kNoSizeKnown;
    const std::uint64_t reserve = std::max(64 * kMiB, whole_mib(32 * kMiB + 10 * binary + kMiB - 1));
    words = fmt::format("{} for {}", format_bytes(reserve), tool_name(request.tool));
    if (!request.call.builds)
        return reserve;
    words = fmt::format("{} for {} and its build", format_bytes(std::max(reserve, kBuildAllowanceBytes)),
                        tool_name(request.tool));
    return std::max(reserve, kBuildAllowanceBytes);
}

struct DefaultCap {
    std::uint64_t bytes = 0; ///< whole MiB
    std::string reason;
    bool tight = false; ///< memory is so short that nothing is kept free of it
};

/// 0.75 × min(headroom, MemAvailable − max(512 MiB, 10 % of MemTotal)). Where that reserve does not fit, half of
/// min(headroom, MemAvailable): a leak hurts most where memory is short, so there is a cap there too.
std::optional<DefaultCap> default_cap(const Facts &facts, const Settings &settings, bool shrink)
{
    if (!facts.memory.available_bytes || !facts.memory.total_bytes)
        return std::nullopt;
    const std::uint64_t keep_free = std::max(kMinimumFreeBytes, *facts.memory.total_bytes / 10);
    const std::uint64_t available = *facts.memory.available_bytes;
    const std::uint64_t headroom = facts.cgroup.memory.headroom ? *facts.cgroup.memory.headroom : available;
    const auto share_of_room = [&](std::uint64_t kept, std::int64_t permyriad) {
        const std::uint64_t free = available > kept ? available - kept : 0;
        const bool limited = headroom < free;
        const std::uint64_t room = limited ? headroom : free;
        const auto share = static_cast<std::uint64_t>(permyriad);
        const std::uint64_t cap = room / 10000 * share + room % 10000 * share / 10000;
        return DefaultCap{.bytes = whole_mib(shrink ? cap / 2 : cap),
                          .reason = fmt::format("{}% of the {} ({})", share / 100,
                                                limited ? "room left under the limit in force" : "memory available",
                                                format_bytes(whole_mib(room)))};
    };
    DefaultCap cap =
        share_of_room(keep_free, settings.get<std::int64_t>(Key::memory_share).value_or(kDefaultSharePermyriad));
    if (cap.bytes < kSmallestDefaultCapBytes) {
        cap = share_of_room(0, kTightSharePermyriad);
        cap.tight = true;
    }
    return cap;
}

void warn_if_no_room(const Facts &facts, Limit limit, std::vector<Notice> &notices)
{
    const MemoryHierarchy &memory = facts.cgroup.memory;
    if (!limit.finite())
        return;
    if (memory.binding && memory.effective < limit)
        notices.push_back({"ancestor-limit", fmt::format("{} is limited to {}: that limit is hit before {}",
                                                         memory.chain[*memory.binding].path,
                                                         format_limit(memory.effective), format_limit(limit))});
    else if (facts.memory.available_bytes && *facts.memory.available_bytes < limit.bytes())
        notices.push_back(
            {"little-memory", fmt::format("only {} of memory is available, the limit is {}",
                                          format_bytes(*facts.memory.available_bytes), format_limit(limit))});
}

/// `run`: only what was asked; the command sees the limit in its own cgroup.
Result<Budget> run_budget(const Facts &facts, const Request &request)
{
    Budget budget;
    auto cap = limit_setting(facts, request.settings, Key::memory_max);
    if (!cap)
        return pass(cap);
    auto total = limit_setting(facts, request.settings, Key::total_memory_max);
    if (!total)
        return pass(total);
    if (auto gate = pressure_gate(facts, request.settings, budget.notices); !gate)
        return pass(gate);
    budget.cap = *cap;
    const Key source = *cap ? Key::memory_max : Key::total_memory_max;
    if (!*cap || (*total && **total < **cap))
        budget.cap = *total;
    const Limit in_force = facts.cgroup.memory.effective;
    budget.cap_is_default = !budget.cap && snapshots_command(request.settings) && in_force.finite();
    if (budget.cap_is_default)
        budget.cap = less_snapshot_room(in_force);
    if (!budget.cap)
        return budget;
    budget.scope_limit = budget.cap;
    budget.cap_reason = budget.scope_reason = budget.cap_is_default
                                                  ? fmt::format("below the {} in force here", format_limit(in_force))
                                                  : origin_of(request.settings, source);
    if (budget.cap->finite() && snapshots_command(request.settings)) { // the command has a cgroup of its own in it
        budget.scope_limit = Limit(budget.cap->bytes() + kSnapshotRoomBytes);
        budget.scope_reason += fmt::format(" and {} to take the snapshot in", format_bytes(kSnapshotRoomBytes));
    }
    if (!request.exact)
        warn_if_no_room(facts, *budget.scope_limit, budget.notices);
    return budget;
}

/// attach, core, replay: the debuggee is not ours to limit. Errors: limit, when this start asked for a cap and
/// --require=limit.
Result<Budget> attach_budget(const Facts &facts, const Request &request)
{
    Budget budget;
    const Setting *cap = request.settings.find(Key::memory_max);
    if (cap != nullptr && cap->origin.layer == Layer::option) { // a variable is there for every call
        if (required(request.settings, "limit"))
            return fail({.kind = ErrorKind::limit,
                         .operation = "limit",
                         .subject = "the program",
                         .cause = "it was not started by this debugger, so it stays in its own cgroup",
                         .hint = "--debugger-memory-max limits the debugger"});
        budget.notices.push_back(
            {"no-cap", fmt::format("{} has no effect: the program was not started by this debugger "
                                   "and stays in its own cgroup; --debugger-memory-max limits the debugger",
                                   cap->origin.where)});
    }
    if (facts.attached && facts.attached->limit && facts.attached->limit->finite())
        budget.notices.push_back(
            {"attached-limit",
             fmt::format("process {} is limited to {} where it is ({}); {}'s own memory is not counted there",
                         facts.attached->pid, format_limit(*facts.attached->limit), printable(facts.attached->path),
                         tool_name(request.tool))});
    auto own = limit_setting(facts, request.settings, Key::debugger_memory_max);
    if (!own)
        return pass(own);
    budget.scope_limit = *own;
    if (*own)
        budget.scope_reason = origin_of(request.settings, Key::debugger_memory_max) + ", for the debugger alone";
    return budget;
}

Result<Budget> default_budget(const Facts &facts, const Request &request, bool shrink, Budget budget)
{
    const auto cap = default_cap(facts, request.settings, shrink);
    if (cap && cap->bytes >= kSmallestDefaultCapBytes) {
        budget.cap = Limit(cap->bytes);
        budget.cap_reason = cap->reason;
        budget.cap_is_default = true;
        if (cap->tight)
            budget.notices.push_back(
                {"tight-cap", fmt::format("memory is short: the default cap of {} is {}, and leaves "
                                          "this machine no reserve; --memory-max sets another",
                                          format_bytes(cap->bytes), cap->reason)});
        return budget;
    }
    const std::string cause = cap ? fmt::format("only {} would be left for the program", format_bytes(cap->bytes))
                                  : std::string("the free memory of this machine is unknown");
    if (required(request.settings, "limit"))
        return fail({.kind = ErrorKind::limit,
                     .operation = "choose",
                     .subject = "a default cap",
                     .cause = cause,
                     .hint = "set one with --memory-max, or drop --require=limit"});
    budget.notices.push_back({"no-cap", cause + ": no memory cap is set; --memory-max sets one"});
    return budget;
}

/// A project file may lower what would hold without it, never raise it.
void tighten_only(const Facts &facts, const Settings &settings, Budget &budget)
{
    if (settings.find(Key::memory_max)->origin.layer != Layer::project)
        return;
    const auto without = default_cap(facts, settings, false);
    if (!without || without->bytes < kSmallestDefaultCapBytes || *budget.cap <= Limit(without->bytes))
        return;
    budget.notices.push_back(
        {"project-cap", fmt::format("the cap of {} from {} is above the default of {}, which stays: a "
                                    "project file may only lower limits",
                                    format_limit(*budget.cap), budget.cap_reason, format_bytes(without->bytes))});
    budget.cap = Limit(without->bytes);
    budget.cap_reason = without->reason;
}

Result<Budget> debugger_budget(const Facts &facts, const Request &request)
{
    Budget budget;
    auto cap = limit_setting(facts, request.settings, Key::memory_max);
    auto own = limit_setting(facts, request.settings, Key::debugger_memory_max);
    auto total = limit_setting(facts, request.settings, Key::total_memory_max);
    for (auto *setting : {&cap, &own, &total})
        if (!*setting)
            return pass(*setting);
    auto shrink = pressure_gate(facts, request.settings, budget.notices);
    if (!shrink)
        return pass(shrink);
    std::string reserve_words;
    std::uint64_t reserve = debugger_reserve(facts, request, reserve_words);
    if (*own && (*own)->finite()) {
        reserve = (*own)->bytes();
        reserve_words = format_bytes(reserve) + " from " + origin_of(request.settings, Key::debugger_memory_max);
        budget.debugger_limit = *own;
    }
    if (*cap) {
        budget.cap = *cap;
        budget.cap_reason = origin_of(request.settings, Key::memory_max);
        tighten_only(facts, request.settings, budget);
    } else if (*total && (*total)->finite()) {
        budget.cap = share_of(**total, reserve);
        budget.cap_reason = "what is left of " + origin_of(request.settings, Key::total_memory_max);
    } else {
        auto made = default_budget(facts, request, *shrink, std::move(budget));
        if (!made)
            return pass(made);
        budget = std::move(*made);
    }
    if (*total) {
        budget.scope_limit = *total;
        budget.scope_reason = origin_of(request.settings, Key::total_memory_max);
    } else if (budget.cap && budget.cap->finite()) {
        budget.scope_limit = Limit(budget.cap->bytes() + reserve);
        budget.scope_reason = fmt::format("cap {} + {}", format_limit(*budget.cap), reserve_words);
        // A default never asks for more than there is.
        if (!*cap && facts.cgroup.memory.headroom && budget.scope_limit->bytes() > *facts.cgroup.memory.headroom)
            budget.scope_limit = Limit(std::max(budget.cap->bytes(), whole_mib(*facts.cgroup.memory.headroom)));
    }
    // A cap that leaves nothing for the debugger would be reached by both together, and the fuse below it never.
    if (*total && (*total)->finite() && budget.cap && *budget.cap >= **total) {
        const Limit asked = *budget.cap;
        budget.cap = share_of(**total, reserve);
        budget.notices.push_back(
            {"cap-above-total",
             fmt::format("the cap of {} cannot be used: {} limits the whole scope to {}, which leaves "
                         "{} for the program",
                         format_limit(asked), budget.scope_reason, format_limit(**total), format_limit(*budget.cap))});
    }
    keep_below_place(facts, reserve, budget);
    if (budget.scope_limit)
        warn_if_no_room(facts, *budget.scope_limit, budget.notices);
    return budget;
}

} // namespace

std::string origin_of(const Settings &settings, Key key)
{
    const Setting *setting = settings.find(key);
    return setting == nullptr ? std::string(key_info(key).name) : setting->origin.where;
}

bool asked(const Settings &settings, Key key)
{
    const Setting *setting = settings.find(key);
    return setting != nullptr && setting->origin.layer != Layer::builtin;
}

bool required(const Settings &settings, const char *what)
{
    const std::vector<std::string> list = settings.list(Key::require);
    return std::find(list.begin(), list.end(), what) != list.end();
}

Limit less_snapshot_room(Limit in_force)
{
    return in_force.finite() ? Limit(in_force.bytes() - std::min(kSnapshotRoomBytes, in_force.bytes() / 4)) : in_force;
}

Result<Budget> make_budget(const Facts &facts, const Request &request)
{
    if (request.tool == Tool::none)
        return run_budget(facts, request);
    if (request.call.kind == CallKind::attach)
        return attach_budget(facts, request);
    return debugger_budget(facts, request);
}

} // namespace dbgscope
