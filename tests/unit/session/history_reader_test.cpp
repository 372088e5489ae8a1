// SPDX-License-Identifier: Apache-2.0
#include "session/history_reader.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "record.hpp"
#include "session/history.hpp"
#include "session/record_json.hpp"
#include "session/recording_file.hpp"

namespace dbgscope {
namespace {

using test::slurp;
using test::TemporaryDirectory;

std::string line(std::int64_t start)
{
    SessionRecord record = test::full_record();
    record.id = "s" + std::to_string(start);
    record.command = {"x", ",\"started_unix_s\":1,"}; // as nobody writes it
    record.started_unix_s = start;
    return record_line(record) + '\n';
}

TEST(HistoryReader, SessionsComeInTheirOrderFromTheTimeThatIsAsked)
{
    const std::string text = line(30) + line(10) + "broken\n\n{}\n" + line(20) + line(40).substr(0, 60);
    const History all = parse_history(text);
    ASSERT_EQ(all.sessions.size(), 3U);
    EXPECT_EQ(all.sessions[0].id, "s10");
    EXPECT_EQ(all.sessions[2].id, "s30");
    EXPECT_EQ(all.skipped, 3U);
    const History late = parse_history(text, 20);
    ASSERT_EQ(late.sessions.size(), 2U);
    EXPECT_EQ(late.sessions[0].id, "s20");
}

TEST(HistoryReader, NoFileIsAnEmptyHistory)
{
    const TemporaryDirectory tree;
    EXPECT_TRUE(read_history(tree / "none")->sessions.empty());
    EXPECT_TRUE(read_history("")->sessions.empty());
    EXPECT_FALSE(read_history(tree.path()));
}

TEST(HistoryReader, PruningLeavesWhatIsYoungEnough)
{
    const TemporaryDirectory tree;
    tree.write("history.jsonl", line(10) + "broken\n" + line(20) + line(30), 0600);
    const auto removed = prune_history(tree / "history.jsonl", 20);
    ASSERT_TRUE(removed);
    EXPECT_EQ(*removed, 2U);
    EXPECT_EQ(slurp(tree / "history.jsonl"), line(20) + line(30));
    EXPECT_EQ(prune_history(tree / "history.jsonl", 20), 0U);
    EXPECT_EQ(prune_history(tree / "none", 20), 0U);
}

TEST(HistoryReader, RecordingsArePrunedByTheirLastWrite)
{
    const TemporaryDirectory tree;
    for (const char *name : {"old.jsonl", "new.jsonl", "other.txt"})
        tree.write(name, "x");
    const timespec old[2] = {{.tv_sec = 100, .tv_nsec = 0}, {.tv_sec = 100, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (tree / "old.jsonl").c_str(), old, 0), 0);
    EXPECT_EQ(prune_recordings(tree.path(), 1000), 1U);
    EXPECT_EQ(slurp(tree / "new.jsonl") + slurp(tree / "other.txt") + slurp(tree / "old.jsonl"), "xx");
}

} // namespace
} // namespace dbgscope
