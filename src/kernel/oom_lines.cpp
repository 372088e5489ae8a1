// SPDX-License-Identifier: Apache-2.0
#include "kernel/oom_lines.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxKills = 64;
constexpr std::string_view kSummary = "oom-kill:constraint=";
constexpr std::string_view kKilled = "Killed process ";

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
    if (const auto limit_at = text.find(",oom_memcg="); limit_at != std::string_view::npos && !kill.machine_wide)
        kill.limit_cgroup = text.substr(limit_at + 11);
    remember(kills, std::move(kill));
}

/// Memory cgroup out of memory: Killed process 1234 (leak) total-vm:12kB, anon-rss:9kB, file-rss:3kB, shmem-rss:0kB,
/// UID:0 pgtables:1kB oom_score_adj:0
void take_killed(std::string_view text, std::size_t at, std::vector<OomKill> &kills)
{
    const bool machine_wide = !text.starts_with("Memory cgroup ");
    text.remove_prefix(at + kKilled.size());
    int pid = 0;
    if (!take_number(text, pid) || pid <= 0 || !text.starts_with(" ("))
        return;
    const auto name_end = text.rfind(") total-vm:"); // a name may hold parentheses
    if (name_end == std::string_view::npos)
        return;
    const std::string_view sizes = text.substr(name_end);
    auto known = std::ranges::find_if(kills, [pid](const OomKill &kill) { return kill.pid == pid && !kill.sized; });
    OomKill &kill = known != kills.end() ? *known : remember(kills, OomKill{.pid = pid, .machine_wide = machine_wide});
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

bool may_be_oom_line(std::string_view text)
{
    return text.find("oom-kill:") != std::string_view::npos || text.find(kKilled) != std::string_view::npos;
}

void take_oom_line(std::string_view text, std::vector<OomKill> &kills)
{
    if (text.starts_with(kSummary))
        take_summary(text, kills);
    else if (const auto at = text.find(kKilled);
             at != std::string_view::npos && text.substr(0, at).ends_with(": ") && text.find("ut of memory") < at)
        take_killed(text, at, kills);
}

} // namespace dbgscope
