// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/excerpts.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/explain/prefix_words.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kShownLine = 300;
constexpr std::size_t kPrefix = 160; ///< of a kernel's line: time, host, "kernel: "

/// What the kernel says of memory, of programs that die or stand still, and of what was refused to them.
constexpr auto kKernelTexts = std::to_array<std::string_view>({"ut of memory",
                                                               "oom-kill:",
                                                               "invoked oom-killer",
                                                               "oom_reaper: ",
                                                               "Killed process ",
                                                               "Kill process ",
                                                               "memory: usage ",
                                                               "allocation failure",
                                                               "allocation stalls",
                                                               "segfault at ",
                                                               "general protection",
                                                               "traps: ",
                                                               "trap invalid opcode",
                                                               "trap int3",
                                                               "divide error",
                                                               "blocked for more than ",
                                                               "soft lockup",
                                                               "hard LOCKUP",
                                                               "detected stall",
                                                               "BUG: ",
                                                               "Oops: ",
                                                               "Kernel panic",
                                                               "Hardware Error",
                                                               "I/O error",
                                                               "read-only",
                                                               "fork rejected by pids",
                                                               "ptrace attach of ",
                                                               "type=1326 ",
                                                               "type=1701 ",
                                                               "apparmor=\"DENIED\"",
                                                               "PM: suspend e",
                                                               "PM: hibernation",
                                                               "swapoff"});

constexpr auto kStraceTexts = std::to_array<std::string_view>(
    {"+++ killed by ", "+++ exited with ", "--- SIG",      "--- stopped by ", "execve",       "exit_group(",
     "kill(",          "sigqueueinfo(",    "send_signal(", " = -1 ENOMEM",    " = -1 ENOSPC", " = -1 EDQUOT",
     " = -1 EMFILE",   " = -1 ENFILE",     "fork(",        "fork resumed",    "clone(",       "clone3(",
     "clone resumed",  "clone3 resumed",   "ptrace("});

constexpr auto kGoTexts = std::to_array<std::string_view>(
    {" RangeBegin Time=", " RangeActive Time=", " RangeEnd Time=", " TaskBegin Time=", " TaskEnd Time=",
     " RegionBegin Time=", " RegionEnd Time=", " Log Time=", "/sched/gomaxprocs:", " GCStart p=", " GCSTWStart p=",
     " UserTaskCreate p=", " UserRegion p=", " UserLog p=", " Gomaxprocs p=", " ms clock, "});

constexpr auto kAllTexts = [] {
    std::array<std::string_view, kKernelTexts.size() + kStraceTexts.size() + kGoTexts.size()> all{};
    auto end = std::ranges::copy(kKernelTexts, all.begin()).out;
    end = std::ranges::copy(kStraceTexts, end).out;
    std::ranges::copy(kGoTexts, end);
    return all;
}();

bool holds(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, word) != words.end();
}

/// The process in front: "[pid  4711] ", or "4711  " of strace -f -o; empty: none.
std::string_view pid_of(std::string_view raw)
{
    skip_blanks(raw);
    const bool bracketed = raw.starts_with("[pid ");
    raw.remove_prefix(bracketed ? 5 : 0);
    skip_blanks(raw);
    const auto end = raw.find_first_not_of("0123456789");
    if (end == std::string_view::npos || end == 0 || end > 7 || raw[end] != (bracketed ? ']' : ' '))
        return {};
    return raw.substr(0, end);
}

/// What strip_prefixes() leaves where a line has no time of a clock: "4711  execve(…" and "4711      0.000039 execve(…"
/// of strace -r.
std::string_view without_steps(std::string_view text)
{
    for (int part = 0; part < 2; ++part) {
        const auto end = text.find_first_not_of("0123456789.");
        if (end == std::string_view::npos || end == 0 || text[end] != ' ')
            break;
        text.remove_prefix(end);
        skip_blanks(text);
    }
    return text;
}

/// "ENOMEM" of "mmap(…) = -1 ENOMEM (Cannot allocate memory)"; empty: it did not fail.
std::string_view error_of(std::string_view text)
{
    constexpr std::string_view kFailed = " = -1 ";
    const auto at = text.rfind(kFailed);
    if (at == std::string_view::npos)
        return {};
    text.remove_prefix(at + kFailed.size());
    const auto end = std::min(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), text.size());
    return end == text.size() || text[end] == ' ' ? text.substr(0, end) : std::string_view();
}

/// "mmap" of "mmap(NULL, …" and of "<... mmap resumed>…"; empty: no call.
std::string_view call_of(std::string_view text)
{
    constexpr std::string_view kResumed = "<... ";
    const bool resumed = text.starts_with(kResumed);
    text.remove_prefix(resumed ? kResumed.size() : 0);
    const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
    if (end == std::string_view::npos || end == 0 || !text.substr(end).starts_with(resumed ? " resumed>" : "("))
        return {};
    return text.substr(0, end);
}

