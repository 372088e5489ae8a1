// SPDX-License-Identifier: Apache-2.0
#include "unit/watch/fuse_story.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using namespace test;

const Story kStories[] = {
    {"held and looked at: it stands still until that is done",
     {{0, 121, 0, State::throttled, "freeze held"},
      {20, 121, 0, State::throttled, ""},
      {40, 121, kLooked, State::throttled, "thaw"},
      {140, 125, kLooked, State::frozen, "freeze"}},
     FuseAction::hold,
     true},
    {"held and looked at: a person's stop comes first",
     {{0, 121, 0, State::throttled, "freeze held"},
      {20, 121, kPending, State::stopping, "thaw"},
      {40, 121, kStopped, State::stopped, ""},
      {540, 121, 0, State::stepping, ""}},
     FuseAction::hold,
     true},
    {"a look that never ends does not hold it for ever",
     {{0, 121, 0, State::throttled, "freeze held"},
      {4980, 121, 0, State::throttled, ""},
      {5000, 121, 0, State::throttled, "thaw"}},
     FuseAction::hold,
     true},
    {"snapshot: stands still until it is taken, then runs on; nobody has to trace it; again when it comes back",
     {{0, 121, kUntraced, State::throttled, "freeze held"},
      {20, 121, kUntraced, State::throttled, ""},
      {40, 121, kUntraced | kLooked, State::lifted, "thaw lift"},
      {2040, 127, kUntraced | kLifted, State::lifted, ""},
      {4040, 107, kUntraced | kLifted, State::running, "arm"},
      {6000, 121, kUntraced, State::throttled, "freeze held"}},
     FuseAction::snapshot,
     true},
    {"snapshot: ended while it was taken",
     {{0, 121, 0, State::throttled, "freeze held"}, {20, 0, kDead, State::running, "thaw"}},
     FuseAction::snapshot,
     true},
    {"snapshot, and there is nothing to look at", {{0, 121, 0, State::lifted, "lift held"}}, FuseAction::snapshot},
};

TEST(FuseLook, PageCacheIsNotSlowedDownForIt)
{
    Fuse fuse(2, FuseAction::look, true);
    FuseSample sample{.now = Ms(0), .current_bytes = 119 * kMiB, .line = kLine, .cap = kCap};
    sample.unreclaimable_bytes = 20 * kMiB;
    const FuseOrders lifted = fuse.step(sample);
    EXPECT_TRUE(lifted.lift && !lifted.say_held);
    EXPECT_EQ(lifted.look_in, Ms(2000));
    sample.now = Ms(2000);
    sample.line_in_force = false;
    EXPECT_TRUE(fuse.step(sample).arm);
}

const Story kStoriesV1[] = {
    {"snapshot: it waits at the limit meanwhile",
     {{0, 120, kWaiting | kUntraced, State::frozen, "held"},
      {20, 120, kWaiting | kUntraced, State::frozen, ""},
      {40, 120, kWaiting | kUntraced | kLooked, State::lifted, "lift"}},
     FuseAction::snapshot,
     true},
};

TEST(FuseLook, StandsStillForIt)
{
    for (const Story &story : kStories) {
        Fuse fuse(2, story.action, story.looked_at);
        tell(fuse, story);
    }
    for (const Story &story : kStoriesV1) {
        Fuse fuse(1, story.action, story.looked_at);
        tell(fuse, story);
    }
}

} // namespace
} // namespace dbgscope
