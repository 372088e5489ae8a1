// SPDX-License-Identifier: Apache-2.0
#include "plan/scores.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr int kMaxScore = 1000; // OOM_SCORE_ADJ_MAX: all of the machine's memory

/// The debugger last. Without split the debuggee would inherit the debugger's.
void plan_debuggers_score(const HostFacts &host, const Settings &settings, const PropertyWishes &wishes, bool split,
                          WatchPlan &plan)
{
    const auto score = settings.get<std::int64_t>(Key::debugger_oom_score_adjust);
    if (!score)
        return;
    const bool wanted = asked(settings, Key::debugger_oom_score_adjust);
    const bool by_property = std::any_of(wishes.steps.begin(), wishes.steps.end(), [](const Step &step) {
        return std::holds_alternative<SetOomScore>(step.action);
    });
    if (!wanted && (by_property || settings.find(Key::oom_score_adjust) != nullptr))
        return;
    if (!split) {
        if (wanted)
            plan.notices.push_back(
                {"oom-score", fmt::format("{} has no effect without split: the debuggee would inherit it; "
                                          "--oom-score-adjust is for both",
                                          origin_of(settings, Key::debugger_oom_score_adjust))});
        return;
    }
    const bool allowed = *score >= host.oom_score_adj || host.cap_sys_resource;
    const std::string refusal = fmt::format("lowering it from {} needs CAP_SYS_RESOURCE", host.oom_score_adj);
    if (!allowed && !wanted) {
        plan.left_out.push_back({"oom-score", fmt::format("oom_score_adj {} of the debugger: {}", *score, refusal)});
        return;
    }
    plan.debugger_score = Step{
        SetOomScore{static_cast<int>(*score), false, true},
        allowed ? fmt::format("when the machine runs out of memory, the debugger goes last ({})",
                              origin_of(settings, Key::debugger_oom_score_adjust))
                : fmt::format("{}; may be refused: {}", origin_of(settings, Key::debugger_oom_score_adjust), refusal)};
}

/// A capped program can be the culprit for its cap and no more: where it has less than others, its death would free
/// nothing (mm/oom_kill.c oom_badness: one point is a thousandth of the machine's memory). The setting bounds it.
int score_of_cap(const MemoryFacts &memory, Limit cap, int setting)
{
    const std::uint64_t total = memory.total_bytes.value_or(0);
    if (!cap.finite() || total == 0)
        return setting;
    const auto share =
        static_cast<int>(static_cast<double>(std::min(cap.bytes(), total)) * kMaxScore / static_cast<double>(total));
    return std::min(setting, share);
}

/// What the debugger runs with, whoever asked for it.
int debuggers_score(const Facts &facts, const Settings &settings, const PropertyWishes &wishes, const WatchPlan &plan)
{
    if (plan.debugger_score)
        return std::get<SetOomScore>(plan.debugger_score->action).value;
    for (const Step &step : wishes.steps)
        if (const auto *score = std::get_if<SetOomScore>(&step.action))
            return score->value;
    return static_cast<int>(settings.get<std::int64_t>(Key::oom_score_adjust).value_or(facts.host.oom_score_adj));
}

/// It goes before its debugger, in any case.
int plan_debuggees_score(const Facts &facts, const Settings &settings, const Budget &budget, int debuggers)
{
    const auto setting = settings.get<std::int64_t>(Key::debuggee_oom_score_adjust);
    if (!setting)
        return facts.host.oom_score_adj;
    if (asked(settings, Key::debuggee_oom_score_adjust))
        return static_cast<int>(*setting);
    const int score = score_of_cap(facts.memory, budget.cap.value_or(Limit()), static_cast<int>(*setting));
    return std::clamp(score, std::min(debuggers + 1, kMaxScore), kMaxScore);
}

} // namespace

void plan_scores(const Facts &facts, const Request &request, const Budget &budget, const PropertyWishes &wishes,
                 WatchPlan &plan)
{
    const bool split = plan.watch && plan.watch->filtered();
    plan_debuggers_score(facts.host, request.settings, wishes, split, plan);
    if (split)
        plan.watch->debuggee_oom_score_adj = plan_debuggees_score(
            facts, request.settings, budget, debuggers_score(facts, request.settings, wishes, plan));
}

} // namespace dbgscope
