// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cpu_join.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"
#include "tools/inspect/function_name.hpp"
#include "tools/inspect/growth.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kListed = 30; ///< functions of the table; --json has them all
constexpr std::size_t kListedWaits = 3;

/// Whose work it is; the stack is not empty.
std::size_t own_of(const std::vector<StackFrame> &stack, bool is_go)
{
    if (!is_go)
        return own_frame(stack);
    const auto own =
        std::ranges::find_if_not(stack, [](const StackFrame &one) { return is_go_runtime(one.frame.function); });
    return own == stack.end() ? 0 : static_cast<std::size_t>(own - stack.begin());
}

std::string doing(const GoroutineGroup &group)
{
    return group.reason.empty() ? state_name(group.state) : group.reason;
}

class Joining {
  public:
    void work(const CpuStack &stack, bool is_go)
    {
        if (!stack.frames || stack.frames->empty()) {
            named({.function = "(unknown)", .file = {}, .line = 0}).samples += stack.samples;
            return;
        }
        const std::size_t own = own_of(*stack.frames, is_go);
        named((*stack.frames)[own].frame).samples += stack.samples;
        std::set<std::string_view> seen;
        for (std::size_t i = own; i < stack.frames->size(); ++i)
            if (seen.insert((*stack.frames)[i].frame.function).second)
                named((*stack.frames)[i].frame).with_callees += stack.samples;
    }
    void hold(const HeapSite &site, bool with_recent)
    {
        named(site.frame).heap_bytes += site.live.bytes + (with_recent ? site.recent.bytes : 0);
    }
    void stand(const GoroutineGroup &group)
    {
        const std::vector<Frame> only_start{group.start};
        const std::vector<Frame> &stack = group.stack.empty() ? only_start : group.stack;
        std::set<std::string_view> seen;
        bool innermost = true;
        for (const Frame &frame : stack) {
            if (is_go_runtime(frame.function) || !seen.insert(frame.function).second)
                continue;
            JoinedFunction &function = named(frame);
            function.goroutines += group.ids.size();
            function.waits[doing(group)] += group.ids.size();
            function.innermost |= innermost;
            innermost = false;
        }
    }
    std::vector<JoinedFunction> functions()
    {
        std::ranges::stable_sort(functions_, [](const JoinedFunction &one, const JoinedFunction &other) {
            return std::tuple(one.samples, one.heap_bytes, one.with_callees, one.goroutines) >
                   std::tuple(other.samples, other.heap_bytes, other.with_callees, other.goroutines);
        });
        return std::move(functions_);
    }

  private:
    JoinedFunction &named(const Frame &frame)
    {
        const auto [at, fresh] = known_.try_emplace(frame.function, functions_.size());
        if (fresh)
            functions_.push_back({.function = frame.function, .file = frame.file, .waits = {}});
        if (functions_[at->second].file.empty())
            functions_[at->second].file = frame.file;
        return functions_[at->second];
    }

    std::vector<JoinedFunction> functions_;
    std::unordered_map<std::string, std::size_t> known_;
};

double share(std::uint64_t samples, const CpuProfile &profile)
{
    return profile.samples > 0 ? static_cast<double>(samples) / static_cast<double>(profile.samples) : 0;
}

std::string waits_text(const JoinedFunction &function)
{
    std::vector<std::pair<std::uint64_t, std::string_view>> most;
    for (const auto &[what, count] : function.waits)
        most.emplace_back(count, what);
    std::ranges::sort(most, std::greater());
    std::string text;
    for (std::size_t i = 0; i < std::min(most.size(), kListedWaits); ++i)
        text += fmt::format("{}{} {}", i == 0 ? "" : ", ", most[i].first, printable(most[i].second));
    return text + (most.size() > kListedWaits ? ", …" : "");
}

std::string row(const CpuJoin &join, const JoinedFunction &one)
{
    const CpuProfile &profile = join.profile;
    std::string text = fmt::format("{:>4.0f} % {:>10.0f} % {:>10} {:>10}  {}", share(one.samples, profile) * 100,
                                   share(one.with_callees, profile) * 100,
                                   one.heap_bytes > 0 ? format_bytes(whole(one.heap_bytes)) : "-",
                                   one.goroutines > 0 ? std::to_string(one.goroutines) : "-",
                                   frame_text({.function = one.function, .file = one.file, .line = 0}));
    if (one.goroutines > 0)
        text += "  (" + waits_text(one) + ')';
    return text + '\n';
}

/// Worth a line of its own: others are on the way to one that has it.
bool listed(const JoinedFunction &one)
{
    return one.samples > 0 || one.heap_bytes > 0 || one.innermost;
}

