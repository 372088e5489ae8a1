// SPDX-License-Identifier: Apache-2.0
#include "session/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record.hpp"
#include "session/record_json.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;

const RecordedPoint kPoint{.at_ms = 1532,
                           .current_bytes = 120,
                           .anon_bytes = 100,
                           .file_bytes = 10,
                           .shmem_bytes = 1,
                           .kernel_bytes = 9,
                           .high = 3,
                           .max = 2,
                           .oom_kill = 1,
                           .stall_some_us = 1000,
                           .stall_full_us = 900,
                           .gc_cycles = 4,
                           .gc_heap_bytes = 80,
                           .gc_goal_bytes = 95,
                           .gc_pause_us = 33,
                           .gc_cpu_ppm = 45'000};

RecordingHeader header()
{
    return {.writer = "dbgscope 0.1.0",
            .realtime_ms = 1'700'000'000'000,
            .monotonic_ms = 55,
            .columns = {},
            .session = test::full_record()};
}

TEST(Recording, WhatIsWrittenIsRead)
{
    const RecordedEvent cap{.at_ms = 1600, .kind = RecordedKind::cap, .cap = Limit(256), .fuse = Limit()};
    const RecordedEvent said{.at_ms = 1700, .kind = RecordedKind::said, .text = "a \"line\"\n\xff", .pid = 7};
    const std::string text = recording_line(header()) + recording_line(kPoint) + recording_line(cap) +
                             recording_line(said) + recording_end_line(test::full_record());
    const auto read = parse_recording(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header.realtime_ms, 1'700'000'000'000);
    EXPECT_EQ(read->header.session, test::full_record());
    EXPECT_EQ(read->header.columns.front(), "at_ms");
    EXPECT_EQ(read->header.columns.size(), 16U);
    EXPECT_THAT(read->points, ElementsAre(kPoint));
    EXPECT_THAT(read->events, ElementsAre(cap, said));
    EXPECT_EQ(read->end, test::full_record());
    EXPECT_FALSE(read->torn || read->newer);
    EXPECT_EQ(read->skipped + read->left_out, 0U);
}

TEST(Recording, ASnapshotHasItsLargestSites)
{
    RecordedEvent taken{.at_ms = 7, .kind = RecordedKind::snapshot, .text = "/tmp/taken"};
    taken.sites = {{"main.grow", "/src/main.go", 13, 104 * kMiB, 870}, {"f(int, \xff)", "", 0, 5, 1}};
    const std::string line = recording_line(taken);
    EXPECT_NE(line.find(R"("sites":[{"function":"main.grow","file":"/src/main.go","line":13,"bytes":109051904,)"
                        R"("share_permille":870})"),
              std::string::npos)
        << line;
    const auto read = parse_recording(line);
    ASSERT_TRUE(read);
    EXPECT_THAT(read->events, ElementsAre(taken));
}

TEST(Recording, HostileSitesAreBounded)
{
    std::string line = R"({"event":{"kind":"snapshot","sites":[7,{"line":-5,"bytes":18446744073709551615,)"
                       R"("share_permille":4000000000,"function":")" +
                       std::string(100'000, 'x') + "\"}";
    for (int i = 0; i < 50; ++i)
        line += R"(,{"function":"f"})";
    const auto read = parse_recording(line + "]}}\n");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->events.size(), 1U);
    const std::vector<RecordedSite> &sites = read->events[0].sites;
    ASSERT_LE(sites.size(), kMaxRecordedSites);
    for (const RecordedSite &site : sites) {
        EXPECT_LE(site.function.size(), kMaxSiteName);
        EXPECT_LE(site.share_permille, 1000U);
        EXPECT_LE(site.bytes, 1ULL << 60U);
        EXPECT_GE(site.line, 0);
    }
}

