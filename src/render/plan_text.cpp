// SPDX-License-Identifier: Apache-2.0
#include "render/plan_text.hpp"

#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dbgscope/overloaded.hpp"
#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

/// A word as a shell would need it.
std::string quoted(const std::string &word)
{
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%^";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos)
        return word;
    std::string out = "'";
    for (const char c : word)
        out += c == '\''                              ? "'\\''"
               : static_cast<unsigned char>(c) < 0x20 ? fmt::format("\\x{:02x}", c)
                                                      : std::string(1, c);
    return out + "'";
}

std::string command_line(const std::vector<std::string> &words)
{
    std::string line;
    for (const std::string &word : words)
        line += (line.empty() ? "" : " ") + quoted(word);
    return line;
}

std::string writes_text(const std::string &directory, const std::vector<CgroupWrite> &writes)
{
    std::string text;
    for (const CgroupWrite &write : writes)
        text += fmt::format("\n       {}{} = {}{}", directory, write.file, write.value,
                            write.optional ? " (where the kernel has it)" : "");
    return text;
}

std::string describe(const std::optional<Division> &division)
{
    if (!division)
        return {};
    std::string text = "\n       below it debugger/ and debuggee/";
    if (!division->enable.empty())
        text += fmt::format(", enable {} for them", fmt::join(division->enable, ", "));
    return text + writes_text("debugger/", division->debugger) + writes_text("debuggee/", division->debuggee);
}

std::string percent(std::int64_t permyriad)
{
    return fmt::format("{:.4g}%", static_cast<double>(permyriad) / 100);
}

/// "some tasks wait 40% of 2 s for memory, or all tasks 10%".
std::string threshold_text(const Watch &watch)
{
    std::string text;
    if (watch.pressure_some_permyriad != 0)
        text = fmt::format("some tasks wait for memory {} of 2 s", percent(watch.pressure_some_permyriad));
    if (watch.pressure_full_permyriad != 0)
        text += fmt::format("{} {}", text.empty() ? "all tasks wait for memory" : ", or all tasks",
                            percent(watch.pressure_full_permyriad)) +
                (text.empty() ? " of 2 s" : "");
    return text;
}

/// The line as the cap beside it would be written; in MiB where rounding to 1.3G would make both the same.
std::string fuse_line_text(const Watch &watch)
{
    const std::string line = format_limit(watch.fuse_line);
    return line == format_limit(watch.cap) ? fmt::format("{}M", watch.fuse_line.bytes() / kMiB) : line;
}

const char *fuse_text(FuseAction action)
{
    switch (action) {
    case FuseAction::off: break;
    case FuseAction::look: return "look who holds the memory";
    case FuseAction::warn: return "warn";
    case FuseAction::snapshot: return "stop the debuggee for a snapshot";
    case FuseAction::hold: return "hold the debuggee";
    }
    return "";
}

/// Where the watcher says what it has to say.
std::string messages_text(const Watch &watch)
{
    if (!watch.log_file.empty())
        return "its messages go to " + quoted(watch.log_file);
    return watch.quiet ? "its messages go to the session's record alone" : "its messages go to standard error";
}

/// What is done besides, by the events; each action as it stands in the configuration.
std::string reactions_text(const Watch &watch)
{
    const std::pair<const char *, const std::vector<std::string> *> events[] = {
        {"when the session waits for memory", &watch.on.pressure},
        {"when the debuggee has grown to its line", &watch.on.growth},
        {"when it is held", &watch.on.held},
        {"when a process is killed for memory", &watch.on.killed},
        {"when the session was unlike those before", &watch.on.drift}};
    std::string text;
    bool commands = false;
    for (const auto &[when, actions] : events)
        if (!actions->empty()) {
            text += fmt::format("\n       {}: {}", when, printable(fmt::format("{}", fmt::join(*actions, ", "))));
            for (const std::string &action : *actions)
                commands = commands || action.starts_with("exec");
        }
    if (commands)
        text += fmt::format("\n       end such a command after {}",
                            format_time_span(std::chrono::milliseconds(watch.on.deadline_ms)));
    if (!watch.history_textfile.empty())
        text += "\n       at the end write " + quoted(watch.history_textfile + "/dbgscope.prom");
    return text;
}

std::string alloc_text(const AllocThresholds &alloc)
{
    std::string text;
    const auto add = [&text](const std::string &what) { text += (text.empty() ? "" : "; or ") + what; };
    if (alloc.large_mapping_bytes != 0)
        add(fmt::format("{} are mapped at once", format_bytes(alloc.large_mapping_bytes)));
    if (alloc.reclaim_stall_us != 0)
        add(fmt::format("it waits {} for reclaim within a second",
                        format_time_span(std::chrono::microseconds(alloc.reclaim_stall_us))));
    if (alloc.kernel_memory_bytes != 0)
        add(fmt::format("the kernel's memory for it has grown by {}", format_bytes(alloc.kernel_memory_bytes)));
    if (alloc.oom_victims)
        add("the OOM killer ends one of its processes");
    return text;
}

