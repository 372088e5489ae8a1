// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kShownLine = 300;
// What is looked for besides the rules: GC lines, the kernel's report, dbgscope's own line.
constexpr std::string_view kOtherKeys[] = {
    " ms clock, ", " MB goal, ", "oom-kill:", "invoked oom-killer", "memory: usage", "dbgscope: running"};

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

std::string_view value_of(const Captures &captures, std::string_view name)
{
    const auto known = std::ranges::find(captures, name, &Capture::name);
    return known == captures.end() ? std::string_view() : known->value;
}

} // namespace

Explainer::Explainer(std::optional<std::uint64_t> cap_bytes) : filter_(kOtherKeys), cap_given_(cap_bytes.has_value())
{
    result_.cap_bytes = cap_bytes;
}

Result<void> Explainer::read(LogReader &log)
{
    result_.logs.emplace_back().name = printable(log.name());
    kills_.clear();
    kernel_limit_bytes_.reset();
    while (true) {
        auto line = log.next();
        if (!line)
            return pass(line);
        if (!*line)
            break;
        take(**line);
    }
    result_.logs.back().lines = log.lines();
    result_.logs.back().bytes = log.bytes();
    return {};
}

void Explainer::take(const LogLine &line)
{
    result_.logs.back().cut_lines += line.cut ? 1 : 0;
    // An escape may stand in the middle of what is looked for; a torn GC line may be too short for the filter.
    const bool coloured = line.text.find('\x1b') != std::string_view::npos;
    const std::uint64_t candidates =
        coloured || line.text.starts_with("gc ") ? ~std::uint64_t{0} : filter_.candidates(line.text);
    if (candidates == 0)
        return;
    for (const PlainLine &plain : plain_lines(line.text))
        take_plain(line, plain, candidates);
}

void Explainer::take_plain(const LogLine &line, const PlainLine &plain, std::uint64_t candidates)
{
    LogRead &log = result_.logs.back();
    LogPlace place{.log = result_.logs.size() - 1, .line = line.number, .text = {}, .clock = plain.clock};
    if ((candidates & RuleFilter::kOther) != 0) {
        if (log.gc.take(plain.text)) {
            place.text = printable(std::string_view(plain.text).substr(0, kShownLine));
            log.last_gc = std::move(place);
            return;
        }
        if (const auto cap = cap_of(plain.text); cap && !cap_given_)
            result_.cap_bytes = cap;
    }
    take_memory_words(plain.text);
    std::size_t index = 0;
    for (const Rule &rule : rules()) {
        if ((candidates & RuleFilter::bit(index++)) != 0)
            if (const auto captures = match_rule(rule, plain.text)) {
                place.text = printable(std::string_view(plain.text).substr(0, kShownLine));
                add(rule, *captures, plain.text, std::move(place));
                return;
            }
    }
}

/// What only the kernel's report as a whole says: whose limit it was, and how large.
void Explainer::take_memory_words(std::string_view text)
{
    if (text.find("invoked oom-killer") != std::string_view::npos)
        kernel_limit_bytes_.reset();
    else if (text.starts_with("memory: usage ")) { // memory: usage 65536kB, limit 65536kB, failcnt 22
        if (const auto kib = number_after(text, "kB, limit "); kib && *kib < UINT64_MAX / kKiB)
            kernel_limit_bytes_ = *kib * kKiB;
    } else
        take_oom_line(text, kills_);
}

std::string Explainer::limit_words(const OomKill *kill) const
{
    std::string words = kernel_limit_bytes_ ? fmt::format("the limit of {}", format_bytes(*kernel_limit_bytes_))
                                            : std::string("its cgroup's limit");
    if (kill != nullptr && !kill->limit_cgroup.empty())
        words += fmt::format(" of {}", kill->limit_cgroup);
    return words;
}

void Explainer::add(const Rule &rule, const Captures &found, std::string_view text, LogPlace place)
{
    Captures captures = found;
    std::uint64_t pid = 0;
    const std::string_view pid_text = value_of(captures, "pid");
    std::from_chars(pid_text.data(), pid_text.data() + pid_text.size(), pid);
    if (pid == 0)
        pid = number_after(text, "(pid ").value_or(0);
    std::string size, limit;
    if (rule.id.starts_with("kernel-oom-")) {
        const auto kill = std::ranges::find_if(kills_.rbegin(), kills_.rend(), [pid](const OomKill &k) {
            return static_cast<std::uint64_t>(k.pid) == pid && k.sized;
        });
        const OomKill *victim = kill == kills_.rend() ? nullptr : &*kill;
        size = victim == nullptr ? "size not logged" : format_bytes(victim->bytes);
        limit = limit_words(victim);
        captures.push_back({"size", size});
        captures.push_back({"limit", limit});
        kernel_limit_bytes_.reset();
    }
    std::string what = fill_in(rule.what, captures);
    const auto key = std::pair(rule.id, what);
    if (const auto known = known_.find(key); known != known_.end()) {
        Finding &finding = result_.findings[known->second];
        ++finding.count;
        finding.last = std::move(place);
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
    result_.findings.push_back({.rule = &rule,
                                .what = std::move(what),
                                .cause = fill_in(rule.cause, captures),
                                .cure = fill_in(rule.cure, captures),
                                .first = place,
                                .last = place,
                                .pid = static_cast<int>(std::min<std::uint64_t>(pid, INT32_MAX)),
                                .name = printable(name.substr(0, kShownLine)),
                                .explains = {}});
}

Explanation Explainer::finish()
{
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
