// SPDX-License-Identifier: Apache-2.0
#include "kernel/oom_lines.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxKills = 64;
constexpr std::string_view kSummary = "oom-kill:constraint=";
constexpr std::string_view kKilled = "Killed process ";
// Before 5.1 the report had three lines instead: whose limit, who was chosen, and who died, who may be a child of the
// chosen.
constexpr std::string_view kTaskIn = "Task in ";
constexpr std::string_view kLimitOf = " killed as a result of limit of ";
constexpr std::string_view kChosen = ": Kill process ";
constexpr std::string_view kWanted[] = {"oom-kill:", kKilled, kLimitOf, kChosen};
constexpr int kNotChosenYet = 0; ///< pid of a kill whose "Task in" line has been seen

/// The number at the front of `text`, and what follows it.
template <class Number> bool take_number(std::string_view &text, Number &number)
{
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{})
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

/// The bytes of " anon-rss:120576kB"; 0 when it is not there.
std::uint64_t size_of(std::string_view text, std::string_view key)
{
    const auto at = text.find(key);
    if (at == std::string_view::npos)
        return 0;
    text.remove_prefix(at + key.size());
    std::uint64_t kib = 0;
    if (!take_number(text, kib) || !text.starts_with("kB") || kib > UINT64_MAX / 1024)
        return 0;
    return kib * 1024;
}

OomKill &remember(std::vector<OomKill> &kills, OomKill kill)
{
    if (kills.size() >= kMaxKills)
        kills.erase(kills.begin());
    return kills.emplace_back(std::move(kill));
}

/// oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=leak,
/// pid=1234,uid=0            … or "global_oom" in the place of oom_memcg=. A name may hold commas: read from the right.
void take_summary(std::string_view text, std::vector<OomKill> &kills)
{
    const auto pid_at = text.rfind(",pid=");
    if (pid_at == std::string_view::npos)
        return;
    OomKill kill;
    std::string_view number = text.substr(pid_at + 5);
    if (!take_number(number, kill.pid) || kill.pid <= 0 || !number.starts_with(",uid="))
        return;
    text = text.substr(0, pid_at);
    const auto name_at = text.rfind(",task=");
    const auto victim_at = text.find(",task_memcg=");
    if (name_at == std::string_view::npos || victim_at == std::string_view::npos || victim_at > name_at)
        return;
    kill.name = text.substr(name_at + 6);
    kill.victim_cgroup = text.substr(victim_at + 12, name_at - victim_at - 12);
    text = text.substr(0, victim_at);
    kill.machine_wide = text.ends_with(",global_oom");
    kill.nodes_only = text.starts_with("oom-kill:constraint=CONSTRAINT_CPUSET,") ||
                      text.starts_with("oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,");
    if (const auto limit_at = text.find(",oom_memcg="); limit_at != std::string_view::npos && !kill.machine_wide)
        kill.limit_cgroup = text.substr(limit_at + 11);
    remember(kills, std::move(kill));
}

/// Task in /kubepods/pod1/aa killed as a result of limit of /kubepods/pod1
void take_limit(std::string_view text, std::size_t at, std::vector<OomKill> &kills)
{
    std::erase_if(kills, [](const OomKill &kill) { return kill.pid == kNotChosenYet; });
    remember(kills, {.pid = kNotChosenYet,
                     .limit_cgroup = std::string(text.substr(at + kLimitOf.size())),
                     .victim_cgroup = std::string(text.substr(kTaskIn.size(), at - kTaskIn.size()))});
}

/// "Memory cgroup out of memory" may stand behind what kubectl puts before an event.
bool is_machine_wide(std::string_view before)
{
    return before.find("emory cgroup out of memory") == std::string_view::npos;
}

/// Memory cgroup out of memory: Kill process 24572 (java) score 0 or sacrifice child
void take_chosen(std::string_view text, std::size_t at, std::vector<OomKill> &kills)
{
    OomKill chosen{.machine_wide = is_machine_wide(text.substr(0, at))};
    text.remove_prefix(at + kChosen.size());
    if (!take_number(text, chosen.pid) || chosen.pid <= 0 || !text.starts_with(" ("))
        return;
    const auto name_end = text.rfind(") score "); // a name may hold parentheses
    if (name_end == std::string_view::npos || name_end < 2)
        return;
    chosen.name = text.substr(2, name_end - 2);
    const auto pending = std::ranges::find(kills, kNotChosenYet, &OomKill::pid);
    const auto known = pending != kills.end() ? pending : std::ranges::find_if(kills, [&](const OomKill &kill) {
        return kill.pid == chosen.pid && !kill.sized; // 5.0 has the summary line as well
    });
    if (known == kills.end())
        remember(kills, std::move(chosen));
    else {
        known->name = chosen.name;
        known->pid = chosen.pid;
        known->machine_wide = chosen.machine_wide;
    }
}

