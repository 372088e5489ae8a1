// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/gc_places.hpp"

#include <fmt/core.h>

#include "tools/inspect/go_program.hpp"

namespace dbgscope {
namespace {

/// As read_go_gc() reads them.
constexpr struct {
    std::string_view name, variable, member;
} kPlaces[] = {{"heap", "runtime.gcController", "heapLive"},
               {"goal", "runtime.gcController", "gcPercentHeapGoal"}, // Go 1.19
               {"last_goal", "runtime.gcController", "lastHeapGoal"},
               {"limit", "runtime.gcController", "memoryLimit"}, // Go 1.19
               {"cycles", "runtime.memstats", "numgc"},
               {"pauses", "runtime.memstats", "pause_total_ns"},
               {"share", "runtime.memstats", "gc_cpu_fraction"}};

} // namespace

std::string gc_places(const Program &program)
{
    std::string text;
    if (!check_go_program(program))
        return text;
    for (const auto &place : kPlaces)
        if (const auto field = program.variable(place.variable, {place.member}))
            text += fmt::format("{}{}={:x}:{}", text.empty() ? "" : " ", place.name, field->at, field->size);
    return text;
}

} // namespace dbgscope