std::string describe(const Watch &watch)
{
    std::string text = watch.wait ? fmt::format("stay as the parent of {}", watch.command.front())
                                  : fmt::format("leave a watcher beside {}", watch.command.front());
    if (watch.split && watch.tool == "run")
        text += "\n       give the command a cgroup of its own";
    else if (watch.split)
        text += fmt::format("\n       move each debuggee into its own cgroup{}, oom_score_adj {}",
                            watch.split_required ? ", or stop it" : "", watch.debuggee_oom_score_adj);
    else if (watch.filtered() && watch.tool != "run")
        text += fmt::format("\n       know each debuggee, oom_score_adj {}", watch.debuggee_oom_score_adj);
    if (watch.fuse != FuseAction::off)
        text += fmt::format("\n       {} at {}", fuse_text(watch.fuse), fuse_line_text(watch));
    if (watch.around && watch.around->data_limit.finite())
        text += fmt::format("\n       let each debuggee map {} (RLIMIT_DATA)", format_limit(watch.around->data_limit));
    if (watch.growth_period != 0)
        text += fmt::format("\n       sample who grows it: one page fault of {}", watch.growth_period);
    if (watch.alloc.any())
        text += "\n       say so when " + alloc_text(watch.alloc);
    if (watch.snapshot)
        text += "\n       keep a snapshot then" +
                (watch.snapshot_directory.empty() ? "" : " in " + quoted(watch.snapshot_directory));
    const std::string threshold = threshold_text(watch);
    if (watch.pressure != PressureAction::off && !threshold.empty()) {
        const char *action = watch.pressure == PressureAction::weight ? "say so and give the debuggee less CPU"
                             : watch.pressure == PressureAction::hold ? "say so and freeze the debuggee meanwhile"
                                                                      : "say so";
        text += fmt::format("\n       when {}: {}", threshold, action);
    }
    text += reactions_text(watch);
    if (watch.client_timeout_ms != 0)
        text += fmt::format("\n       end {} when no client has reached it within {}", watch.tool,
                            format_time_span(std::chrono::milliseconds(watch.client_timeout_ms)));
    text += "\n       " + messages_text(watch);
    if (!watch.use_pidfd)
        text += "\n       without pidfds";
    if (!watch.use_cgroup_kill)
        text += "\n       without cgroup.kill";
    return text;
}

std::string describe(const CreateScope &scope)
{
    std::string text =
        fmt::format("create scope {} in the {} manager", scope.unit, scope.user_manager ? "user" : "system");
    for (const ScopeProperty &property : scope.properties)
        text += fmt::format("\n       {}={}", property.name, bus_value_text(property.name, property.value));
    return text + describe(scope.division);
}

std::string describe(const CreateCgroup &cgroup)
{
    std::string text = fmt::format("create cgroup {}/{} (v{})", cgroup.parent, cgroup.name, cgroup.version);
    if (cgroup.vacate_parent)
        text += "\n       move the processes of " + cgroup.parent + " into a leaf first";
    if (!cgroup.enable.empty())
        text += fmt::format("\n       enable {} for its children", fmt::join(cgroup.enable, ", "));
    text += writes_text("", cgroup.writes) + describe(cgroup.division);
    if (!cgroup.unified_parent.empty())
        text += fmt::format("\n       and {}/{} for pressure and kill", cgroup.unified_parent, cgroup.name);
    return text;
}

std::string describe(const SetEnvironment &environment)
{
    std::string text = "set in the environment";
    for (const EnvChange &change : environment.changes)
        text += "\n       " + (change.value ? change.name + "=" + quoted(*change.value) : "unset " + change.name);
    return text;
}

std::string limit_text(std::uint64_t value)
{
    return value == Limit().bytes() ? "infinity" : std::to_string(value);
}

std::string describe(const Action &action)
{
    return std::visit(
        Overloaded{
            [](const StartWatcher &a) { return describe(a.watch); },
            [](const KeepDapLog &a) {
                return fmt::format("make {} for the debugger's log of its protocol{}", quoted(a.path),
                                   a.ready_line ? "; hand its ready line on to standard output" : "");
            },
            [](const CreateScope &a) { return describe(a); },
            [](const CreateCgroup &a) { return describe(a); },
            [](const VerifyLimit &a) {
                return fmt::format("read the limit back: {}{}", format_limit(a.expected),
                                   a.required ? ", or stop" : "");
            },
            [](const InstallFilter &a) {
                return fmt::format("install the seccomp filter that tells the watcher of each {}{}{}{}",
                                   a.itself ? "start of a Go program" : "debuggee",
                                   a.allocations ? " and each large piece of memory" : "",
                                   a.required ? ", or stop" : "", a.itself ? "; enter the command's cgroup" : "");
            },
            [](const SetOomScore &a) { return fmt::format("set oom_score_adj {}", a.value); },
            [](const SetRlimit &a) {
                return fmt::format("set RLIMIT_{} {}:{}", a.resource, limit_text(a.soft), limit_text(a.hard));
            },
            [](const NoHugePages &) { return std::string("no transparent huge pages"); },
            [](const SetNice &a) { return fmt::format("set nice {}", a.value); },
            [](const SetCredentials &a) {
                return fmt::format("become user {} group {}", a.user.empty() ? "(same)" : a.user,
                                   a.group.empty() ? "(of the user)" : a.group);
            },
            [](const ChangeDirectory &a) { return "change directory to " + quoted(a.path); },
            [](const SetEnvironment &a) { return describe(a); },
            [](const WriteInitFile &a) {
                std::string text = fmt::format("write {}, for dlv's --init", quoted(a.path));
                for (const auto line : std::views::split(std::string_view(a.text), '\n'))
                    if (!line.empty())
                        text += "\n       " + std::string(line.begin(), line.end());
                return text;
            },
            [](const Execute &a) { return fmt::format("exec {}: {}", quoted(a.path), command_line(a.arguments)); },
        },
        action);
}