bool matters_to_strace(std::string_view text)
{
    if (text.starts_with("+++ killed by ") || text.starts_with("--- stopped by "))
        return true;
    if (text.starts_with("+++ exited with "))
        return !text.starts_with("+++ exited with 0 ");
    if (text.starts_with("--- SIG")) // the rest is how programs work
        return !is_one_of(text.substr(4, text.find(' ', 4) - 4),
                          {"SIGURG", "SIGCHLD", "SIGALRM", "SIGPROF", "SIGVTALRM", "SIGWINCH", "SIGIO"});
    const std::string_view call = call_of(text), error = error_of(text);
    if (call.empty())
        return false;
    if (is_one_of(error, {"ENOMEM", "ENOSPC", "EDQUOT", "EMFILE", "ENFILE"}))
        return true;
    if (is_one_of(call, {"fork", "vfork", "clone", "clone3"}))
        return error == "EAGAIN";
    if (call == "ptrace")
        return error == "EPERM";
    if (text.starts_with('<')) // its beginning has been told
        return false;
    if (is_one_of(call, {"execve", "execveat"}))
        return error != "ENOENT"; // a search through PATH
    if (is_one_of(call, {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"}))
        return holds(text, "SIG") && !holds(text, "SIGURG"); // 0 asks, and Go preempts its threads by SIGURG
    return call == "exit_group";
}

/// "leak[4711]: segfault at 0": the program in front is no prefix here, although it looks like one.
std::string_view kernel_text(std::string_view raw, std::string_view text)
{
    const auto at = raw.find(text);
    if (at == std::string_view::npos || !raw.substr(0, at).ends_with("]: "))
        return text;
    const auto blank = raw.substr(0, at - 2).rfind(' ');
    return raw.substr(blank == std::string_view::npos ? 0 : blank + 1);
}

bool is_gctrace(std::string_view text)
{
    return shaped(text, "gc 9") && holds(text.substr(0, 32), " @") && holds(text, " ms clock, ");
}

} // namespace

std::span<const std::string_view> excerpt_texts()
{
    return kAllTexts;
}

bool is_kernel_excerpt(std::string_view raw, const PlainLine &plain)
{
    const std::string_view front = raw.substr(0, kPrefix);
    const bool of_kernel = (plain.clock.uptime_s && !plain.text.starts_with("M=")) || holds(front, " kernel: ") ||
                           front.starts_with("kernel: ") || front.starts_with("kern ") ||
                           shaped(front, "[aaa aaa ") || // dmesg -T
                           holds(raw, "\"_TRANSPORT\":\"kernel\"");
    return of_kernel &&
           std::ranges::any_of(kKernelTexts, [&](std::string_view text) { return holds(plain.text, text); });
}

std::optional<std::string> strace_excerpt(std::string_view raw, std::string_view text)
{
    text = without_steps(text);
    if (!matters_to_strace(text))
        return std::nullopt;
    const std::string_view pid = pid_of(raw);
    return (pid.empty() ? "" : fmt::format("pid {}: ", pid)) + std::string(text.substr(0, kShownLine));
}

void Excerpts::take(const LogLine &line, const PlainLine &plain)
{
    if (auto excerpt = go_.take(plain))
        return add_go(line.number, *excerpt);
    if (is_gctrace(plain.text))
        return add(gctrace, line.number, plain.clock, plain.text);
    if (const auto text = strace_excerpt(line.text, plain.text))
        return add(strace, line.number, plain.clock, *text);
    if (is_kernel_excerpt(line.text, plain))
        add(kernel, line.number, plain.clock, kernel_text(line.text, plain.text));
}

void Excerpts::add_go(std::uint64_t number, const GoTraceExcerpt &excerpt)
{
    add(excerpt.of_program ? go_program : go_runtime, number, excerpt.clock, excerpt.text);
}

/// Where it lies comes first: a kernel's log of weeks is mostly of other times.
void Excerpts::add(Kind kind, std::uint64_t number, const Clock &clock, std::string_view text)
{
    constexpr std::array kNames{"kernel", "strace", "gctrace", "go trace", "go trace"};
    const auto wanted = wanted_(clock);
    if (!wanted.value_or(false)) {
        ++(wanted ? list_.elsewhere : list_.timeless);
        return;
    }
    Kept &kept = kept_[kind];
    Excerpt excerpt{clock, kNames[kind], printable(text.substr(0, kShownLine)), number};
    if (kept.first.size() < kMostOfOneKind / 2) {
        kept.first.push_back(std::move(excerpt));
        return;
    }
    kept.last.push_back(std::move(excerpt));
    if (kept.last.size() > kMostOfOneKind / 2) {
        kept.last.pop_front();
        ++list_.left_out;
    }
}

ExcerptList Excerpts::finish(const std::set<std::uint64_t> &told)
{
    for (const GoTraceExcerpt &excerpt : go_.finish())
        add_go(UINT64_MAX, excerpt);
    for (Kept &kept : kept_) {
        std::ranges::move(kept.first, std::back_inserter(list_.excerpts));
        std::ranges::move(kept.last, std::back_inserter(list_.excerpts));
    }
    std::erase_if(list_.excerpts, [&told](const Excerpt &excerpt) { return told.contains(excerpt.line); });
    return std::exchange(list_, {});
}

} // namespace dbgscope
