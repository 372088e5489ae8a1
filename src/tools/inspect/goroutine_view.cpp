// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/goroutine_view.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"
#include "tools/inspect/function_name.hpp"
#include "tools/inspect/go_program.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/moment.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kListedIds = 10;

std::string heading(const GoroutineGroup &group)
{
    std::string text = fmt::format("\n{} {}", group.ids.size(), state_name(group.state));
    if (!group.reason.empty())
        text += ": " + group.reason;
    if (group.longest_wait_ns && *group.longest_wait_ns >= kSecond)
        text += fmt::format(", {} s or longer", *group.longest_wait_ns / kSecond);
    text += "  (";
    for (std::size_t i = 0; i < std::min(group.ids.size(), kListedIds); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", group.ids[i]);
    return text + (group.ids.size() > kListedIds ? ", …)\n" : ")\n");
}

} // namespace

/// runtime/traceback.go, isSystemGoroutine: started in the runtime, but for main.
bool of_runtime(const std::string &function)
{
    return is_go_runtime(function) && function != "runtime.main";
}

std::vector<Frame> stack_frames(const std::vector<std::uint64_t> &stack, const Program &program)
{
    std::vector<Frame> frames;
    for (const std::uint64_t address : stack) // where it stands is one too: of the call that parked it
        std::ranges::move(program.frames(address - 1), std::back_inserter(frames));
    return frames;
}

std::vector<GoroutineGroup> group_goroutines(const Goroutines &goroutines, const Program &program,
                                             std::optional<std::int64_t> now_ns)
{
    using Place = std::tuple<std::vector<std::uint64_t>, GoroutineState, std::uint64_t, std::uint64_t, std::uint64_t>;
    std::map<Place, std::size_t> known;
    std::vector<GoroutineGroup> groups;
    for (const Goroutine &one : goroutines.all) {
        const bool waits = one.state == GoroutineState::waiting;
        const auto [at, fresh] = known.try_emplace(
            Place{one.stack, one.state, waits ? one.reason : 0, one.created_at, one.start}, groups.size());
        if (fresh) {
            GoroutineGroup group{.state = one.state,
                                 .reason = {},
                                 .stack = stack_frames(one.stack, program),
                                 .stack_cut = one.stack_cut,
                                 .start = program.frames(one.start).back()};
            if (waits && one.reason < goroutines.reasons.size())
                group.reason = goroutines.reasons[one.reason];
            if (one.created_at != 0)
                group.created_by = program.frames(one.created_at - 1).front();
            group.of_runtime = of_runtime(group.start.function);
            groups.push_back(std::move(group));
        }
        GoroutineGroup &group = groups[at->second];
        group.ids.push_back(one.id);
        if (waits && now_ns && one.waiting_since_ns > 0 && one.waiting_since_ns <= *now_ns)
            group.longest_wait_ns = std::max(group.longest_wait_ns.value_or(0), *now_ns - one.waiting_since_ns);
    }
    std::ranges::stable_sort(groups, std::greater(), [](const GoroutineGroup &group) { return group.ids.size(); });
    return groups;
}

Result<GoroutineView> view_goroutines(const Target &target)
{
    const auto layout = goroutine_layout(target.program);
    if (!layout)
        return fail(layout.error());
    auto read = read_goroutines(*target.memory, *layout);
    if (!read)
        return pass(read);
    const auto now = target.pid != 0 ? std::optional(Moment::now().monotonic_ns) : std::nullopt;
    return goroutine_view_of(target, std::move(*read), now);
}

GoroutineView goroutine_view_of(const Target &target, Goroutines goroutines, std::optional<std::int64_t> now_ns)
{
    GoroutineView view{.program = target.program.path(),
                       .go_version = go_version(*target.memory, target.program),
                       .pid = target.pid,
                       .groups = group_goroutines(goroutines, target.program, now_ns),
                       .raw = {}};
    view.raw = std::move(goroutines);
    return view;
}

std::string goroutines_text(const GoroutineView &view, bool everything)
{
    std::size_t own = 0;
    for (const GoroutineGroup &group : view.groups)
        own += group.of_runtime ? group.ids.size() : 0;
    std::string text =
        fmt::format("{} goroutines of {} ({}{}{}), {} of Go's own beside them\n", view.raw.all.size() - own,
                    view.pid != 0 ? fmt::format("process {}", view.pid) : "the core file", printable(view.program),
                    view.go_version.empty() ? "" : ", ", view.go_version, own);
    if (view.raw.unreadable > 0)
        text += fmt::format("{} more could not be read\n", view.raw.unreadable);
    if (view.raw.cut_short)
        text += "there are more: only the first of them were read\n";
    for (const GoroutineGroup &group : view.groups) {
        if (group.of_runtime && !everything)
            continue;
        text += heading(group);
        for (const Frame &frame : group.stack)
            text += "    " + frame_text(frame) + '\n';
        if (group.stack.empty())
            text += fmt::format("    started in {}; it runs, so its stack was not read\n", frame_text(group.start));
        else if (group.stack_cut)
            text += fmt::format("    … started in {}\n", frame_text(group.start));
        if (!group.created_by.function.empty())
            text += "    created by " + frame_text(group.created_by) + '\n';
    }
    return text;
}

} // namespace dbgscope