std::string conditions_text(const std::vector<UnitCondition> &conditions)
{
    std::string text;
    for (const UnitCondition &c : conditions)
        text += fmt::format("{}{}={}{}{}", text.empty() ? "" : "; ", c.name, c.trigger ? "|" : "", c.negate ? "!" : "",
                            quoted(c.parameter));
    return text;
}

std::string nft_sets_text(const std::vector<NftSet> &sets)
{
    std::string text;
    for (const NftSet &s : sets)
        text += fmt::format("{}{}:{}:{}:{}", text.empty() ? "" : " ", s.source, s.protocol, s.table, s.set);
    return text;
}

} // namespace

std::string bus_value_text(const std::string &property, const BusValue &value)
{
    const bool bytes = property.starts_with("Memory") && !property.ends_with("Scale");
    const bool time = property.ends_with("USec");
    return std::visit(
        Overloaded{
            [](bool v) { return std::string(v ? "yes" : "no"); },
            [](std::int32_t v) { return std::to_string(v); },
            [&](std::uint32_t v) {
                return property.ends_with("Scale") ? fmt::format("{:.4g}%", v * 100.0 / 0xffffffffU)
                                                   : std::to_string(v);
            },
            [&](std::uint64_t v) {
                if (v == Limit().bytes())
                    return std::string("infinity");
                return bytes  ? format_bytes(v)
                       : time ? format_time_span(std::chrono::microseconds(v))
                              : std::to_string(v);
            },
            [](const std::string &v) { return quoted(v); },
            [](const std::vector<std::string> &v) { return command_line(v); },
            [](const std::vector<std::uint8_t> &v) { return fmt::format("{:02x}", fmt::join(v, "")); },
            [](const std::vector<PathLimit> &v) {
                std::string text;
                for (const PathLimit &limit : v)
                    text +=
                        fmt::format("{}{} {}", text.empty() ? "" : "; ", quoted(limit.path), limit_text(limit.value));
                return text;
            },
            [](const std::vector<StringPair> &v) {
                std::string text;
                for (const StringPair &pair : v)
                    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", quoted(pair.first), quoted(pair.second));
                return text;
            },
            [](const std::vector<AddressPrefix> &v) {
                std::string text;
                for (const AddressPrefix &a : v)
                    text += fmt::format("{}{:02x}/{}", text.empty() ? "" : " ", fmt::join(a.address, ""), a.prefix);
                return text;
            },
            [](const NameFilter &v) { return (v.allow ? "" : "~") + command_line(v.names); },
            [](const std::vector<SocketBind> &v) {
                std::string text;
                for (const SocketBind &b : v)
                    text +=
                        fmt::format("{}{}:{}:{}+{}", text.empty() ? "" : " ", b.family, b.protocol, b.first, b.count);
                return text;
            },
            [](const std::vector<UnitCondition> &v) { return conditions_text(v); },
            [](const std::vector<NftSet> &v) { return nft_sets_text(v); },
        },
        value);
}

std::string plan_text(const LaunchPlan &plan)
{
    std::string text = fmt::format("backend: {} ({})\n", backend_name(plan.backend), plan.backend_reason);
    if (!plan.session.empty())
        text += fmt::format("session: {}\n", plan.session);
    if (plan.cap)
        text += fmt::format("cap:     {}\n", format_limit(*plan.cap));
    int number = 0;
    for (const Step &step : plan.steps)
        text += fmt::format("  {:2}. {}\n       why: {}\n", ++number, describe(step.action), step.reason);
    for (const LaunchPlan &other : plan.fallback)
        text += fmt::format("if that fails: {} ({})\n", backend_name(other.backend), other.backend_reason);
    if (plan.fallback.empty() && plan.on_scope_failure == OnFailure::fail)
        text += "if that fails: stop (--require)\n";
    for (const Notice &notice : plan.left_out)
        text += fmt::format("left out: {}\n", notice.text);
    for (const Notice &notice : plan.notices)
        text += fmt::format("note: {}\n", notice.text);
    if (!plan.announcement.empty())
        text += fmt::format("says: {}\n", plan.announcement);
    return text;
}

} // namespace dbgscope