std::string heading(const CpuJoin &join)
{
    const CpuProfile &profile = join.profile;
    std::string text =
        fmt::format("CPU of process {} ({}): {:.2f} s of processor time in {:.2f} s, {} samples\n", profile.pid,
                    printable(profile.program), profile.cpu_s(), profile.window_s(), profile.samples);
    text += fmt::format("window     {} to {}\n", moment_text(profile.begin), moment_text(profile.end));
    text += fmt::format("instant    {}, {} us after that window, {}\n", moment_text(join.instant.begin),
                        join.instant.gap_us(profile), join.instant.how);
    text += "joined     functions, not goroutines: a sample knows no goroutine. CPU is the window's, all else the "
            "instant's\n";
    if (!join.with_heap && !join.with_goroutines)
        text += "note       heap and goroutines are those of Go programs; dbgscope growth says who grows in others\n";
    if (!profile.with_kernel)
        text += "note       time in system calls is seen by root alone\n";
    if (profile.lost > 0)
        text += fmt::format("note       {} more samples were lost\n", profile.lost);
    if (profile.of_others > 0)
        text += fmt::format("note       {} more samples are of processes that it started\n", profile.of_others);
    return text;
}

Json moment_json(const Moment &moment)
{
    return {{"unix_ns", moment.unix_ns}, {"monotonic_ns", moment.monotonic_ns}};
}

} // namespace

CpuJoin join_functions(CpuProfile profile, CpuInstant instant, const HeapView *heap, const GoroutineView *goroutines)
{
    Joining joining;
    for (const CpuStack &stack : profile.stacks)
        joining.work(stack, profile.is_go);
    if (heap != nullptr)
        for (const HeapSite &site : heap->sites)
            joining.hold(site, heap->with_recent);
    if (goroutines != nullptr)
        for (const GoroutineGroup &group : goroutines->groups)
            if (!group.of_runtime)
                joining.stand(group);
    return {.profile = std::move(profile),
            .instant = std::move(instant),
            .with_heap = heap != nullptr,
            .with_goroutines = goroutines != nullptr,
            .heap_bytes = heap != nullptr ? heap->ranked_bytes : 0,
            .functions = joining.functions()};
}

std::string cpu_text(const CpuJoin &join)
{
    std::string text = heading(join);
    if (join.profile.samples == 0)
        text += "note       it did nothing in that window that a sample fell on\n";
    text += fmt::format("\n{:>6} {:>12} {:>10} {:>10}  {}\n", "CPU", "WITH CALLEES", "HEAP", "GOROUTINES", "FUNCTION");
    std::size_t shown = 0, more = 0;
    for (const JoinedFunction &one : join.functions)
        if (listed(one) && shown < kListed) {
            text += row(join, one);
            ++shown;
        } else if (listed(one)) {
            ++more;
        }
    return more > 0 ? text + fmt::format("and {} more\n", more) : text;
}

Json cpu_json(const CpuJoin &join)
{
    const CpuProfile &profile = join.profile;
    Json object{{"schema", 1},
                {"program", escape_bytes(profile.program)},
                {"pid", profile.pid},
                {"window", {{"begin", moment_json(profile.begin)}, {"end", moment_json(profile.end)}}},
                {"instant",
                 {{"begin", moment_json(join.instant.begin)},
                  {"end", moment_json(join.instant.end)},
                  {"still", join.instant.still},
                  {"how", join.instant.how}}},
                {"gap_us", join.instant.gap_us(profile)},
                {"period_ns", profile.period_ns},
                {"samples", profile.samples},
                {"lost", profile.lost},
                {"of_others", profile.of_others},
                {"with_kernel", profile.with_kernel},
                {"joined_by", "function"}};
    Json &functions = object["functions"] = Json::array();
    for (const JoinedFunction &one : join.functions) {
        Json entry{{"function", escape_bytes(one.function)},
                   {"file", escape_bytes(one.file)},
                   {"samples", one.samples},
                   {"cpu_share", share(one.samples, profile)},
                   {"with_callees_share", share(one.with_callees, profile)}};
        if (join.with_heap)
            entry["heap_bytes"] = whole(one.heap_bytes);
        if (join.with_goroutines) {
            entry["goroutines"] = one.goroutines;
            Json &waits = entry["waits"] = Json::object();
            for (const auto &[what, count] : one.waits)
                waits[escape_bytes(what)] = count;
        }
        functions.push_back(std::move(entry));
    }
    return object;
}

} // namespace dbgscope
