// SPDX-License-Identifier: Apache-2.0
#include "render/status_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "config.h"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kLabelWidth = 12;

/// "Limit      4G, set by …"
void line(std::string &out, std::string_view label, std::string_view text)
{
    out += fmt::format("{:<{}}{}\n", label, kLabelWidth, text);
}

/// The last component; the outermost level's whole path.
std::string short_name(const CgroupLevel &level, bool outermost)
{
    return printable(outermost ? level.path : level.path.substr(level.path.rfind('/') + 1));
}

std::string where(const Facts &facts)
{
    constexpr std::array kLayouts{"no cgroups", "cgroup v1", "cgroup v1 with v2 beside it (hybrid)", "cgroup v2"};
    const HostFacts &host = facts.host;
    std::string text = host.uid == 0 ? "root" : fmt::format("user {}", host.uid);
    if (!host.kernel.empty())
        text += " on kernel " + printable(host.kernel);
    text += fmt::format(", {}", kLayouts.at(static_cast<std::size_t>(facts.cgroup.layout)));
    if (host.container.value_or("") == "chroot")
        text += ", in a chroot";
    else if (host.container)
        text += ", in a " + printable(*host.container) + " container";
    if (host.wsl != Wsl::no)
        text += host.wsl == Wsl::wsl1 ? ", WSL 1" : ", WSL 2";
    return text;
}

std::string limit_sentence(const MemoryHierarchy &memory, const Delegation &delegation)
{
    if (memory.version == 0)
        return "unknown: " + (delegation.detail.empty() ? "cgroups were not looked at" : printable(delegation.detail));
    const std::string unseen = memory.hidden_above() ? "; limits above the container cannot be seen" : "";
    if (!memory.effective.finite())
        return "none: no visible cgroup limits memory" + unseen;
    std::string text = format_limit(memory.effective) + ", set by ";
    text += memory.binding ? printable(memory.chain[*memory.binding].path) : "a cgroup above the ones visible here";
    // The least room may be at another level than the lowest limit: siblings use up what is shared.
    if (memory.headroom)
        text += fmt::format("; {} left", format_bytes(*memory.headroom));
    return text + unseen;
}

std::string bytes_or(const Fact<std::uint64_t> &fact, std::string_view unknown)
{
    return fact ? format_bytes(*fact) : std::string(unknown);
}

std::string machine(const MemoryFacts &memory)
{
    if (!memory.total_bytes)
        return "unknown: " + printable(memory.total_bytes.detail());
    std::string text = fmt::format("{} memory, {} available", format_bytes(*memory.total_bytes),
                                   bytes_or(memory.available_bytes, "an unknown part"));
    if (memory.swap_total_bytes.value_or(0) == 0)
        return text + "; no swap";
    text += fmt::format("; {} swap, {} free", format_bytes(*memory.swap_total_bytes),
                        bytes_or(memory.swap_free_bytes, "an unknown part"));
    if (memory.swappiness)
        text += fmt::format(" (swappiness {})", *memory.swappiness);
    return text;
}

std::string pressure(const MemoryFacts &memory)
{
    const auto one = [](std::string_view name, const Fact<Pressure> &fact) {
        if (!fact)
            return fmt::format("{} unknown", name);
        return fmt::format("{} {:.1f}/{:.1f} %", name, fact->some.avg10, fact->full.avg10);
    };
    if (!memory.pressure && !memory.cpu_pressure && !memory.io_pressure)
        return "unknown: " + printable(memory.pressure.detail());
    return fmt::format("{}, {}, {} of the last 10 s (some/all tasks stalled)", one("memory", memory.pressure),
                       one("cpu", memory.cpu_pressure), one("io", memory.io_pressure));
}

std::string manager(const ManagerFacts &facts)
{
    if (facts.socket)
        return printable(*facts.socket);
    if (facts.bus)
        return printable(*facts.bus) +
               (facts.socket.detail().empty() ? "" : " (" + printable(facts.socket.detail()) + ')');
    return "not reachable: " + printable(facts.socket.detail());
}

void systemd(std::string &out, const Facts &facts)
{
    const SystemdFacts &found = facts.systemd;
    if (!found.booted) {
        line(out, "systemd", "not the init system here");
        return;
    }
    line(out, "systemd", found.version ? fmt::format("version {}", *found.version) : "version unknown");
    line(out, "", "system manager: " + manager(found.system));
    if (facts.host.uid != 0 || found.user.socket)
        line(out, "", "user manager: " + manager(found.user));
    if (found.user.controllers && (found.user.socket || found.user.bus)) {
        std::string names;
        for (const std::string &name : *found.user.controllers)
            names += ' ' + printable(name);
        line(out, "", "  it may use:" + (names.empty() ? " no controller, so it cannot limit memory" : names));
    }
}

using Row = std::array<std::string, 7>; ///< mark, limit, high, swap limit, used, peak, pressure; the name follows

