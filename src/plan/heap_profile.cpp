// SPDX-License-Identifier: Apache-2.0
#include "plan/heap_profile.hpp"

#include <algorithm>
#include <bit>

#include <fmt/core.h>

#include "debugger/go_environment.hpp"

namespace dbgscope {
namespace {

// In a program that does nothing but allocate 64 bytes at a time, sampling takes 1.7 % of its time at 128K, 3 to 9 % at
// 64K, 30 % at 16K (Go 1.19, interleaved runs).
constexpr std::uint64_t kMostOften = 128 * kKiB;
constexpr std::uint64_t kOwnRate = 512 * kKiB; ///< runtime.MemProfileRate, as Go sets it
constexpr std::uint64_t kSamples = 1024;

constexpr const char *kAtThePrompt =
    "; or type `set runtime.disableMemoryProfiling = false` before the first continue, "
    "and `sudo dbgscope heap` reads it";

/// dlv debugs nothing but Go. What a command under `run` starts is seen when it starts.
bool may_be_go(const Facts &facts, const Request &request)
{
    return request.tool == Tool::dlv || request.tool == Tool::none || (facts.debuggee && facts.debuggee->is_go);
}

/// Somebody sits at dlv's own prompt, which comes before the program's first instruction. dlv is the tracer: it lacks
/// no right. A client's session has no such moment: `dlv --headless` takes no --init.
bool has_prompt(const Request &request)
{
    return request.tool == Tool::dlv && request.call.kind == CallKind::launch && !request.call.headless &&
           request.call.verb != "trace";
}

/// dlv reads one init file; a user's own stays. Before Go 1.17 there is no such switch.
bool takes_init(const Facts &facts, const Request &request)
{
    constexpr int kSwitchMinor = 17;
    const auto end = std::ranges::find(request.arguments, "--"); // what follows is the program's
    const bool own = std::any_of(request.arguments.begin(), end, [](const std::string &word) {
        return word == "--init" || word.starts_with("--init=");
    });
    std::optional<int> minor;
    if (facts.debuggee && facts.debuggee->go_version)
        minor = go_minor_version(*facts.debuggee->go_version);
    return has_prompt(request) && !own && !request.own_directory.empty() &&
           minor.value_or(kSwitchMinor) >= kSwitchMinor;
}

Step init_step(const Request &request, std::uint64_t rate)
{
    const auto kib = rate / kKiB;
    return {WriteInitFile{.path = fmt::format("{}/heap-profile-{}k.dlv", request.own_directory, kib),
                          .text = fmt::format("set runtime.disableMemoryProfiling = false\n"
                                              "set runtime.MemProfileRate = {}\n",
                                              rate)},
            fmt::format("kernel.yama.ptrace_scope is 1, which lets dlv alone write to the program: it switches the "
                        "program's own heap profile on, a sample every {}K; `sudo dbgscope heap` reads it",
                        kib)};
}

/// Writing to /proc/PID/mem needs PTRACE_MODE_ATTACH: Documentation/admin-guide/LSM/Yama.rst.
std::string rights_obstacle(const HostFacts &host, const Request &request, bool ancestor)
{
    const int yama = host.yama_ptrace_scope.value_or(0);
    if (yama == 0 || (yama <= 2 && host.cap_sys_ptrace) || (yama == 1 && ancestor))
        return {};
    if (yama == 1)
        return std::string(
                   "kernel.yama.ptrace_scope is 1 and the watcher is no ancestor of the debuggee; with --wait it "
                   "is") +
               (has_prompt(request) ? kAtThePrompt : "");
    return fmt::format("kernel.yama.ptrace_scope is {} and CAP_SYS_PTRACE is missing", yama);
}

} // namespace

std::uint64_t heap_profile_rate(Limit cap)
{
    return cap.finite() ? std::bit_floor(std::clamp(cap.bytes() / kSamples, kMostOften, kOwnRate)) : kOwnRate;
}

void plan_heap_profile(const Facts &facts, const Request &request, WatchPlan &plan)
{
    const Settings &settings = request.settings;
    Watch &watch = *plan.watch;
    const std::string when = settings.text(Key::heap_profile, "auto");
    const bool on = when == "on";
    if (when == "off" || (!on && (!watch.filtered() || !watch.cap.finite() || !may_be_go(facts, request))))
        return;
    const std::string obstacle = watch.filtered() ? rights_obstacle(facts.host, request, watch.wait) : "it needs split";
    const bool one_rung_short = facts.host.yama_ptrace_scope.value_or(0) == 1 && !obstacle.empty() && watch.filtered();
    if (obstacle.empty())
        watch.heap_profile_rate = heap_profile_rate(watch.cap);
    else if (one_rung_short && takes_init(facts, request))
        plan.init = init_step(request, heap_profile_rate(watch.cap));
    else if (on)
        plan.notices.push_back(
            {"heap-profile", fmt::format("{} has no effect: {}", origin_of(settings, Key::heap_profile), obstacle)});
    else
        plan.left_out.push_back({"heap-profile", "the debuggee's own heap profile: " + obstacle});
}

void add_init_file(const std::optional<Step> &init, Execute &execute, std::vector<Step> &steps)
{
    if (!init)
        return;
    const std::vector<std::string> words{"--init", std::get<WriteInitFile>(init->action).path};
    execute.arguments.insert(execute.arguments.begin() + 1, words.begin(), words.end());
    steps.push_back(*init);
}

} // namespace dbgscope
