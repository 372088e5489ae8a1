// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/explain/explain_line.hpp"
#include "tools/explain/go_trace_lines.hpp"
#include "tools/explain/log_reader.hpp"

// Of other logs the lines that say what happened to a program, beside what explain finds in them: the kernel's, those
// of strace, of `go tool trace -d=parsed` and of GODEBUG=gctrace=1.
namespace dbgscope {

/// What a line of a log may hold to be looked at: for LogListener.
[[nodiscard]] std::span<const std::string_view> excerpt_texts();

/// "Memory cgroup out of memory: Killed process …": one of the kernel's that matters; `raw`: with what stood before it.
[[nodiscard]] bool is_kernel_excerpt(std::string_view raw, const PlainLine &plain);
/// "kill(4712, SIGKILL) = 0", "pid 4711: +++ killed by SIGSEGV +++"; nothing: no line of strace's, or one of the many.
[[nodiscard]] std::optional<std::string> strace_excerpt(std::string_view raw, std::string_view text);

struct Excerpt {
    Clock clock;
    std::string what, text; ///< what: "kernel", "strace", …; text: safe for a terminal, at most some 300 bytes
    std::uint64_t line = 0;
};

/// Of one log, in no order, and how many were not kept.
struct ExcerptList {
    std::vector<Excerpt> excerpts;
    std::size_t elsewhere = 0; ///< of another time than is wanted
    std::size_t timeless = 0;  ///< nobody can say of which
    std::size_t left_out = 0;  ///< too many
};

/// Collects them, with a bound: of each kind the first and the last that are of the time that is wanted.
class Excerpts {
  public:
    static constexpr std::size_t kMostOfOneKind = 100;

    /// `wanted`: whether a line of that time is; nothing: such a clock tells nothing.
    explicit Excerpts(std::function<std::optional<bool>(const Clock &)> wanted) : wanted_(std::move(wanted)) {}
    void take(const LogLine &line, const PlainLine &plain);
    /// `told`: the lines that are told already.
    [[nodiscard]] ExcerptList finish(const std::set<std::uint64_t> &told);

  private:
    enum Kind : std::uint8_t { kernel, strace, gctrace, go_runtime, go_program, kKinds };
    struct Kept {
        std::vector<Excerpt> first;
        std::deque<Excerpt> last;
    };

    void add(Kind kind, std::uint64_t number, const Clock &clock, std::string_view text);
    void add_go(std::uint64_t number, const GoTraceExcerpt &excerpt);

    std::function<std::optional<bool>(const Clock &)> wanted_;
    GoTraceLines go_;
    std::array<Kept, kKinds> kept_;
    ExcerptList list_;
};

} // namespace dbgscope
