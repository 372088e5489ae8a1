// SPDX-License-Identifier: Apache-2.0
#include "plan/reactions.hpp"

#include <algorithm>
#include <span>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr std::int64_t kDriftPermyriad = 1500;
constexpr std::int64_t kDeadlineMs = 10'000;
constexpr std::int64_t kLongestMs = 24LL * 3600 * 1000; ///< "infinity" too: nothing of a session stays for ever

bool contains(const std::vector<std::string> &actions, std::string_view action)
{
    return std::ranges::find(actions, action) != actions.end();
}

/// The strictest of `order` that `settings` name: its own key's word, and those among `actions`.
std::string strictest(std::string word, const std::vector<std::string> &actions, std::span<const char *const> order)
{
    for (const char *stricter : order) {
        const bool above = std::ranges::find(order, word) < std::ranges::find(order, std::string_view(stricter));
        if (above && contains(actions, stricter))
            word = stricter;
    }
    return word;
}

/// `action`: of several the one that is meant.
void say_no_effect(const Settings &settings, Key key, std::string_view why, WatchPlan &plan,
                   std::string_view action = "")
{
    plan.notices.push_back({"on", fmt::format("{}{} from {} has no effect: {}", action, key_info(key).name,
                                              origin_of(settings, key), why)});
}

} // namespace

std::string pressure_word(const Settings &settings)
{
    static constexpr const char *kOrder[] = {"off", "say", "weight", "hold"};
    const std::vector<std::string> actions = settings.list(Key::on_pressure);
    const std::string word = strictest(settings.text(Key::pressure_watch, "say"), actions, kOrder);
    return word == "off" && !actions.empty() ? "say" : word;
}

std::string fuse_word(const Settings &settings)
{
    static constexpr const char *kOrder[] = {"off", "warn", "snapshot", "hold"};
    std::vector<std::string> actions = settings.list(Key::on_growth);
    std::ranges::replace(actions, "say", "warn");
    return strictest(settings.text(Key::fuse_action, "hold"), actions, kOrder);
}

bool lowers_weight(const Watch &watch)
{
    return watch.pressure == PressureAction::weight || contains(watch.on.growth, "weight");
}

void plan_reactions(const Settings &settings, const std::string &no_weight, WatchPlan &plan)
{
    Watch &watch = *plan.watch;
    watch.on = {.pressure = settings.list(Key::on_pressure),
                .growth = settings.list(Key::on_growth),
                .held = settings.list(Key::on_held),
                .killed = settings.list(Key::on_killed),
                .drift = settings.list(Key::on_drift)};
    const auto deadline = settings.get<std::chrono::microseconds>(Key::on_deadline);
    watch.on.deadline_ms =
        deadline ? std::min(std::chrono::duration_cast<std::chrono::milliseconds>(*deadline).count(), kLongestMs)
                 : kDeadlineMs;
    watch.drift_permyriad = settings.get<std::int64_t>(Key::history_drift).value_or(kDriftPermyriad);
    watch.history_textfile = settings.text(Key::history_textfile);
    if (!watch.on.pressure.empty() && watch.pressure == PressureAction::off)
        say_no_effect(settings, Key::on_pressure, "the session's memory pressure is not known here", plan);
    if (!watch.on.growth.empty() && watch.fuse == FuseAction::off) {
        say_no_effect(settings, Key::on_growth, "the debuggee has no line below a cap", plan);
    } else if (contains(watch.on.growth, "weight") && !no_weight.empty()) {
        say_no_effect(settings, Key::on_growth, no_weight, plan, "weight of ");
        std::erase(watch.on.growth, "weight"); // said once
    }
    if (!watch.on.held.empty() && watch.fuse != FuseAction::hold && watch.pressure != PressureAction::hold)
        say_no_effect(settings, Key::on_held, "nothing is held", plan);
    if (!watch.on.pressure.empty() && watch.split)
        watch.snapshot = watch.snapshot || contains(watch.on.pressure, "snapshot");
}

} // namespace dbgscope
