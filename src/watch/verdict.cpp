// SPDX-License-Identifier: Apache-2.0
#include "watch/verdict.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "kernel/cgroup_files.hpp"

namespace dbgscope {
namespace {

using Chain = std::vector<std::size_t>; ///< indices into Evidence::levels, from the victim's own cgroup upwards

bool in_debuggee(Victim victim)
{
    return victim == Victim::debuggee || victim == Victim::debuggee_child;
}

Chain chain_of(const Evidence &evidence, Victim victim)
{
    const Level other = in_debuggee(victim) ? Level::debugger : Level::debuggee;
    Chain chain;
    for (std::size_t i = 0; i < evidence.levels.size(); ++i)
        if (evidence.levels[i].level != other)
            chain.push_back(i);
    return chain;
}

std::string_view last_name(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_of(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos || slash == 0 ? std::string_view("/") : path.substr(0, slash);
}

/// `path` up to and with the directory `name`: its last occurrence as a whole component. Empty: none.
std::string_view up_to(std::string_view path, std::string_view name)
{
    for (; path != "/" && !path.empty(); path = parent_of(path))
        if (last_name(path) == name)
            return path;
    return {};
}

Cause cause_of(const LevelEvidence &level, bool split)
{
    switch (level.level) {
    case Level::debuggee: return Cause::cap;
    case Level::debugger: return Cause::debugger;
    case Level::scope: return split ? Cause::scope : Cause::cap;
    case Level::ancestor: break;
    }
    return Cause::ancestor;
}

Culprit beyond(const Evidence &after)
{
    return {.cause = after.to_the_root ? Cause::machine : Cause::unseen};
}

/// The log's paths start at the hierarchy's root, ours at the mount: what they share is found by the scope's name.
std::optional<Culprit> culprit_in_log(const Evidence &after, const Chain &chain, const OomKill &kill, bool split)
{
    if (kill.machine_wide)
        return Culprit{.cause = Cause::machine};
    if (kill.limit_cgroup.empty() || chain.empty())
        return std::nullopt;
    std::string_view at = up_to(kill.victim_cgroup, last_name(after.levels[chain.front()].path));
    if (at.empty())
        return std::nullopt;
    if (kill.limit_cgroup.size() > at.size() && kill.limit_cgroup.starts_with(at) &&
        kill.limit_cgroup[at.size()] == '/')
        return Culprit{.cause = Cause::inner};
    for (const std::size_t i : chain) {
        if (at == kill.limit_cgroup)
            return Culprit{.cause = cause_of(after.levels[i], split), .level = &after.levels[i]};
        at = parent_of(at);
    }
    return beyond(after);
}

/// What a counter did at one level between the two readings.
template <class Field> std::uint64_t risen(const Evidence &before, const Evidence &after, std::size_t i, Field field)
{
    const std::uint64_t old = i < before.levels.size() ? field(before.levels[i]) : 0;
    const std::uint64_t now = field(after.levels[i]);
    return now > old ? now - old : 0;
}

/// The first of the chain that `hit` is true of; a guess when it is true of another too.
template <class Hit> Culprit innermost(const Evidence &after, const Chain &chain, Hit hit, bool split)
{
    Culprit found;
    for (const std::size_t i : chain) {
        if (!hit(i))
            continue;
        if (found.level != nullptr)
            return {.cause = found.cause, .level = found.level, .guessed = true};
        found = {.cause = cause_of(after.levels[i], split), .level = &after.levels[i]};
    }
    return found;
}

bool was_full(const LevelEvidence &level)
{
    constexpr std::uint64_t kSlack = kMiB; // charged in batches of 64 pages
    return level.max.finite() && level.peak_bytes + kSlack >= level.max.bytes();
}

std::string size_words(const char *what, Limit limit)
{
    return limit.finite() ? fmt::format("{} of {}", what, format_limit(limit)) : std::string(what);
}

std::string file_words(const Evidence &evidence, const LevelEvidence &level, bool whole_name)
{
    return fmt::format("({} of {}{})", file_name(CgroupFile::limit, evidence.version), whole_name ? "" : "…/",
                       printable(last_name(level.path)));
}

std::string ancestor_words(const Evidence &evidence, const LevelEvidence &level)
{
    // A namespace's root has the name of the mount point, which says nothing.
    if (!evidence.to_the_root && &level == &evidence.levels.back())
        return "the outermost cgroup visible here, " + printable(level.path) + ",";
    return printable(last_name(level.path));
}

/// "leak (pid 4712, 127M)"
std::string name_words(const Death &death)
{
    std::string details;
    if (death.pid > 0)
        details = fmt::format("pid {}", death.pid);
    if (death.size_bytes > 0)
        details += fmt::format("{}{}", details.empty() ? "" : ", ", format_bytes(death.size_bytes));
    if (death.name.empty())
        return details;
    return details.empty() ? printable(death.name) : fmt::format("{} ({})", printable(death.name), details);
}

std::string victim_words(const Death &death, const VerdictContext &context)
{
    const std::string tool = context.tool == "run" ? "the command" : printable(context.tool);
    std::string words;
    switch (death.victim) {
    case Victim::debuggee: words = context.tool == "run" ? tool + " was" : "debuggee"; break;
    case Victim::debuggee_child: words = "a process started by the debuggee was"; break;
    case Victim::debugger: words = tool + " itself was"; break;
    case Victim::helper: words = context.builds ? "the build was" : "a helper of " + tool + " was"; break;
    case Victim::debugger_or_helper: words = tool + " or a program it started was"; break;
    case Victim::session:
        words = context.around.empty() ? "a process of this session was" : "a process in " + context.around + " was";
        break;
    }
    words += death.guessed ? " probably killed for memory" : " killed for memory";
    if (death.others > 0)
        words += fmt::format(" with {} other{}", death.others, death.others == 1 ? "" : "s");
    const std::string name = name_words(death);
    return name.empty() ? words : words + ": " + name;
}

/// "; the largest was chrome, 12G": what made the machine short is seldom what died of it.
std::string hog_words(const Death &death)
{
    if (!death.log || death.log->largest_name.empty())
        return "";
    return fmt::format("; the largest was {}, {}", printable(death.log->largest_name),
                       format_bytes(death.log->largest_bytes));
}

/// What follows the victim: "hit its cap of 128M (memory.max of …/debuggee)".
std::string cause_words(const Culprit &culprit, const Evidence &after, const Death &death, const std::string &around)
{
    const std::string probably = culprit.guessed ? "probably " : "";
    const LevelEvidence *const level = culprit.level;
    switch (culprit.cause) {
    case Cause::cap:
        if (level->level == Level::scope && !around.empty())
            return fmt::format(", {}because {} hit its {} ({})", probably, around, size_words("limit", level->max),
                               file_name(CgroupFile::limit, after.version));
        if (level->level == Level::scope)
            return fmt::format(" {}hit the session's {} {}", probably, size_words("limit", level->max),
                               file_words(after, *level, true));
        return fmt::format(" {}hit {} {} {}", probably, death.victim == Victim::debuggee ? "its" : "the debuggee's",
                           size_words("cap", level->max), file_words(after, *level, false));
    case Cause::debugger:
        return fmt::format(" {}hit the debugger's {} {}", probably, size_words("limit", level->max),
                           file_words(after, *level, false));
    case Cause::scope:
        return fmt::format(", {}because the session hit its {} {}", probably, size_words("total", level->max),
                           file_words(after, *level, true));
    case Cause::ancestor:
        return fmt::format(", {}because {} hit its {} {}", probably, ancestor_words(after, *level),
                           size_words("limit", level->max),
                           fmt::format("({})", file_name(CgroupFile::limit, after.version)));
    case Cause::inner: return " hit the limit of a cgroup that the program made for itself";
    case Cause::machine:
        if (death.log && death.log->nodes_only)
            return ", because the NUMA nodes that its cpuset or memory policy lets it use were full";
        return fmt::format(", {}because the whole machine ran out of memory", probably) + hog_words(death);
    case Cause::unseen:
        if (after.levels.empty())
            return ", because a limit was hit that cannot be seen from here, as no cgroup is mounted, or the whole "
                   "machine ran out of memory";
        return fmt::format(", because a limit above {} was hit, which cannot be seen from here, or the whole machine "
                           "ran out of memory",
                           printable(after.levels.back().path));
    case Cause::oomd: return ", by systemd-oomd because of memory pressure or swap use";
    case Cause::not_memory: break;
    }
    return "";
}

/// "dlv itself was killed for memory: it hit its cap", or, where others did, "…, because the container hit its limit".
std::string death_words(const Culprit &culprit, const Evidence &after, const Death &death,
                        const VerdictContext &context)
{
    const std::string victim = victim_words(death, context);
    const std::string cause = cause_words(culprit, after, death, context.around);
    return victim + (name_words(death).empty() && !cause.starts_with(',') ? ": it" : "") + cause;
}

/// Where it was not the debuggee's own cap: how far it was from it.
std::string peak_words(const Culprit &culprit, const Evidence &after, const Death &death)
{
    const LevelEvidence *const own = after.find(Level::debuggee);
    if (culprit.cause == Cause::cap || culprit.cause == Cause::inner || !in_debuggee(death.victim) || own == nullptr ||
        own->peak_bytes == 0)
        return "";
    return own->max.finite() ? fmt::format("; its own peak was {} of a cap of {}", format_bytes(own->peak_bytes),
                                           format_limit(own->max))
                             : fmt::format("; its own peak was {}", format_bytes(own->peak_bytes));
}

/// What each debugger prints when its debuggee is gone by SIGKILL (dlv 1.20, gdb and gdbserver 13.1), go build when a
/// tool is.
std::string debugger_words(const Death &death, const VerdictContext &context)
{
    const std::string_view tool = context.tool;
    if (death.victim == Victim::helper && context.builds && !death.name.empty())
        return fmt::format(" go will say \"{}: signal: killed\".", printable(death.name));
    if (death.victim != Victim::debuggee)
        return "";
    if (tool == "dlv" && death.pid > 0)
        return fmt::format(" dlv will say \"Process {} has exited with status -9\".", death.pid);
    if (tool == "gdb")
        return " gdb will say \"Program terminated with signal SIGKILL, Killed.\"";
    if (tool == "gdbserver")
        return " gdbserver will say \"Child terminated with signal = 0x9 (SIGKILL)\".";
    return "";
}

std::string cap_advice(Limit cap, const Death &death, const VerdictContext &context)
{
    std::string words = cap.finite() ? fmt::format(" Try --memory-max={}", larger(cap.bytes()))
                                     : std::string(" Try a larger --memory-max");
    if (context.split && context.fuse != FuseAction::hold && context.tool != "run")
        words += ", or --fuse-action=hold to stop it before it dies";
    if (context.go && cap.finite() && in_debuggee(death.victim) && context.gomemlimit && *context.gomemlimit >= cap)
        words += fmt::format(", or GOMEMLIMIT={}MiB below the cap", cap.bytes() / 10 * 9 / kMiB);
    return words + '.';
}

std::string advice_words(const Culprit &culprit, const Death &death, const VerdictContext &context)
{
    const Limit limit = culprit.level != nullptr ? culprit.level->max : Limit();
    const auto more = [limit](const char *option) {
        return limit.finite() ? fmt::format(" Try {}={}", option, larger(limit.bytes()))
                              : fmt::format(" Try a larger {}", option);
    };
    switch (culprit.cause) {
    case Cause::cap:
        if (!context.around.empty())
            return fmt::format(
                " Only outside of it can {} be given more, {} for one; a --memory-max below what is left "
                "there is told in time.",
                context.around, limit.finite() ? larger(limit.bytes()) : "memory");
        return cap_advice(limit, death, context);
    case Cause::debugger:
        return more("--debugger-memory-max") +
               (context.builds ? ", or GOFLAGS=-p=1 to build one package at a time." : ".");
    case Cause::scope: return more("--total-memory-max") + ", or a smaller --memory-max.";
    case Cause::ancestor:
        if (const auto name = last_name(culprit.level->path); name.ends_with(".slice") && limit.finite())
            return fmt::format(" Try \"dbgscope set {} memory.max={}\", or a --memory-max below what is left there.",
                               printable(name), larger(limit.bytes()));
        [[fallthrough]];
    case Cause::unseen:
        if (culprit.guessed && culprit.level == nullptr)
            return context.tool == "run" ? " Try --snapshot=DIR with a --memory-max below what it may have."
                                         : " Try a --memory-max below what it may have: that is told in time.";
        return " Try a --memory-max below what is left there: then only the debuggee meets it.";
    case Cause::oomd: return " \"journalctl -u systemd-oomd\" says why.";
    case Cause::machine: // a smaller cap frees nothing of what others have
    case Cause::inner:
    case Cause::not_memory: break;
    }
    return "";
}

Verdict not_memory(const Death &death, const VerdictContext &context)
{
    const bool command = context.tool == "run";
    const bool debugger = death.victim == Victim::debugger || command;
    const std::string name = name_words(death);
    const std::string who = debugger ? (command ? "the command" : printable(context.tool)) : "debuggee";
    // A debugger ends its debuggee by SIGKILL at every restart and quit: nothing to tell anybody.
    return {.cause = Cause::not_memory,
            .victim = death.victim,
            .line =
                fmt::format("{}{} ended by SIGKILL without a memory event: {} killed it, it was not the memory limit",
                            who, name.empty() ? "" : ' ' + name,
                            debugger ? "another process" : "the debugger itself or another process"),
            .say = debugger};
}

} // namespace

std::string larger(std::uint64_t bytes)
{
    const std::uint64_t mib = std::max<std::uint64_t>((bytes + kMiB - 1) / kMiB, 1);
    return format_bytes(mib * 2 * kMiB);
}

Culprit find_culprit(const Evidence &before, const Evidence &after, const Death &death, bool split)
{
    const Chain chain = chain_of(after, death.victim);
    if (death.log)
        if (const auto found = culprit_in_log(after, chain, *death.log, split))
            return *found;
    // v1 counts only how often the limit was hit.
    const bool counted = has_file(CgroupFile::events, after.version);
    std::uint64_t kills = 0;
    for (const std::size_t i : chain)
        if (after.levels[i].level != Level::ancestor)
            kills +=
                risen(before, after, i, [](const LevelEvidence &of) { return of.local.oom_kill + of.oom_kill_below; });
    if (kills == 0 && !death.log) {
        if (after.oomd_marks > before.oomd_marks)
            return {.cause = Cause::oomd};
        // `ctr run` mounts no cgroup: then the machine's own count is all there is to go by.
        const bool somewhere = after.levels.empty() && after.machine_oom_kill > before.machine_oom_kill;
        return {.cause = somewhere ? Cause::unseen : Cause::not_memory, .guessed = somewhere};
    }
    const auto hit = [&](std::size_t i) {
        return risen(before, after, i,
                     [counted](const LevelEvidence &of) { return counted ? of.local.oom : of.local.max; }) > 0;
    };
    if (const Culprit found = innermost(after, chain, hit, split); found.level != nullptr)
        return {.cause = found.cause, .level = found.level, .guessed = found.guessed && !counted};
    if (counted && !chain.empty() &&
        risen(before, after, chain.front(), [](const LevelEvidence &of) { return of.oom_below; }) > 0)
        return {.cause = Cause::inner};
    // Linux 6.18 counts no failure where memory.memsw.limit_in_bytes is the same limit: who was at it?
    const auto full = [&](std::size_t i) { return was_full(after.levels[i]); };
    if (const Culprit found = innermost(after, chain, full, split); !counted && found.level != nullptr)
        return {.cause = found.cause, .level = found.level, .guessed = found.guessed || !death.log};
    return beyond(after);
}

Verdict judge(const Evidence &before, const Evidence &after, const Death &dead, const VerdictContext &context)
{
    const Culprit culprit = find_culprit(before, after, dead, context.split);
    if (culprit.cause == Cause::not_memory)
        return not_memory(dead, context);
    Death death = dead;
    death.guessed = death.guessed || (culprit.guessed && culprit.cause == Cause::unseen);
    return {.cause = culprit.cause,
            .victim = death.victim,
            .line =
                fmt::format("{}{}.{}{}", death_words(culprit, after, death, context), peak_words(culprit, after, death),
                            debugger_words(death, context), advice_words(culprit, death, context))};
}

} // namespace dbgscope