/// Memory cgroup out of memory: Killed process 1234 (leak) total-vm:12kB, anon-rss:9kB, file-rss:3kB, shmem-rss:0kB,
/// UID:0 pgtables:1kB oom_score_adj:0
/// Before 5.1: Killed process 28438 (java) total-vm:…; RHEL 7: "(java), UID 0, total-vm:", RHEL 6: ", UID 502, (java)
/// ".
void take_killed(std::string_view text, std::size_t at, std::vector<OomKill> &kills)
{
    const bool alone = at == 0;
    const bool machine_wide = !alone && is_machine_wide(text.substr(0, at));
    text.remove_prefix(at + kKilled.size());
    int pid = 0;
    if (!take_number(text, pid) || pid <= 0)
        return;
    if (alone && text.starts_with(", UID "))
        text.remove_prefix(std::min(text.find(" (", 6), text.size()));
    if (!text.starts_with(" ("))
        return;
    const auto sizes_at = text.find(" anon-rss:");
    const auto name_end = text.substr(0, sizes_at).rfind(')'); // a name may hold parentheses
    if (name_end == std::string_view::npos || name_end < 2 || (alone && sizes_at == std::string_view::npos))
        return;
    const std::string_view sizes = text.substr(name_end);
    auto known = std::ranges::find_if(kills, [pid](const OomKill &kill) { return kill.pid == pid && !kill.sized; });
    if (known == kills.end() && alone) { // a child of the chosen one died
        const auto chosen =
            std::ranges::find_if(kills.rbegin(), kills.rend(), [](const OomKill &kill) { return !kill.sized; });
        known = chosen == kills.rend() ? kills.end() : std::prev(chosen.base());
    }
    OomKill &kill =
        known != kills.end() ? *known : remember(kills, OomKill{.machine_wide = machine_wide, .scope_known = !alone});
    kill.pid = pid;
    kill.name = text.substr(2, name_end - 2);
    kill.bytes = size_of(sizes, " anon-rss:") + size_of(sizes, " shmem-rss:"); // file-rss could be reclaimed
    kill.sized = true;
}

} // namespace

std::optional<std::string> kmsg_text(std::string_view record)
{
    // "3,5630,12966526368,-;Memory cgroup out of memory: …\n SUBSYSTEM=…\n": priority, number, µs, flags; text
    unsigned priority = 0;
    const auto text_at = record.find(';');
    if (text_at == std::string_view::npos || !take_number(record, priority) || !record.starts_with(',') ||
        priority >= 8)
        return std::nullopt;
    record.remove_prefix(record.find(';') + 1);
    record = record.substr(0, record.find('\n'));
    std::string text;
    text.reserve(record.size());
    while (!record.empty()) {
        // The kernel writes what is not printable ASCII, and the backslash, as \xNN.
        unsigned byte = 0;
        if (record.size() >= 4 && record.starts_with("\\x") &&
            std::from_chars(record.data() + 2, record.data() + 4, byte, 16).ptr == record.data() + 4) {
            text += static_cast<char>(byte);
            record.remove_prefix(4);
            continue;
        }
        text += record.front();
        record.remove_prefix(1);
    }
    return text;
}

void take_oom_line(std::string_view text, std::vector<OomKill> &kills)
{
    if (text.starts_with(kSummary))
        return take_summary(text, kills);
    if (const auto at = text.find(kLimitOf);
        at != std::string_view::npos && text.starts_with(kTaskIn) && at >= kTaskIn.size())
        return take_limit(text, at, kills);
    if (const auto at = text.find(kChosen); at != std::string_view::npos && text.find("ut of memory") < at)
        return take_chosen(text, at, kills);
    if (const auto at = text.find(kKilled);
        at == 0 ||
        (at != std::string_view::npos && text.substr(0, at).ends_with(": ") && text.find("ut of memory") < at))
        take_killed(text, at, kills);
}

bool may_be_oom_line(std::string_view text)
{
    return std::ranges::any_of(kWanted,
                               [text](std::string_view key) { return text.find(key) != std::string_view::npos; });
}

} // namespace dbgscope
