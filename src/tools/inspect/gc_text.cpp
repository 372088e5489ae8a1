// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/gc_text.hpp"

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

constexpr double kNsPerMs = 1e6;

class Line {
  public:
    explicit Line(std::string title) : text_(std::move(title)) {}
    void add(const std::string &part)
    {
        text_ += (empty_ ? "" : ", ") + part;
        empty_ = false;
    }
    [[nodiscard]] std::string text() const { return empty_ ? "" : text_ + '\n'; }

  private:
    std::string text_;
    bool empty_ = true;
};

} // namespace

std::string gc_text(const GoGc &gc)
{
    Line heap("heap       ");
    if (gc.heap_live_bytes)
        heap.add(format_bytes(*gc.heap_live_bytes) + " in use");
    if (gc.goal_bytes)
        heap.add("next GC at " + format_bytes(*gc.goal_bytes));
    if (gc.memory_limit_bytes)
        heap.add("GOMEMLIMIT " + format_bytes(*gc.memory_limit_bytes));
    if (gc.percent)
        heap.add(*gc.percent < 0 ? "GOGC off" : fmt::format("GOGC {}", *gc.percent));
    if (gc.mapped_bytes)
        heap.add(format_bytes(*gc.mapped_bytes) + " taken by Go in all");

    Line cost("collector  ");
    if (gc.phase && *gc.phase != 0)
        cost.add("marking now");
    if (gc.cycles)
        cost.add(gc.forced_cycles && *gc.forced_cycles > 0
                     ? fmt::format("{} collections ({} asked for by the program)", *gc.cycles, *gc.forced_cycles)
                     : fmt::format("{} collections", *gc.cycles));
    if (gc.pause_total_ns)
        cost.add(fmt::format("{:.1f}ms of pauses", static_cast<double>(*gc.pause_total_ns) / kNsPerMs));
    if (gc.longest_pause_ns)
        cost.add(fmt::format("longest {:.2f}ms", static_cast<double>(*gc.longest_pause_ns) / kNsPerMs));
    if (gc.cpu_fraction)
        cost.add(fmt::format("{:.1f} % of its CPU time", *gc.cpu_fraction * 100));
    if (gc.max_procs)
        cost.add(fmt::format("GOMAXPROCS {}", *gc.max_procs));
    return heap.text() + cost.text();
}

} // namespace dbgscope
