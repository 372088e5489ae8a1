// SPDX-License-Identifier: Apache-2.0
#include "render/session_text.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(AgeText, HasAtMostTwoUnits)
{
    EXPECT_EQ(age_text(0), "0s");
    EXPECT_EQ(age_text(59), "59s");
    EXPECT_EQ(age_text(60), "1min");
    EXPECT_EQ(age_text(3599), "59min");
    EXPECT_EQ(age_text(3600 + 5 * 60), "1h 5min");
    EXPECT_EQ(age_text(90000), "1d 1h");
}

TEST(CommandText, CanBePasted)
{
    EXPECT_EQ(command_text({"dlv", "debug", "./cmd", "--listen=:2345"}), "dlv debug ./cmd --listen=:2345");
    EXPECT_EQ(command_text({"a b", "", "it's", "$HOME", "*"}), R"('a b' '' 'it'\''s' '$HOME' '*')");
    EXPECT_EQ(command_text({}), "");
}

TEST(SessionTable, Whole)
{
    const std::vector<SessionRow> rows{{.id = "dlv-debug-p4711-5f0c",
                                        .debugger = "dlv 4711",
                                        .state = "running",
                                        .age_s = 125,
                                        .used_bytes = 312 * kMiB,
                                        .peak_bytes = 400 * kMiB,
                                        .cap = Limit(512 * kMiB),
                                        .command = {"dlv", "debug", "./ä b"}},
                                       {.id = "x\x1b[2J",
                                        .debugger = "gdbserver 12",
                                        .state = "unwatched, held",
                                        .command = {"gdbserver", ":1", "\xff"}}};
    EXPECT_EQ(session_table(rows, 0),
              R"(ID                    DEBUGGER       AGE  STATE               MEMORY  PEAK  COMMAND
dlv-debug-p4711-5f0c  dlv 4711      2min  running          312M/512M  400M  dlv debug './ä b'
x\x1b[2J              gdbserver 12     -  unwatched, held     -/none     -  gdbserver :1 '\xff'
)");
}

TEST(SessionTable, IsCutToATerminal)
{
    const std::string text =
        session_table({{.id = "a", .debugger = "dlv 1", .state = "running", .command = {"äää"}}}, 50);
    EXPECT_EQ(session_table({{.id = "a", .debugger = "dlv 1", .state = "running", .command = {"äääää"}}}, 49).find("…"),
              std::string::npos); // 49 columns, 54 bytes
    EXPECT_EQ(text, "ID  DEBUGGER  AGE  STATE    MEMORY  PEAK  COMMAND\n"
                    "a   dlv 1       -  running  -/none     -  'äää'\n");
    EXPECT_EQ(session_table({{.id = "a", .debugger = "dlv 1", .state = "running", .command = {"äää"}}}, 45),
              "ID  DEBUGGER  AGE  STATE    MEMORY  PEAK  CO…\n"
              "a   dlv 1       -  running  -/none     -  'ä…\n");
}

} // namespace
} // namespace dbgscope