/// "-" where the kernel has no such file, "?" where it could not be read; `notes` then says why.
template <class T, class Format> std::string cell(const Fact<T> &fact, Format format, std::vector<std::string> &notes)
{
    if (fact)
        return format(*fact);
    if (fact.why() == Why::absent || fact.why() == Why::not_asked)
        return "-";
    std::string note = printable(fact.detail());
    if (std::ranges::find(notes, note) == notes.end())
        notes.push_back(std::move(note));
    return "?";
}

Row row_of(const CgroupLevel &level, bool binding, std::vector<std::string> &notes)
{
    const auto limit = [](Limit value) { return value.finite() ? format_bytes(value.bytes()) : std::string("none"); };
    const auto bytes = [](std::uint64_t value) { return format_bytes(value); };
    const auto stall = [](const Pressure &value) {
        return fmt::format("{:.1f}/{:.1f}", value.some.avg10, value.full.avg10);
    };
    return {binding ? ">" : " ",
            cell(level.max, limit, notes),
            cell(level.high, limit, notes),
            cell(level.swap_max, limit, notes),
            cell(level.current, bytes, notes),
            cell(level.peak, bytes, notes),
            cell(level.memory_pressure, stall, notes)};
}

void chain(std::string &out, const MemoryHierarchy &memory)
{
    if (memory.chain.empty())
        return;
    std::vector<std::string> notes;
    std::vector<Row> rows{
        {" ", "LIMIT", "HIGH", memory.version == 1 ? "MEM+SWAP" : "SWAP", "USED", "PEAK", "STALLED %"}};
    for (std::size_t i = 0; i < memory.chain.size(); ++i)
        rows.push_back(row_of(memory.chain[i], memory.binding == i, notes));
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row &row : rows)
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], row[column].size());

    out +=
        fmt::format("\nMemory, cgroup by cgroup from the outside in{}:\n", memory.binding ? " (> sets the limit)" : "");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t column = 0; column < rows[i].size(); ++column)
            out += fmt::format("{:>{}}  ", rows[i][column], widths[column]);
        out += i == 0 ? "CGROUP" : std::string(2 * (i - 1), ' ') + short_name(memory.chain[i - 1], i == 1);
        out += '\n';
    }
    for (const std::string &note : notes)
        out += "  ? " + note + '\n';
}

/// What can be seen inside a program here, rung by rung, and what lifts it to the next.
std::string inside(const HostFacts &host)
{
    constexpr bool kBuiltWithBpf = DBGSCOPE_BPF != 0;
    const int scope = host.yama_ptrace_scope.value_or(0);
    const std::string root = host.user_namespace ? "root outside of this user namespace" : "root";
    std::string can, cannot;
    const auto add = [](std::string &to, const std::string &what) { to += (to.empty() ? "" : ", ") + what; };
    const auto rung = [&](bool seen, const char *what, const std::string &lift) {
        add(seen ? can : cannot, seen ? what : what + (": " + lift));
    };
    rung(scope == 0 || (scope < 3 && host.cap_sys_ptrace), "who holds a Go heap",
         scope == 3 ? "a boot without kernel.yama.ptrace_scope=3" : "root, --wait or kernel.yama.ptrace_scope=0");
    rung(host.may_sample(), "who grows in C (perf)",
         fmt::format("{} or kernel.perf_event_paranoid={}", root, HostFacts::kParanoidForUsers));
    rung(kBuiltWithBpf && host.may_load_programs(), "what is asked of the kernel (BPF)",
         !kBuiltWithBpf        ? "a build with it"
         : host.user_namespace ? root
                               : root + ", or CAP_BPF and CAP_PERFMON");
    if (can.empty())
        can = "nothing can be seen";
    return cannot.empty() ? can : can + "; not " + cannot;
}

} // namespace

std::string status_text(const Facts &facts, std::string_view backend_name, std::string_view backend_reason,
                        const std::vector<std::string> &missing)
{
    std::string out;
    line(out, "Where", where(facts));
    if (!facts.cgroup.memory.chain.empty())
        line(out, "", printable(facts.cgroup.memory.chain.back().path));
    line(out, "Limit", limit_sentence(facts.cgroup.memory, facts.cgroup.delegation));
    line(out, "Machine", machine(facts.memory));
    line(out, "Pressure", pressure(facts.memory));
    line(out, "Backend", printable(backend_name) + (backend_reason.empty() ? "" : ": " + printable(backend_reason)));
    systemd(out, facts);
    const Delegation &own = facts.cgroup.delegation;
    line(out, "Own cgroup",
         own.can_create ? "sub-cgroups can be made in it" : "no sub-cgroups: " + printable(own.detail));
    line(out, "Inside", inside(facts.host));
    for (const ToolFacts &tool : facts.tools)
        if (tool.path)
            line(out, tool.name, printable(*tool.path) + (tool.version ? " " + printable(*tool.version) : ""));
    chain(out, facts.cgroup.memory);

    std::vector<std::string> lines = missing;
    for (std::string &feature : missing_features(facts))
        if (std::ranges::find(lines, feature) == lines.end())
            lines.push_back(std::move(feature));
    if (!lines.empty())
        out += "\nMissing:\n";
    for (const std::string &text : lines)
        out += "  - " + printable(text) + '\n';
    return out;
}

} // namespace dbgscope
