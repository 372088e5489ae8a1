// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/go_gc.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

namespace dbgscope {
namespace {

using Path = std::initializer_list<std::string_view>;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max(); ///< runtime: math.MaxInt64 is off
constexpr std::size_t kPauses = 256;                                         ///< memstats.pause_ns

class Reader {
  public:
    Reader(const Memory &memory, const Program &program) : memory_(memory), program_(program) {}

    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view variable, Path path = {}) const
    {
        const auto field = program_.variable(variable, path);
        return field ? memory_.read_number(field->at, field->size) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint64_t> controller(std::string_view name) const
    {
        return number("runtime.gcController", {name});
    }
    [[nodiscard]] std::optional<std::uint64_t> stats(std::string_view name) const
    {
        return number("runtime.memstats", {name});
    }
    [[nodiscard]] std::optional<std::uint64_t> longest_pause() const
    {
        std::array<std::uint64_t, kPauses> pauses{};
        const auto field = program_.variable("runtime.memstats", {"pause_ns"});
        if (!field || field->size != sizeof pauses ||
            !memory_.read(field->at, std::as_writable_bytes(std::span(pauses))))
            return std::nullopt;
        return *std::ranges::max_element(pauses);
    }

  private:
    const Memory &memory_;
    const Program &program_;
};

/// gcPercentHeapGoal, or what GOMEMLIMIT leaves where that is less. The second is not kept by the runtime but computed
/// (memoryLimitHeapGoal); the goal of the last cycle had it in, so the smaller of the two is taken.
std::optional<std::uint64_t> goal(const Reader &reader)
{
    const auto by_percent = reader.controller("gcPercentHeapGoal"); // Go 1.19
    const auto last = reader.controller("lastHeapGoal");
    if (!by_percent || !reader.controller("memoryLimit"))
        return by_percent ? by_percent : last;
    const bool limited = reader.controller("memoryLimit").value_or(kNoLimit) < kNoLimit;
    return limited && last && *last != 0 ? std::min(*by_percent, *last) : by_percent;
}

} // namespace

GoGc read_go_gc(const Memory &memory, const Program &program)
{
    const Reader reader(memory, program);
    GoGc gc{.heap_live_bytes = reader.controller("heapLive"),
            .heap_marked_bytes = reader.controller("heapMarked"),
            .goal_bytes = goal(reader),
            .memory_limit_bytes = reader.controller("memoryLimit"),
            .percent = {},
            .mapped_bytes = reader.controller("mappedReady"),
            .cycles = reader.stats("numgc"),
            .forced_cycles = reader.stats("numforcedgc"),
            .pause_total_ns = reader.stats("pause_total_ns"),
            .longest_pause_ns = reader.longest_pause(),
            .cpu_fraction = {},
            .phase = reader.number("runtime.gcphase"),
            .goroutines = reader.number("runtime.allglen"),
            .max_procs = reader.number("runtime.gomaxprocs")};
    if (gc.memory_limit_bytes == kNoLimit)
        gc.memory_limit_bytes.reset();
    if (const auto percent = reader.controller("gcPercent"))
        gc.percent = static_cast<std::int32_t>(*percent);
    if (const auto bits = reader.stats("gc_cpu_fraction")) {
        double fraction = 0;
        std::memcpy(&fraction, &*bits, sizeof fraction);
        if (fraction >= 0 && fraction <= 1)
            gc.cpu_fraction = fraction;
    }
    if (gc.goal_bytes && *gc.goal_bytes >= kNoLimit) // GOGC=off
        gc.goal_bytes.reset();
    return gc;
}

} // namespace dbgscope
