// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/heap_view.hpp"

#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"
#include "tools/inspect/holder_line.hpp"

namespace dbgscope {
namespace {

constexpr double kMiBs = 1024.0 * 1024.0;

HeapSite site(std::string function, double live, double recent)
{
    return {.frame = {.function = std::move(function), .file = "/src/main.go", .line = 13},
            .callers = {{.function = "main.main", .file = "/src/main.go", .line = 40}},
            .live = {.objects = live, .bytes = live * kMiBs},
            .recent = {.objects = recent, .bytes = recent * kMiBs}};
}

HeapView view(std::vector<HeapSite> sites)
{
    HeapView view{.program = "/src/app", .go_version = "go1.19.8", .pid = 42};
    view.heap.rate = 128 * kKiB;
    view.gc.cycles = 7;
    view.sites = std::move(sites);
    rank_sites(view);
    return view;
}

TEST(HeapView, RanksByWhatIsLive)
{
    const HeapView ranked = view({site("main.churn", 1, 50), site("main.keep", 60, 2), site("main.other", 9, 0)});
    EXPECT_FALSE(ranked.with_recent);
    EXPECT_EQ(ranked.sites[0].frame.function, "main.keep");
    EXPECT_NEAR(ranked.sites[0].share, 60.0 / 70, 1e-9);
    EXPECT_EQ(ranked.sites[1].frame.function, "main.other");
}

/// A leak that doubles the heap before the next collection would be missing otherwise.
TEST(HeapView, RanksByBothWhereMostCameSinceTheLastCollection)
{
    const HeapView ranked = view({site("main.old", 3, 0), site("main.leak", 1, 100)});
    EXPECT_TRUE(ranked.with_recent);
    EXPECT_EQ(ranked.sites[0].frame.function, "main.leak");
    EXPECT_NEAR(ranked.sites[0].share, 101.0 / 104, 1e-9);
}

TEST(HeapView, TextNamesSitesWithLines)
{
    const std::string text = heap_text(view({site("main.keep", 60, 0)}), false);
    EXPECT_NE(text.find("Go heap of process 42 (/src/app, go1.19.8), as of GC 7; 1 sample per 128K"),
              std::string::npos);
    EXPECT_NE(text.find("       60M          -         60  100 %  main.keep main.go:13\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("< main.main"), std::string::npos);
    EXPECT_NE(heap_text(view({site("main.keep", 60, 0)}), true).find("< main.main main.go:40"), std::string::npos);
}

TEST(HolderLine, NamesTheThreeLargestAndNoCrumbs)
{
    const HeapView four =
        view({site("main.a", 50, 1), site("main.b", 30, 0), site("main.c", 11, 0), site("main.d", 9, 0)});
    EXPECT_EQ(holders_text(four), "main.a main.go:13 50M (50 %), main.b main.go:13 30M (30 %), main.c "
                                  "main.go:13 11M (11 %); as of GC 7");
    const HeapView one = view({site("main.a", 97, 0), site("main.b", 3, 0)});
    EXPECT_EQ(holders_text(one), "main.a main.go:13 97M (97 %); as of GC 7");
    const HeapView fresh = view({site("main.a", 1, 99)});
    EXPECT_EQ(holders_text(fresh), "main.a main.go:13 100M (100 %)");
    EXPECT_EQ(holders_text(view({})), "");
    HeapView garbage = view({site("main.a", 1, 719), site("main.b", 0, 80)});
    garbage.gc.heap_live_bytes = 100 * kMiB;
    EXPECT_EQ(holders_text(garbage), "main.a main.go:13 90M (90 %), main.b main.go:13 10M (10 %)")
        << "not 720M where 100M are in use";
}

TEST(HeapView, NothingSampledIsSaid)
{
    EXPECT_NE(heap_text(view({}), false).find("Nothing has been sampled yet."), std::string::npos);
}

TEST(HeapView, NamesFromTheProgramDoNotReachTheTerminalRaw)
{
    EXPECT_EQ(frame_text({.function = "main.\x1b[2J", .file = "a/\x07.go", .line = 1}), "main.\\x1b[2J \\x07.go:1");
    EXPECT_EQ(frame_text({.function = "main.f", .file = "", .line = 0}), "main.f");
}

} // namespace
} // namespace dbgscope
