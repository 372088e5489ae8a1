// SPDX-License-Identifier: Apache-2.0
#include "session/record_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "record.hpp"

namespace dbgscope {
namespace {

using nlohmann::json;

TEST(RecordJson, KeepsEveryField)
{
    const std::string line = record_line(test::full_record());
    const auto again = record_from_json(line);
    ASSERT_TRUE(again);
    EXPECT_EQ(record_line(*again), line);
    EXPECT_EQ(*again, test::full_record());
    // Nothing kept its default on the way.
    const json before = json::parse(line), none = json::parse(record_line(SessionRecord{}));
    for (const auto &[key, value] : before.items())
        if (key != "schema") {
            EXPECT_NE(value, none[key]) << key;
        }
    EXPECT_EQ(again->stall_some_us, 1000U);
    EXPECT_EQ(again->stall_full_us, 900U);
    EXPECT_EQ(before.size(), 41U); // every field, and the schema
    EXPECT_EQ(again->command, test::full_record().command);
    EXPECT_EQ(again->cap, Limit(512 * kMiB));
    EXPECT_EQ(again->state, SessionState::held);
    EXPECT_EQ(again->counts, test::full_record().counts);
    EXPECT_EQ(again->debugger, (ProcessId{4711, 123456}));
    EXPECT_EQ(again->exit_status, -9);
}

TEST(RecordJson, IsOneLineOfPlainText)
{
    const std::string line = record_line(test::full_record());
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
    EXPECT_NE(line.find(R"("cap_bytes":536870912)"), std::string::npos);
    SessionRecord unlimited;
    const json said = json::parse(record_line(unlimited));
    EXPECT_EQ(said["cap_bytes"], "infinity");
    EXPECT_EQ(said["exit_status"], nullptr);
}

TEST(RecordJson, BytesThatAreNotUtf8Survive)
{
    SessionRecord record;
    record.id = "x";
    record.command = {std::string("\xc3\x28 \xff\x00 end", 10), "\xed\xa0\x80", "\n\x1b[2J"};
    const auto again = record_from_json(record_line(record));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->command, record.command);
}

TEST(RecordJson, PlaceStandsBesideTheRest)
{
    const SessionRecord record = test::full_record();
    const auto text = record_line(record);
    for (const char *key : {"\"cgroup_version\":2,", "\"scope_directory\":\"/sys/fs/cgroup/app.slice/",
                            "\"split\":true", "\"unified_directory\":\"/sys/fs/cgroup/unified/x\""})
        EXPECT_NE(text.find(key), std::string::npos) << key << " in " << text;
    const auto again = record_from_json(text);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->place, record.place);
    EXPECT_EQ(again->place.debugger(), record.place.scope + "/debugger");
    EXPECT_EQ(again->place.capped(), record.place.scope + "/debuggee");
}

TEST(RecordJson, IsReadLeniently)
{
    const auto record = record_from_json(R"({"id": "a", "new_in_2031": {"x": []}, "uid": -1, "split": "yes",
        "cap_bytes": "512M", "state": "sleeping", "debugger": [1], "watcher": {"pid": 4294967297, "start_ticks": 5},
        "command": ["a", 7, {"escaped": "\\x4"}], "exit_status": 1.5, "verdicts": "none", "fuse_trips": 4294967297})");
    ASSERT_TRUE(record);
    EXPECT_EQ(record->id, "a");
    EXPECT_EQ(record->uid, 0U);
    EXPECT_FALSE(record->place.divided);
    EXPECT_FALSE(record->cap.finite());
    EXPECT_EQ(record->state, SessionState::running);
    EXPECT_EQ(record->debugger, ProcessId{});
    EXPECT_EQ(record->watcher, (ProcessId{0, 5}));
    EXPECT_EQ(record->command, (std::vector<std::string>{"a", "", ""}));
    EXPECT_EQ(record->exit_status, std::nullopt);
    EXPECT_EQ(record->fuse_trips, 0U);
}

TEST(RecordJson, NothingWithoutAnId)
{
    for (const char *text : {"", "{", "[]", "7", "null", "{}", R"({"id": ""})", R"({"id": 7})", "\xff",
                             "{\"id\": \"\xff\"}", R"({"id": "a"} trailing)"})
        EXPECT_FALSE(record_from_json(text)) << text;
    EXPECT_FALSE(record_from_json(std::string(200000, '[')));
}

} // namespace
} // namespace dbgscope
