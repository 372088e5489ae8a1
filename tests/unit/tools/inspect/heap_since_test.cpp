// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/heap_since.hpp"

#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"
#include "tools/inspect/pprof.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kUnixNs = 1'800'000'000'000'000'000;

Frame line(std::string function, int number = 13)
{
    return {.function = std::move(function), .file = "/src/main.go", .line = number};
}

PprofProfile heap_profile()
{
    PprofProfile profile(
        {{"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}});
    profile.set_time(kUnixNs);
    return profile;
}

void add(PprofProfile &profile, const std::string &function, std::uint64_t mib)
{
    const auto bytes = static_cast<std::int64_t>(mib * kMiB);
    profile.add({line(function), line("main.main", 40)}, {9, 9, static_cast<std::int64_t>(mib), bytes}, kMiB);
}

HeapView view(const std::vector<std::pair<std::string, double>> &sites)
{
    HeapView view{.program = "/src/app", .go_version = "go1.19.8", .pid = 42};
    for (const auto &[function, mib] : sites)
        view.sites.push_back({.frame = line(function),
                              .callers = {line("main.main", 40)},
                              .live = {.objects = mib, .bytes = mib * kMiB},
                              .recent = {}});
    rank_sites(view);
    return view;
}

/// A field of bytes on the wire.
std::string message(char field, const std::string &bytes)
{
    std::string size;
    std::size_t rest = bytes.size();
    for (; rest >= 0x80; rest >>= 7U)
        size += static_cast<char>(rest | 0x80U);
    return static_cast<char>(field << 3 | 2) + size + static_cast<char>(rest) + bytes;
}

TEST(PprofReader, ReadsWhatTheWriterWrote)
{
    PprofProfile profile = heap_profile();
    add(profile, "main.grow", 3);
    const auto packed = gzip(profile.message());
    ASSERT_TRUE(packed);
    for (const std::string &bytes : {profile.message(), *packed}) {
        const auto read = read_pprof(bytes);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->kind("inuse_space"), 3U);
        EXPECT_FALSE(read->kind("cpu"));
        EXPECT_EQ(read->unix_ns, kUnixNs);
        ASSERT_EQ(read->samples.size(), 1U);
        EXPECT_EQ(read->samples[0].values, (std::vector<std::int64_t>{9, 9, 3, 3 * kMiB}));
        EXPECT_EQ(read->samples[0].object_bytes, kMiB);
        ASSERT_EQ(read->samples[0].stack.size(), 2U);
        EXPECT_EQ(read->frames[read->samples[0].stack[0]], line("main.grow"));
        EXPECT_EQ(read->frames[read->samples[0].stack[1]], line("main.main", 40));
    }
}

TEST(PprofReader, RefusesWhatIsNoProfile)
{
    PprofProfile profile = heap_profile();
    add(profile, "main.grow", 3);
    const auto packed = gzip(profile.message());
    const std::string whole = profile.message();
    for (const std::string &bytes :
         {std::string(), std::string("# TYPE heap"), packed->substr(0, packed->size() - 9),
          whole.substr(0, whole.size() - 3), std::string("\x1f\x8b\x08"), std::string("\x0a\xff\xff\xff\xff\x7f", 6)})
        EXPECT_FALSE(read_pprof(bytes)) << bytes.size();
}

/// A few kilobytes that stand for terabytes: of zeros, of one long name for each place, of places in every stack.
TEST(PprofReader, IsBoundedWhateverItIsTold)
{
    const auto zeros = gzip(std::string(129 * kMiB, '\0'));
    ASSERT_TRUE(zeros);
    EXPECT_FALSE(read_pprof(*zeros));
    std::string place = "\x08\x01", stack(20'000, '\x01'); // location 1 stands for a thousand inlined functions
    for (int i = 0; i < 1000; ++i)
        place += message(4, "\x08\x01");
    const std::string kind = message(1, "\x08\x01"), values = message(2, "\x01"), deep = message(4, place);
    EXPECT_TRUE(read_pprof(kind + deep + message(2, message(1, "\x01") + values)));
    EXPECT_FALSE(read_pprof(kind + deep + message(2, message(1, stack) + values)));
    std::string lines = "\x08\x01"; // the same long name on two hundred lines
    for (int i = 1; i <= 200; ++i)
        lines += message(4, std::string("\x08\x01\x10") + static_cast<char>(0x80 | i) + static_cast<char>(i >> 7));
    EXPECT_FALSE(read_pprof(kind + message(4, lines) + message(5, std::string("\x08\x01\x10\0", 4)) +
                            message(6, std::string(kMiB, 'x'))));
}

TEST(HeapSince, SaysWhatGrewAndWhatShrank)
{
    PprofProfile profile = heap_profile();
    add(profile, "main.leak", 10);
    add(profile, "main.freed", 5);
    add(profile, "main.still", 7);
    const auto base = read_pprof(profile.message());
    ASSERT_TRUE(base);
    const HeapView now = view({{"main.leak", 40}, {"main.still", 7}, {"main.fresh", 10}});
    HeapSince since = heap_since(now, *base, false);
    ASSERT_EQ(since.sites.size(), 3U);
    EXPECT_EQ(since.sites[0].frame.function, "main.leak");
    EXPECT_NEAR(since.sites[0].share, 0.75, 1e-9);
    EXPECT_EQ(since.sites[1].frame.function, "main.fresh");
    EXPECT_EQ(since.sites[2].frame.function, "main.freed");
    EXPECT_EQ(since.sites[2].share, 0);
    EXPECT_FALSE(since.strangers);
    since.base = "then.pb.gz";
    const std::string text = heap_since_text(now, since, false, kUnixNs + 200'000'000'000);
    EXPECT_NE(text.find("since      then.pb.gz, 3min 20s ago: 22M then, 57M now\n"), std::string::npos) << text;
    EXPECT_NE(text.find("      +30M        10M        40M        +30   75 %  main.leak main.go:13\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("       -5M         5M          0         -5      -  main.freed"), std::string::npos) << text;
    EXPECT_NE(heap_since_json(now, since).find(R"("grew_bytes":-5242880)"), std::string::npos);
}

TEST(HeapSince, TypeParametersAreWrittenInTwoWays)
{
    PprofProfile profile = heap_profile();
    add(profile, "main.keep[...]", 10);
    const auto base = read_pprof(profile.message());
    ASSERT_TRUE(base);
    EXPECT_TRUE(heap_since(view({{"main.keep[go.shape.int_0]", 10}}), *base, false).sites.empty());
}

TEST(HeapSince, ABaseOfAnotherProgramIsSaid)
{
    PprofProfile profile = heap_profile();
    add(profile, "other.f", 10);
    const auto base = read_pprof(profile.message());
    ASSERT_TRUE(base);
    const HeapView now = view({{"main.leak", 40}});
    const HeapSince since = heap_since(now, *base, true);
    EXPECT_TRUE(since.strangers);
    EXPECT_NE(heap_since_text(now, since, true, 0).find("no site in common"), std::string::npos);
}

TEST(HeapSince, ABaseThatIsNoHeapProfileIsRefused)
{
    EXPECT_FALSE(read_base("/nonexistent/base.pb.gz"));
    const auto other = read_base("/proc/self/status");
    ASSERT_FALSE(other);
    EXPECT_NE(to_line(other.error()).find("/proc/self/status"), std::string::npos);
}

} // namespace
} // namespace dbgscope
