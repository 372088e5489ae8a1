// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/page_faults.hpp"
#include "tools/inspect/stacks.hpp"

// Who grew the memory of a process in C, C++, Rust or cgo: by the line that touched it first. For Go itself this is no
// answer: it names the code that allocates most, not the code that keeps; heap_view.hpp has that.
namespace dbgscope {

/// One line of code, or, by_stack, one way to reach it.
struct GrowthSite {
    Frame frame;
    std::vector<Frame>
        callers;      ///< the innermost first, without the libraries' own; of the heaviest stack unless by_stack
    double bytes = 0; ///< what its samples stand for
    std::uint64_t samples = 0;
    double share = 0; ///< of GrowthView::sampled_bytes, 0 to 1
};

struct GrowthView {
    std::string program;
    pid_t pid = 0;
    std::chrono::milliseconds watched{};
    bool ended = false;                                   ///< the process did, meanwhile
    std::optional<std::uint64_t> before_bytes, now_bytes; ///< its memory; now: before it ended
    std::uint64_t period = 0, samples = 0,
                  lost = 0;                 ///< faults from one sample to the next, in the end; samples kept, lost
    std::uint64_t left_out = 0;             ///< samples that it would have had without the pauses of GrowthBudget
    bool with_kernel = false;               ///< faults in system calls were seen
    double sampled_bytes = 0, go_bytes = 0; ///< of all sites; by Go itself, which is in none of them
    std::vector<GrowthSite> sites;          ///< what grew most first
};

/// A sampled page whose stack has been read.
struct NamedSample {
    pid_t pid = 0;
    std::uint64_t address = 0;
    double bytes = 0;                                     ///< what it stands for
    std::shared_ptr<const std::vector<StackFrame>> stack; ///< null: unknown
};

/// The frame that a person looks for: the innermost that is of no library and no allocator. Place in `stack`, which is
/// not empty.
[[nodiscard]] std::size_t own_frame(const std::vector<StackFrame> &stack);
/// Sites, sums and shares of `view` from the samples.
void sum_growth(GrowthView &view, const std::vector<NamedSample> &samples, bool by_stack);

/// Samples until `span` is over, the process has ended or one of `stop` can be read. What was given back meanwhile is
/// not counted. Errors: those of FaultSampler::open and StackNames::of_process.
[[nodiscard]] Result<GrowthView> watch_growth(pid_t pid, std::chrono::milliseconds span, int stop, bool by_stack,
                                              const std::string &proc = "/proc");

/// Samples each `period`-th fault and answers who asks by `socket` (growth_answer.hpp), until the process has ended, is
/// a program of Go, or nobody can ask any more. Errors: those of FaultSampler::open.
[[nodiscard]] Result<void> serve_growth(pid_t pid, std::uint64_t period, int socket, const std::string &proc = "/proc");

/// "leak_node leak.c:7 104M (98 %), …": the three that grew it most, of a twentieth or more. Empty: there is none.
[[nodiscard]] std::string growers_text(const GrowthView &view);
[[nodiscard]] std::string growth_text(const GrowthView &view, bool stacks);
/// {"schema": 1, "program", "pid", "watched_ms", "ended", "before_bytes", "now_bytes", "sampled_bytes", "go_bytes",
/// "samples", "lost", "period", "with_kernel", "sites": [{"function", "file", "line", "bytes", "samples",
/// "share", "callers": [...]}]}, ASCII, one line. What is unknown is missing.
[[nodiscard]] std::string growth_json(const GrowthView &view);
/// growth_faults/count and growth_space/bytes; `view` by stack. Errors: system.
[[nodiscard]] Result<std::string> growth_pprof(const GrowthView &view, std::int64_t unix_ns);

} // namespace dbgscope
