// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/gctrace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dbgscope {
namespace {

constexpr double kWindowS = 2;
constexpr std::size_t kWindowCycles = 10;
constexpr std::size_t kMaxWindow = 4096; // cycles in 2 s: more than any runtime manages
constexpr std::uint64_t kMaxGap = 16;    // torn lines in a row
constexpr std::size_t kMaxPrograms = 16;
constexpr std::size_t kMaxPoints = 128;
constexpr double kLeastRatio = 1.15; // below it a goal is GOMEMLIMIT's rather than GOGC's
constexpr double kSpiralTightGoal = 0.8, kSpiralMarkDuty = 0.7;

/// Takes a line apart from its front.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}
    Scanner &word(std::string_view expected)
    {
        good_ = good_ && rest_.starts_with(expected);
        if (good_)
            rest_.remove_prefix(expected.size());
        return *this;
    }
    bool maybe(std::string_view expected)
    {
        const bool there = good_ && rest_.starts_with(expected);
        if (there)
            rest_.remove_prefix(expected.size());
        return there;
    }
    template <class Number> Scanner &number(Number &value)
    {
        const bool digit = !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; // no sign, inf or nan
        const auto [end, code] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        good_ = good_ && digit && code == std::errc{};
        if (good_)
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return *this;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::string_view rest() const { return rest_; }

  private:
    std::string_view rest_;
    bool good_ = true;
};

bool tight(const GcLine &line)
{
    return static_cast<double>(line.goal_mib) - static_cast<double>(line.live_mib) <=
           0.1 * static_cast<double>(line.live_mib);
}

} // namespace

std::optional<GcLine> parse_gc_line(std::string_view text)
{
    GcLine line;
    Scanner scan(text);
    std::uint64_t percent = 0, stacks = 0, globals = 0;
    double stop_cpu = 0, assist = 0, background = 0, idle = 0, end_cpu = 0;
    scan.word("gc ").number(line.number).word(" @").number(line.at_s).word("s ").number(percent).word("%");
    scan.maybe(" (checking for goroutine leaks)");
    scan.word(": ").number(line.stop_begin_ms).word("+").number(line.mark_ms).word("+").number(line.stop_end_ms);
    scan.word(" ms clock, ").number(stop_cpu).word("+").number(assist).word("/").number(background).word("/");
    scan.number(idle).word("+").number(end_cpu).word(" ms cpu, ").number(line.start_mib).word("->");
    scan.number(line.end_mib).word("->").number(line.live_mib).word(" MB, ").number(line.goal_mib).word(" MB goal, ");
    const Scanner before = scan; // "0 MB stacks, 1 MB globals, " is there from Go 1.18 on
    if (!scan.number(stacks).word(" MB stacks, ").number(globals).word(" MB globals, ").good())
        scan = before;
    scan.number(line.procs).word(" P");
    line.forced = scan.maybe(" (forced)");
    if (!scan.good() || !scan.rest().empty() || line.number == 0 || line.procs == 0)
        return std::nullopt;
    line.cpu_ms = stop_cpu + assist + background + end_cpu;
    return line;
}

bool like_gc_line(std::string_view text)
{
    if (text.find(" ms clock, ") != std::string_view::npos || text.find(" MB goal, ") != std::string_view::npos)
        return true;
    if (!text.starts_with("gc "))
        return false;
    const std::string_view rest = text.substr(3);
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    return rest.empty() || (digits > 0 && (digits == rest.size() || rest.substr(digits).starts_with(" @")));
}

std::optional<std::uint64_t> GcProgram::gap_before(const GcLine &line) const
{
    if (line.number <= last_.number || line.number - last_.number > kMaxGap || line.at_s < last_.at_s ||
        line.procs != last_.procs)
        return std::nullopt;
    return line.number - last_.number - 1;
}

void GcProgram::take(const GcLine &line)
{
    if (cycles_ == 0)
        first_ = line;
    else {
        // @S is a cycle's begin: what it cost lies between it and the next one.
        mark_ms_ += last_.mark_ms;
        cpu_ms_ += last_.cpu_ms;
    }
    const bool next = cycles_ > 0 && line.number == last_.number + 1 && last_.live_mib > 0;
    ratio_before_ = next ? ratio_ : 0;
    ratio_ = next ? static_cast<double>(line.goal_mib) / static_cast<double>(last_.live_mib) : 0;
    last_ = line;
    ++cycles_;
    forced_ += line.forced ? 1 : 0;
    tight_ += tight(line) ? 1 : 0;
    peak_mib_ = std::max({peak_mib_, line.start_mib, line.end_mib});
    max_pause_ms_ = std::max({max_pause_ms_, line.stop_begin_ms, line.stop_end_ms});
    window_.push_back(line);
    while (window_.size() > kWindowCycles + 1 && line.at_s - window_[1].at_s >= kWindowS)
        window_.pop_front();
    if (window_.size() > kMaxWindow)
        window_.pop_front();
    judge_window();
    remember(line);
}

