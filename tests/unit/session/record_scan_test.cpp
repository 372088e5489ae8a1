// SPDX-License-Identifier: Apache-2.0
#include "session/record_scan.hpp"

#include <gtest/gtest.h>

#include "record.hpp"
#include "session/record_json.hpp"

namespace dbgscope {
namespace {

TEST(RecordScan, ReadsWhatWasWritten)
{
    for (const SessionRecord &record : {test::full_record(), SessionRecord{.id = "x"}}) {
        const auto found = scan_record(record_line(record));
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, record);
    }
}

TEST(RecordScan, FewerMembersAndValuesOfOtherTypesAreReadAsEver)
{
    for (const char *const line :
         {R"({"id":"x"})", R"({"id":"x","pid":1})", R"({"command":["a",1,"\u0041\n"],"id":"x"})",
          R"({"command":"no list","id":"x"})", R"({"cap_bytes":-5,"id":"x"})",
          R"({"cap_bytes":"infinity","debuggees":[1,-0,99999999999,"7"],"id":"x"})", R"({"exit_status":-9,"id":"x"})",
          R"({"exit_status":1e0,"id":"x"})", R"({"id":"x","split":true,"state":"held"})",
          R"({"id":"x","state":"nothing"})", R"({"directory":{"escaped":"\\xff"},"id":"x"})",
          R"({"debugger":{"pid":7,"start_ticks":8},"events":{"oom":3},"id":"x"})",
          R"({"debugger":{"more":1,"pid":7},"id":"x"})", R"({"debugger":[7],"id":"x"})"}) {
        const auto by_parser = record_from_json(line), found = scan_record(line);
        EXPECT_TRUE(by_parser) << line;
        EXPECT_EQ(found.value_or(*by_parser), by_parser) << line;
    }
    EXPECT_TRUE(scan_record(R"({"id":"x"})"));
}

/// Nothing is taken for a record that is none: each line of this test is one that the parser is asked about.
TEST(RecordScan, LeavesTheRestToTheParser)
{
    for (const char *const line : {"",
                                   "{",
                                   "{}",
                                   "[]",
                                   "x",
                                   R"({"id":"x")",
                                   R"({"id":"x"}})",
                                   R"({"id":"x"} )",
                                   R"({ "id":"x"})",
                                   R"({"id":"x","cap_bytes":1})",
                                   R"({"id":"x","id":"y"})",
                                   R"({"id":"x","new_in_the_next_version":1})",
                                   R"({"command":["a","b"}],"id":"x"})",
                                   R"({"command":["a",],"id":"x"})",
                                   R"({"cap_bytes":tru,"id":"x"})",
                                   R"({"cap_bytes":007,"id":"x"})",
                                   R"({"id":"x\"})",
                                   R"({"id":"x","tool":"\q"})",
                                   R"({"id":})",
                                   R"({"id":"x",})",
                                   R"({"tool":"dlv"})",
                                   R"({"id":5})"})
        EXPECT_FALSE(scan_record(line)) << line;
    EXPECT_FALSE(scan_record(R"({"command":)" + std::string(100, '[') + std::string(100, ']') + R"(,"id":"x"})"));
}

TEST(RecordScan, ATornLineIsNever)
{
    const std::string line = record_line(test::full_record());
    for (std::size_t length = 0; length < line.size(); ++length)
        ASSERT_FALSE(scan_record(std::string_view(line).substr(0, length))) << length;
}

/// One byte changed: whatever is still taken means the same to the parser.
TEST(RecordScan, AgreesWithTheParserOnDamagedLines)
{
    const std::string line =
        R"({"cap_bytes":5,"command":["a","b\n"],"debugger":{"pid":-1,"start_ticks":2},"directory":{"escaped":"\\xff"},)"
        R"("exit_status":null,"fuse_bytes":"infinity","id":"x","schema":1,"split":true,"state":"held"})";
    ASSERT_TRUE(scan_record(line));
    std::size_t taken = 0;
    for (std::size_t at = 0; at < line.size(); ++at)
        for (const char byte : {'"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'x', ' ', '\n', '\xff'}) {
            std::string damaged = line;
            damaged[at] = byte;
            if (const auto found = scan_record(damaged)) {
                ++taken;
                ASSERT_EQ(found, record_from_json(damaged)) << damaged;
            }
        }
    EXPECT_GT(taken, 100U);
}

} // namespace
} // namespace dbgscope
