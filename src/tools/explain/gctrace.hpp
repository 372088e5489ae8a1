// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What GODEBUG=gctrace=1 writes, for Go 1.18 to 1.27. A line is some 39 write(2) calls: two programs on one pipe tear
// each other's lines, and a killed program leaves half a line (runtime/mgc.go, gcMarkTermination).
namespace dbgscope {

/// gc N @S.SSSs P%[ (checking for goroutine leaks)]: A+B+C ms clock, D+E/F/G+H ms cpu, s->e->l MB, g MB goal,
/// [k MB stacks, b MB globals, ]n P[ (forced)]
struct GcLine {
    std::uint64_t number = 0;
    double at_s = 0;                                        ///< the cycle's begin, since the program's start
    double stop_begin_ms = 0, mark_ms = 0, stop_end_ms = 0; ///< A, B, C: A and C stop the world
    double cpu_ms = 0;                                      ///< D+E+F+H: without idle marking
    std::uint64_t start_mib = 0, end_mib = 0, live_mib = 0; ///< heap; MiB, rounded down, as Go prints it
    std::uint64_t goal_mib = 0; ///< what this cycle was to end below; set at the end of the one before
    std::uint64_t procs = 0;
    bool forced = false; ///< runtime.GC() or debug.FreeOSMemory()
};

/// The line that `text` begins with; nothing when it is torn or something else.
[[nodiscard]] std::optional<GcLine> parse_gc_line(std::string_view text);
/// Whether `text` looks like a GC line, or a piece of one.
[[nodiscard]] bool like_gc_line(std::string_view text);

/// Indicators over a stretch of time. Shares are 0 to 1.
struct GcWindow {
    double from_s = 0, to_s = 0;
    double cpu_share = 0;  ///< of all processors
    double mark_duty = 0;  ///< how much of the time a mark phase ran
    double tight_goal = 0; ///< share of cycles whose goal leaves at most a tenth of the live heap
    double per_s = 0;
    std::uint64_t cycles = 0;
};

/// One Go program of a log.
class GcProgram {
  public:
    void take(const GcLine &line);
    /// How well a line continues this program: cycles skipped (torn lines in between); nothing when it cannot.
    [[nodiscard]] std::optional<std::uint64_t> gap_before(const GcLine &line) const;

    [[nodiscard]] std::uint64_t cycles() const { return cycles_; }
    [[nodiscard]] const GcLine &last() const { return last_; }
    /// Nothing with fewer than two cycles.
    [[nodiscard]] std::optional<GcWindow> whole() const;
    /// The worst stretch of at least 2 s and ten cycles that is a death spiral: tight goal >= 0.8 and mark duty >= 0.7
    /// (measured on Go 1.19 to 1.27: healthy 0.2 and 0.5, with the limit at the live heap 0.9 and 0.8).
    [[nodiscard]] const std::optional<GcWindow> &spiral() const { return spiral_; }
    [[nodiscard]] double spiral_s() const { return spiral_s_; } ///< how long in all
    /// What the collection after the last one is to end below. Go does not print it: the last goal in the measure of
    /// the live heap before it, where two cycles agree on that (GOGC rules), else the last goal (GOMEMLIMIT rules).
    [[nodiscard]] std::uint64_t next_goal_mib() const;
    /// The last goal was not above the live heap it was made from.
    [[nodiscard]] bool goal_below_live() const { return ratio_ > 0 && ratio_ <= 1; }
    [[nodiscard]] double max_pause_ms() const { return max_pause_ms_; }
    [[nodiscard]] std::uint64_t peak_mib() const { return peak_mib_; }
    [[nodiscard]] std::uint64_t forced() const { return forced_; }

    /// The heap over time, thinned out to at most 128 points.
    struct Point {
        double at_s = 0;
        std::uint64_t end_mib = 0, goal_mib = 0, live_mib = 0;
    };
    [[nodiscard]] const std::vector<Point> &points() const { return points_; }

  private:
    void judge_window();
    void remember(const GcLine &line);

    GcLine first_, last_;
    std::uint64_t cycles_ = 0, forced_ = 0, tight_ = 0, peak_mib_ = 0;
    double mark_ms_ = 0, cpu_ms_ = 0, max_pause_ms_ = 0, spiral_s_ = 0, spiral_until_s_ = -1;
    double ratio_ = 0, ratio_before_ = 0; ///< goal / live heap of the cycle before; 0: not known
    std::deque<GcLine> window_;
    std::optional<GcWindow> spiral_;
    std::vector<Point> points_;
    std::uint64_t per_point_ = 1, in_point_ = 0;
};

/// All Go programs of a log: dlv and go write such lines too when they have inherited GODEBUG.
class GcTrace {
  public:
    /// One line of a log, prefixes gone. True when it was a GC line or a piece of one.
    bool take(std::string_view text);
    [[nodiscard]] const std::vector<GcProgram> &programs() const { return programs_; }
    [[nodiscard]] std::uint64_t torn() const { return torn_; }
    [[nodiscard]] std::uint64_t unplaced() const { return unplaced_; } ///< of programs beyond the 16th

  private:
    std::vector<GcProgram> programs_;
    std::uint64_t torn_ = 0, unplaced_ = 0;
};

/// Columns of text, no colour: the heap at the end of each cycle (#), and the goal (-); a cap is marked by =.
[[nodiscard]] std::string gc_chart(const GcProgram &program, std::optional<std::uint64_t> cap_bytes);

/// What the figures mean, one sentence a line, the worst first. `killed`: the log also has a kill for memory.
[[nodiscard]] std::vector<std::string> gc_verdicts(const GcProgram &program, std::optional<std::uint64_t> cap_bytes,
                                                   bool killed);

} // namespace dbgscope
