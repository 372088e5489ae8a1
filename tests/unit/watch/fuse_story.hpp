// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "watch/fuse.hpp"

// The fuse told as a story: what is seen at each look, and what is to come of it.
namespace dbgscope::test {

using Ms = std::chrono::milliseconds;
using State = FuseState;

inline constexpr Limit kLine{120 * kMiB}, kCap{128 * kMiB};
inline constexpr unsigned kDead = 1, kUntraced = 2, kPending = 4, kStopped = 8, kWaiting = 16, kLifted = 32,
                          kPressure = 64, kLooked = 128;

/// One look: what is seen, then what the fuse is expected to be and to order.
struct Look {
    int at_ms;
    unsigned used_mib; ///< cannot be reclaimed
    unsigned seen;
    State state;
    std::string orders; ///< "held freeze", in the order of spell()
    unsigned cap_mib = 128, line_mib = 120;
    unsigned limit_mib = 120; ///< v1
};

struct Story {
    const char *name;
    std::vector<Look> looks;
    FuseAction action = FuseAction::hold;
    bool looked_at = false;
};

inline FuseSample sample_of(const Look &look)
{
    const auto is = [&](unsigned bit) { return (look.seen & bit) != 0; };
    return {.now = Ms(look.at_ms),
            .current_bytes = look.used_mib * kMiB,
            .unreclaimable_bytes = look.used_mib * kMiB,
            .line = Limit(look.line_mib * kMiB),
            .cap = Limit(look.cap_mib * kMiB),
            .limit = Limit(look.limit_mib * kMiB),
            .line_in_force = !is(kLifted),
            .waiting = is(kWaiting),
            .any_process = !is(kDead),
            .traced = !is(kUntraced),
            .stop_pending = is(kPending),
            .all_stopped = is(kStopped),
            .pressure_hold = is(kPressure),
            .looked = is(kLooked)};
}

inline std::string spell(const FuseOrders &orders)
{
    constexpr const char *kReleases[] = {"", "shrunk", "raised", "ended", "detached"};
    std::string text;
    const auto add = [&](bool is, const std::string &word) {
        if (is)
            text += (text.empty() ? "" : " ") + word;
    };
    add(orders.thaw, "thaw");
    add(orders.lift, "lift");
    add(orders.arm, "arm");
    add(orders.freeze, "freeze");
    add(orders.lend_bytes != 0, "lend " + format_bytes(orders.lend_bytes));
    add(orders.take_back, "take back");
    add(orders.say_released != Release::none, kReleases[static_cast<int>(orders.say_released)]);
    add(orders.say_held, "held");
    add(orders.say_spent, "spent");
    return text;
}

inline void tell(Fuse &fuse, const Story &story)
{
    for (const Look &look : story.looks) {
        const FuseSample sample = sample_of(look);
        const FuseOrders orders = fuse.step(sample);
        EXPECT_EQ(spell(orders), look.orders) << story.name << " at " << look.at_ms;
        EXPECT_EQ(fuse.state(), look.state) << story.name << " at " << look.at_ms;
        // Whatever the state, something else must wake it: an event, or a look.
        if (fuse.frozen() || fuse.state() == State::frozen || fuse.state() == State::stopping) {
            // Thawed for a stop with nothing left to lose, it is looked at sooner.
            const bool dearly = fuse.state() == State::stopping && look.used_mib >= look.cap_mib;
            const bool brief = look.state == State::throttled; // and frozen: somebody looks at it
            if (brief)
                EXPECT_TRUE(orders.look_in && *orders.look_in <= Ms(20)) << story.name << " at " << look.at_ms;
            else
                EXPECT_EQ(orders.look_in, Ms(dearly ? 10 : 20)) << story.name << " at " << look.at_ms;
        } else if (fuse.state() == State::running) {
            EXPECT_FALSE(orders.look_in && look.used_mib < 114) << story.name << " at " << look.at_ms;
        } else {
            EXPECT_TRUE(orders.look_in || (look.seen & (kDead | kUntraced)) != 0) << story.name << " at " << look.at_ms;
        }
    }
}

} // namespace dbgscope::test
