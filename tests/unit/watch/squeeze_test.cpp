// SPDX-License-Identifier: Apache-2.0
#include "watch/squeeze.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// dlv debug of a large program under 512M, two seconds apart.
const FileCache kBefore{.place = Level::debugger,
                        .limiting = Level::debugger,
                        .limit = Limit(512 * kMiB),
                        .file_bytes = 9 * kMiB,
                        .anon_bytes = 480 * kMiB,
                        .refaults = 100'000};
FileCache later()
{
    FileCache after = kBefore;
    after.file_bytes = 7 * kMiB;
    after.refaults += 17'920; // 70M
    return after;
}

TEST(CacheSqueezed, OnlyWhenAllOfItIsTrue)
{
    EXPECT_TRUE(cache_squeezed(kBefore, later(), 2));
    const auto with = [](auto change, double seconds = 2) {
        FileCache after = later();
        change(after);
        return cache_squeezed(kBefore, after, seconds);
    };
    EXPECT_FALSE(with([](FileCache &of) { of.limit = Limit(); }));
    EXPECT_FALSE(with([](FileCache &of) { of.file_bytes = 10 * kMiB; }));
    EXPECT_FALSE(with([](FileCache &of) { of.refaults = kBefore.refaults + 200; }));
    EXPECT_FALSE(with([](FileCache &of) { of.refaults = 0; }));            // another cgroup's
    EXPECT_FALSE(with([](FileCache &of) { of.anon_bytes += 30 * kMiB; })); // it does get on
    EXPECT_FALSE(with([](FileCache &of) { of.anon_bytes -= 30 * kMiB; })); // it does end
    EXPECT_TRUE(with([](FileCache &of) { of.anon_bytes += 20 * kMiB; }));  // flat enough
    EXPECT_FALSE(with([](FileCache &) {}, 0.5));
}

TEST(SqueezeWords, WhoseLimit)
{
    const VerdictContext context{.tool = "dlv", .split = true, .builds = true};
    EXPECT_EQ(
        squeeze_words(kBefore, later(), 2, context),
        "the file cache is squeezed out: 7M left under the debugger's limit of 512M, and 35M a second are read from "
        "disk again. It is slow, not dead. Try --debugger-memory-max=1G, or GOFLAGS=-p=1 to build one package at a "
        "time.");
    FileCache after = later();
    after.place = after.limiting = Level::debuggee;
    EXPECT_THAT(squeeze_words(kBefore, after, 2, context),
                HasSubstr("the debuggee's limit of 512M, and 35M a second are read from disk again. It is slow, not "
                          "dead. Try --memory-max=1G."));
    after.limiting = Level::scope;
    EXPECT_THAT(squeeze_words(kBefore, after, 2, context), HasSubstr("the session's limit of 512M"));
    EXPECT_THAT(squeeze_words(kBefore, after, 2, context), HasSubstr("Try --total-memory-max=1G."));
}

TEST(SqueezeWatch, OnceWhileItHappensAndOnceAtTheEnd)
{
    test::FakeRoot root;
    root.file("/s/cgroup.procs", "").file("/s/memory.max", "536870912\n");
    const auto stat = [&root](int refaults) {
        root.file("/s/memory.stat", "anon 500000000\nactive_file 0\ninactive_file 4000000\nworkingset_refault_file " +
                                        std::to_string(refaults) + "\n");
    };
    stat(0);
    auto directory = open_directory(root.path() + "/s");
    const EvidenceReader reader(2, {directory->get(), root.path() + "/s"}, {}, {});
    const VerdictContext context{.tool = "dlv"};
    SqueezeWatch watch;
    SqueezeWatch::Time now{100s};
    EXPECT_FALSE(watch.on_pressure(reader, context, true, now));
    stat(100'000);
    EXPECT_FALSE(watch.on_pressure(reader, context, true, now + 1ms)); // full, right after some
    const auto line = watch.on_pressure(reader, context, true, now += 2s);
    ASSERT_TRUE(line);
    EXPECT_THAT(*line, HasSubstr("under the session's limit of 512M"));
    for (int i = 2; i < 40; ++i) {
        stat(i * 100'000);
        EXPECT_FALSE(watch.on_pressure(reader, context, true, now += 2s));
    }
    EXPECT_EQ(watch.on_pressure(reader, context, false, now += 10s), "the file cache has room again, after 78 s");
    EXPECT_FALSE(watch.on_pressure(reader, context, false, now += 10s));
}

} // namespace
} // namespace dbgscope