TEST(Recording, EachIsOneLineOfAscii)
{
    for (const std::string &line :
         {recording_line(header()), recording_line(kPoint),
          recording_line(RecordedEvent{.kind = RecordedKind::said, .text = "a\nb\xc3\xa9"})}) {
        EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
        EXPECT_EQ(line.find_first_not_of("\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                         "abcdefghijklmnopqrstuvwxyz{|}~"),
                  std::string::npos);
    }
    EXPECT_EQ(recording_line(kPoint), "{\"point\":[1532,120,100,10,1,9,3,2,1,1000,900,4,80,95,33,45000]}\n");
    EXPECT_EQ(recording_line(RecordedEvent{.at_ms = 5, .kind = RecordedKind::state, .state = SessionState::held}),
              "{\"event\":{\"at_ms\":5,\"kind\":\"state\",\"state\":\"held\"}}\n");
}

TEST(Recording, ATornLastLineIsLeftOut)
{
    const std::string whole = recording_line(header()) + recording_line(kPoint);
    for (std::size_t cut = whole.size() - 2; cut > recording_line(header()).size(); --cut) {
        const auto read = parse_recording(std::string_view(whole).substr(0, cut));
        ASSERT_TRUE(read) << cut;
        EXPECT_TRUE(read->torn && read->points.empty()) << cut;
        EXPECT_EQ(read->header.session.id, test::full_record().id);
    }
}

TEST(Recording, ANewerOneIsReadAsFarAsItIsUnderstood)
{
    const auto read = parse_recording("{\"recording\":{\"schema\":9,\"realtime_ms\":5,\"mood\":\"good\"}}\n"
                                      "{\"point\":[7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23]}\n"
                                      "{\"event\":{\"at_ms\":9,\"kind\":\"dreamt\",\"text\":\"x\"}}\n"
                                      "{\"stack\":[1,2]}\n");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->newer);
    ASSERT_EQ(read->points.size(), 1U);
    EXPECT_EQ(read->points[0].gc_pause_us, 21U);
    ASSERT_EQ(read->events.size(), 1U);
    EXPECT_EQ(read->events[0].kind, RecordedKind::unknown);
    EXPECT_EQ(read->skipped, 1U);
}

TEST(Recording, AnOlderOneKnowsNothingOfTheCollector)
{
    const auto read = parse_recording("{\"point\":[7,8,9,10,11,12,13,14,15,16,17]}\n");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->points.size(), 1U);
    EXPECT_EQ(read->points[0].stall_full_us, 17U);
    EXPECT_EQ(read->points[0].gc_heap_bytes + read->points[0].gc_cycles, 0U);
}

TEST(Recording, HostileNumbersAreBounded)
{
    const auto read = parse_recording(
        "{\"point\":[-5,18446744073709551615,1e300,\"x\",null,{}]}\n"
        "{\"point\":[9223372036854775807,5]}\n{\"point\":[3,5]}\n{\"point\":[]}\n"
        "{\"event\":{\"at_ms\":-9223372036854775808,\"kind\":\"cap\",\"cap_bytes\":18446744073709551614}}\n");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->points.size(), 3U);
    EXPECT_EQ(read->points[0].at_ms, 0);
    EXPECT_EQ(read->points[0].current_bytes, 1ULL << 60U);
    EXPECT_EQ(read->points[1].at_ms, 3); // in the order of time
    EXPECT_EQ(read->points[2].at_ms, 10LL * 365 * 24 * 3600 * 1000);
    ASSERT_EQ(read->events.size(), 1U);
    EXPECT_EQ(read->events[0].at_ms, 0);
    EXPECT_EQ(read->events[0].cap, Limit(1ULL << 60U));
    EXPECT_EQ(read->skipped, 1U);
}

TEST(Recording, WhatIsNoneIsRefused)
{
    for (const char *text : {"", "\n\n", "hello", "{}\n[]\n1\n", "{\"point\":7}\n", "{\"recording\":[]}", "\xff\xfe"})
        EXPECT_FALSE(parse_recording(text)) << text;
}

TEST(Recording, MoreThanIsReadIsCounted)
{
    std::string text;
    for (std::size_t i = 0; i < kMaxRecordedEvents + 7; ++i)
        text += "{\"event\":{\"kind\":\"said\"}}\n";
    const auto read = parse_recording(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->events.size(), kMaxRecordedEvents);
    EXPECT_EQ(read->left_out, 7U);
}

} // namespace
} // namespace dbgscope
