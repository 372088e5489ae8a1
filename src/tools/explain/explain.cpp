// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"
#include "tools/explain/lua_lines.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kShownLine = 300;
// What is looked for besides the rules: GC lines, the kernel's report, dbgscope's own line.
constexpr std::string_view kOtherKeys[] = {" ms clock, ",        " MB goal, ",       "oom-kill:",
                                           "invoked oom-killer", "memory: usage",    "killed as a result of limit of ",
                                           "Kill process ",      "dbgscope: running"};
// A debugger's own words, or those of an editor about one: what only they and many others print then counts.
constexpr std::string_view kDebuggerWords[] = {"Delve",
                                               "delve",
                                               "dlv dap",
                                               "dlv debug",
                                               "dlv exec",
                                               "dlv attach",
                                               "dlv test",
                                               "dlv core",
                                               "(dlv)",
                                               "(gdb)",
                                               "GNU gdb",
                                               "gdbserver",
                                               "lldb-",
                                               "(lldb)",
                                               "DAP server",
                                               "API server listening",
                                               "__debug_bin",
                                               "During startup program",
                                               "debug adapter",
                                               "Debug adapter",
                                               "debuggee",
                                               "Reading symbols from",
                                               "could not launch process",
                                               "could not attach to pid",
                                               "Failed to launch",
                                               "Failed to attach",
                                               "Build Error: go ",
                                               "launch.json",
                                               "nvim-dap",
                                               "dap/session.lua:",
                                               "cppdbg",
                                               "miDebuggerPath",
                                               "Breakpoint 1 ",
                                               "Starting program: ",
                                               "[Inferior ",
                                               "Could not trace the inferior",
                                               "Type 'help' for list of commands.",
                                               "ptrace: ",
                                               "dbgscope: running"};

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key)
{
    const auto at = text.find(key);
    if (at == std::string_view::npos)
        return std::nullopt;
    std::uint64_t value = 0;
    const char *begin = text.data() + at + key.size();
    if (std::from_chars(begin, text.data() + text.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

/// "dbgscope: running in X, cap 512M for the debuggee (fuse at …)" or "…, memory limit 2G (…)".
std::optional<std::uint64_t> cap_of(std::string_view text)
{
    if (!text.starts_with("dbgscope: running in "))
        return std::nullopt;
    for (const std::string_view key : {", cap ", ", memory limit "})
        if (const auto at = text.find(key); at != std::string_view::npos) {
            const std::string_view size = text.substr(at + key.size());
            const auto parsed = parse_size(size.substr(0, size.find_first_of(" ,")));
            if (parsed && parsed->kind == SizeSpec::Kind::bytes && parsed->value > 0)
                return parsed->value;
        }
    return std::nullopt;
}

/// Lines of the kernel's report that say something only where nobody has kept the one that names the victim.
void leave_out_parts(std::vector<Finding> &findings)
{
    const bool whole = std::ranges::any_of(
        findings, [](const Finding &finding) { return finding.rule->id.starts_with("kernel-oom-"); });
    if (whole)
        std::erase_if(findings, [](const Finding &finding) { return finding.rule->id.starts_with("oom-"); });
}

std::string_view value_of(const Captures &captures, std::string_view name)
{
    const auto known = std::ranges::find(captures, name, &Capture::name);
    return known == captures.end() ? std::string_view() : known->value;
}

} // namespace

Explainer::Explainer(std::optional<std::uint64_t> cap_bytes, LogListener listener)
    : listener_(std::move(listener)), filter_(kOtherKeys, kDebuggerWords, listener_.texts),
      cap_given_(cap_bytes.has_value())
{
    result_.cap_bytes = cap_bytes;
}

Result<void> Explainer::read(LogReader &log)
{
    result_.logs.emplace_back().name = printable(log.name());
    kills_.clear();
    kernel_limit_bytes_.reset();
    entry_clock_ = {};
    while (true) {
        auto line = log.next();
        if (!line)
            return pass(line);
        if (!*line)
            break;
        take(**line);
    }
    tell_pending();
    result_.logs.back().lines = log.lines();
    result_.logs.back().bytes = log.bytes();
    return {};
}

void Explainer::take(const LogLine &line)
{
    result_.logs.back().cut_lines += line.cut ? 1 : 0;
    Clock begun;
    if (std::string_view text = line.text; take_nvim_stamp(text, begun))
        entry_clock_ = begun;
    // An escape may stand in the middle of what is looked for; a torn GC line may be too short for the filter.
    const bool coloured = line.text.find('\x1b') != std::string_view::npos;
    const RuleFilter::Rules candidates =
        coloured || line.text.starts_with("gc ") ? ~RuleFilter::Rules() : filter_.candidates(line.text);
    if (candidates.none())
        return;
    debugger_spoke_ = debugger_spoke_ || (candidates.test(RuleFilter::kDebugger) && !coloured);
    for (PlainLine &plain : plain_lines(line.text)) {
        if (plain.of_entry)
            plain.clock = entry_clock_;
        if (coloured && !debugger_spoke_)
            debugger_spoke_ = filter_.candidates(plain.text).test(RuleFilter::kDebugger);
        if (listener_.hear && candidates.test(RuleFilter::kHeard))
            listener_.hear(line, plain);
        take_plain(line, plain, candidates);
    }
}

void Explainer::take_plain(const LogLine &line, const PlainLine &plain, const RuleFilter::Rules &candidates)
{
    LogRead &log = result_.logs.back();
    LogPlace place{.log = result_.logs.size() - 1,
                   .line = line.number,
                   .text = printable(std::string_view(plain.text).substr(0, kShownLine)),
                   .clock = plain.clock};
    if (candidates.test(RuleFilter::kOther)) {
        if (log.gc.take(plain.text)) {
            log.last_gc = std::move(place);
            return;
        }
        if (const auto cap = cap_of(plain.text); cap && !cap_given_)
            result_.cap_bytes = cap;
    }
    take_memory_words(plain.text, place);
    take_rules(plain, std::move(place), candidates);
}

/// The first rule that is sure of the line; without one the first that counts where a debugger has spoken.
void Explainer::take_rules(const PlainLine &plain, LogPlace place, const RuleFilter::Rules &candidates)
{
    const Rule *weak = nullptr;
    std::optional<Match> weak_match;
    std::size_t index = 0;
    for (const Rule &rule : rules()) {
        auto match = candidates.test(index++) ? match_rule(rule, plain.text) : std::nullopt;
        if (match && !match->if_debugger)
            return add(rule, *match, plain.text, std::move(place));
        if (match && weak == nullptr) {
            weak = &rule;
            weak_match = std::move(match);
        }
    }
    if (weak != nullptr)
        add(*weak, *weak_match, plain.text, std::move(place));
}

/// What only the kernel's report as a whole says: whose limit it was, and how large.
void Explainer::take_memory_words(const std::string &text, const LogPlace &place)
{
    const auto summary = text.find("oom-kill:constraint=");
    if (text.find("invoked oom-killer") != std::string_view::npos)
        kernel_limit_bytes_.reset();
    else if (text.starts_with("memory: usage ")) { // memory: usage 65536kB, limit 65536kB, failcnt 22
        if (const auto kib = number_after(text, "kB, limit "); kib && *kib < UINT64_MAX / kKiB)
            kernel_limit_bytes_ = *kib * kKiB;
    } else
        take_oom_line(std::string_view(text).substr(summary == std::string::npos ? 0 : summary), kills_);
    const bool chosen = text.find(": Kill process ") != std::string::npos; // before 5.1
    if (pending_ && !chosen && text.find("Killed process ") != std::string::npos)
        pending_.reset();
    if (kills_.empty() || kills_.back().sized || kills_.back().nodes_only || kills_.back().pid == 0 ||
        (!chosen && summary == std::string::npos))
        return;
    const OomKill &kill = kills_.back();
    if (pending_ && pending_->pid != std::to_string(kill.pid))
        tell_pending();
    pending_ = {std::to_string(kill.pid), kill.name, kill.machine_wide, place};
}

/// The kernel limits how much it logs, and people cut out single lines: then nothing is known of the size.
void Explainer::tell_pending()
{
    if (!pending_)
        return;
    const Pending kill = *std::exchange(pending_, std::nullopt);
    const Rule *rule = find_rule(kill.machine_wide ? "kernel-oom-machine" : "kernel-oom-kill");
    add(*rule, {.captures = {{"pid", kill.pid}, {"name", kill.name}}}, kill.place.text, kill.place);
}

std::string Explainer::limit_words(const OomKill *kill) const
{
    std::string words = kernel_limit_bytes_ ? fmt::format("the limit of {}", format_bytes(*kernel_limit_bytes_))
                                            : std::string("its cgroup's limit");
    if (kill != nullptr && !kill->limit_cgroup.empty())
        words += fmt::format(" of {}", kill->limit_cgroup);
    return words;
}

void Explainer::add_kernel_words(Captures &captures, const OomKill *victim)
{
    size_ = victim == nullptr || !victim->sized ? "size not logged" : format_bytes(victim->bytes);
    limit_ = limit_words(victim);
    captures.push_back({"size", size_});
    captures.push_back({"limit", limit_});
    kernel_limit_bytes_.reset();
}

void Explainer::add(const Rule &matched, const Match &match, std::string_view text, LogPlace place)
{
    const Rule *rule = &matched;
    Captures captures = match.captures;
    std::uint64_t pid = 0;
    const std::string_view pid_text = value_of(captures, "pid");
    std::from_chars(pid_text.data(), pid_text.data() + pid_text.size(), pid);
    if (pid == 0)
        pid = number_after(text, "(pid ").value_or(0);
    if (rule->id.starts_with("kernel-oom-") && rule->id != "kernel-oom-nodes") {
        const auto kill = std::ranges::find_if(kills_.rbegin(), kills_.rend(), [pid](const OomKill &k) {
            return static_cast<std::uint64_t>(k.pid) == pid;
        });
        const OomKill *victim = kill == kills_.rend() ? nullptr : &*kill;
        if (victim != nullptr && victim->nodes_only)
            return; // its summary line has said so
        if (victim != nullptr && rule->id == "kernel-oom-killed" && victim->scope_known)
            rule = find_rule(victim->machine_wide ? "kernel-oom-machine" : "kernel-oom-kill");
        add_kernel_words(captures, victim);
    }
    std::string what = fill_in(rule->what, captures);
    const auto key = std::pair(rule->id, what);
    if (const auto known = known_.find(key); known != known_.end()) {
        Finding &finding = result_.findings[known->second];
        ++finding.count;
        finding.last = std::move(place);
        finding.if_debugger = finding.if_debugger && match.if_debugger;
        return;
    }
    if (result_.findings.size() >= kMaxFindings) {
        ++result_.unlisted;
        return;
    }
    known_.emplace(key, result_.findings.size());
    std::string_view name = value_of(captures, "name");
    if (name.empty())
        name = value_of(captures, "tool");
    result_.findings.push_back({.rule = rule,
                                .what = std::move(what),
                                .cause = fill_in(rule->cause, captures),
                                .cure = fill_in(rule->cure, captures),
                                .first = place,
                                .last = place,
                                .pid = static_cast<int>(std::min<std::uint64_t>(pid, INT32_MAX)),
                                .name = printable(name.substr(0, kShownLine)),
                                .if_debugger = match.if_debugger,
                                .explains = {}});
}

Explanation Explainer::finish()
{
    if (!debugger_spoke_)
        std::erase_if(result_.findings, [](const Finding &finding) { return finding.if_debugger; });
    leave_out_parts(result_.findings);
    relate(result_.findings);
    if (result_.logs.size() > 1)
        result_.time_line = time_line_of(result_);
    return std::move(result_);
}

bool Explanation::anything() const
{
    return !findings.empty() ||
           std::ranges::any_of(logs, [](const LogRead &log) { return !log.gc.programs().empty(); });
}

bool Explanation::killed_for_memory() const
{
    return std::ranges::any_of(findings, [](const Finding &finding) {
        return finding.rule->id.starts_with("kernel-oom-") || finding.rule->id == "dbgscope-killed";
    });
}

} // namespace dbgscope