std::optional<GcWindow> GcProgram::whole() const
{
    const double wall_s = last_.at_s - first_.at_s;
    if (cycles_ < 2 || wall_s <= 0)
        return std::nullopt;
    return GcWindow{.from_s = first_.at_s,
                    .to_s = last_.at_s,
                    .cpu_share = cpu_ms_ / 1000 / (wall_s * static_cast<double>(last_.procs)),
                    .mark_duty = mark_ms_ / 1000 / wall_s,
                    .tight_goal = static_cast<double>(tight_) / static_cast<double>(cycles_),
                    .per_s = static_cast<double>(cycles_ - 1) / wall_s,
                    .cycles = cycles_};
}

std::uint64_t GcProgram::next_goal_mib() const
{
    const bool agree = ratio_ > 0 && ratio_before_ > 0 && std::abs(ratio_ - ratio_before_) <= 0.1 * ratio_;
    if (!agree || ratio_ < kLeastRatio)
        return last_.goal_mib;
    return static_cast<std::uint64_t>(ratio_ * static_cast<double>(last_.live_mib));
}

void GcProgram::judge_window()
{
    const double wall_s = window_.back().at_s - window_.front().at_s;
    if (window_.size() < kWindowCycles || wall_s < kWindowS)
        return;
    double mark_ms = 0, cpu_ms = 0, tight_cycles = 0;
    for (const GcLine &line : window_) {
        tight_cycles += tight(line) ? 1 : 0;
        if (&line != &window_.back()) {
            mark_ms += line.mark_ms;
            cpu_ms += line.cpu_ms;
        }
    }
    const auto count = static_cast<double>(window_.size());
    const GcWindow now{.from_s = window_.front().at_s,
                       .to_s = window_.back().at_s,
                       .cpu_share = cpu_ms / 1000 / (wall_s * static_cast<double>(window_.back().procs)),
                       .mark_duty = mark_ms / 1000 / wall_s,
                       .tight_goal = tight_cycles / count,
                       .per_s = (count - 1) / wall_s,
                       .cycles = window_.size()};
    if (now.tight_goal < kSpiralTightGoal || now.mark_duty < kSpiralMarkDuty)
        return;
    spiral_s_ += now.to_s - std::max(now.from_s, spiral_until_s_);
    spiral_until_s_ = now.to_s;
    if (!spiral_ || now.mark_duty > spiral_->mark_duty)
        spiral_ = now;
}

/// One point stands for per_point_ cycles; when there are too many, two become one.
void GcProgram::remember(const GcLine &line)
{
    if (points_.empty() || in_point_ == per_point_) {
        if (points_.size() == kMaxPoints) {
            for (std::size_t i = 0; i < kMaxPoints / 2; ++i) {
                const Point &a = points_[2 * i], &b = points_[2 * i + 1];
                points_[i] = {b.at_s, std::max(a.end_mib, b.end_mib), std::max(a.goal_mib, b.goal_mib), b.live_mib};
            }
            points_.resize(kMaxPoints / 2);
            per_point_ *= 2;
        }
        points_.emplace_back();
        in_point_ = 0;
    }
    Point &point = points_.back();
    point = {line.at_s, std::max(point.end_mib, line.end_mib), std::max(point.goal_mib, line.goal_mib), line.live_mib};
    ++in_point_;
}

bool GcTrace::take(std::string_view text)
{
    const auto line = parse_gc_line(text);
    if (!line) {
        const bool piece = like_gc_line(text);
        torn_ += piece ? 1 : 0;
        return piece;
    }
    GcProgram *best = nullptr;
    std::uint64_t best_gap = kMaxGap;
    for (GcProgram &program : programs_)
        if (const auto gap = program.gap_before(*line); gap && *gap < best_gap) {
            best = &program;
            best_gap = *gap;
        }
    if (best == nullptr && programs_.size() < kMaxPrograms)
        best = &programs_.emplace_back();
    if (best != nullptr)
        best->take(*line);
    else
        ++unplaced_;
    return true;
}

} // namespace dbgscope
