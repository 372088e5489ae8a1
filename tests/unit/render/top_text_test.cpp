// SPDX-License-Identifier: Apache-2.0
#include "render/top_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "render/columns.hpp"
#include "text/json.hpp"

namespace dbgscope {
namespace {

TopSession held_go()
{
    return {.id = "dlv-debug-p4711-5f0c9b1d8e7a2c34",
            .tool = "dlv",
            .debugger_pid = 4711,
            .command = {"dlv", "exec", "./leak"},
            .state = "held",
            .at_its_line = true,
            .age_s = 125,
            .used_bytes = 120 * kMiB,
            .kept_bytes = 119 * kMiB,
            .fuse = Limit(120 * kMiB),
            .cap = Limit(128 * kMiB),
            .growth_bytes_per_s = 2 * kMiB,
            .cap_in_s = 4,
            .stalled_some = 12.34,
            .stalled_full = 4,
            .debuggee_pid = 4800,
            .go = TopGo{.heap_live_bytes = 115 * kMiB,
                        .goal_bytes = 113 * kMiB,
                        .memory_limit_bytes = 112 * kMiB,
                        .cycles = 22,
                        .gc_cpu_share = 0.011},
            .sites = {{"main.leakForever", "/src/leak/main.go", 25, 112 * kMiB, 0.987},
                      {"runtime.malg", "/usr/lib/go/src/runtime/proc.go", 4076, 512 * kKiB, 0.004}},
            .sites_unknown = {},
            .history = {0, 16 * kMiB, 32 * kMiB, 64 * kMiB, 96 * kMiB, 120 * kMiB, 128 * kMiB}};
}

TopSession plain_c()
{
    TopSession session;
    session.id = "gdb-p12-77";
    session.tool = "gdb";
    session.debugger_pid = 12;
    session.command = {"gdb", "./a b"};
    session.state = "running";
    session.used_bytes = 30 * kMiB;
    session.sites_unknown = "it is not a Go program";
    session.history = {10 * kMiB, 20 * kMiB, 30 * kMiB};
    return session;
}

std::string text_of(const TopView &view, const TopScreen &screen)
{
    std::string text;
    for (const TopLine &line : top_lines(view, screen))
        text += line.text.substr(0, line.text.find_last_not_of(' ') + 1) + '\n';
    return text;
}

constexpr std::string_view kKeys = "h hold  c continue  + half as much again  s snapshot  j/k choose  q quit\n";

TEST(TopText, WholeScreenOfAHeldGoProgram)
{
    const TopView view{.time_unix_s = 1, .sessions = {held_go(), plain_c()}};
    EXPECT_EQ(text_of(view, {.message = "cap 128M -> 192M"}),
              "dbgscope top: 2 sessions\n"
              "  SESSION                           STATE       MEMORY  GROWTH   AGE  DEBUGGER\n"
              "> dlv-debug-p4711-5f0c9b1d8e7a2c34  held     120M/128M   +2M/s  2min  dlv 4711\n"
              "  gdb-p12-77                        running   30M/none       -     -  gdb 12\n"
              "\n"
              "dlv-debug-p4711-5f0c9b1d8e7a2c34: held: dlv exec ./leak\n"
              "memory   [######################################|..]  120M of 128M, fuse at 120M\n"
              "history  ▁▂▃▅▇██\n"
              "growth   +2M/s, at the cap in 4s\n"
              "pressure some 12.3 %, full 4.0 % of the last 10 s stalled for memory\n"
              "Go       115M live, next GC at 113M, GOMEMLIMIT 112M, 22 GCs, 1.1 % of CPU\n"
              "\n"
              "     BYTES  SHARE  SITE\n"
              "      112M   99 %  main.leakForever main.go:25\n"
              "      512K    0 %  runtime.malg proc.go:4076\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "cap 128M -> 192M\n"
              "h hold  c continue  + half as much again  s snapshot  j/k choose  q quit\n");
}

TEST(TopText, WholeScreenOfAnotherProgramInANarrowWindow)
{
    const TopView view{.time_unix_s = 1, .sessions = {held_go(), plain_c()}};
    EXPECT_EQ(text_of(view, {.chosen = 1, .width = 44, .height = 14}),
              "dbgscope top: 2 sessions\n"
              "  SESSION   STATE       MEMORY  GROWTH   AG…\n"
              "  dlv-deb…  held     120M/128M   +2M/s  2mi…\n"
              "> gdb-p12…  running   30M/none       -     …\n"
              "\n"
              "gdb-p12-77: running: gdb './a b'\n"
              "memory   30M, no cap\n"
              "history  ▃▆█\n"
              "growth   -\n"
              "pressure -\n"
              "\n"
              "sites    unknown: it is not a Go program\n"
              "\n"
              "h hold  c continue  + half as much again  s…\n");
}

TEST(TopText, WholeScreenOfASessionThatHasEnded)
{
    TopSession ended = held_go();
    ended.state = "ended";
    ended.growth_bytes_per_s = std::nullopt;
    ended.cap_in_s = std::nullopt;
    ended.stalled_some = ended.stalled_full = std::nullopt;
    ended.go = std::nullopt;
    ended.sites.clear();
    EXPECT_EQ(text_of({.time_unix_s = 1, .sessions = {ended}}, {.message = "it has ended", .height = 16}),
              "dbgscope top: 1 session\n"
              "  SESSION                           STATE     MEMORY  GROWTH   AGE  DEBUGGER\n"
              "> dlv-debug-p4711-5f0c9b1d8e7a2c34  ended  120M/128M       -  2min  dlv 4711\n"
              "\n"
              "dlv-debug-p4711-5f0c9b1d8e7a2c34: ended: dlv exec ./leak\n"
              "memory   [######################################|..]  120M of 128M, fuse at 120M\n"
              "history  ▁▂▃▅▇██\n"
              "growth   -\n"
              "pressure -\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "\n"
              "it has ended\n"
              "h hold  c continue  + half as much again  s snapshot  j/k choose  q quit\n");
}

TEST(TopText, WholeScreenWithoutASession)
{
    EXPECT_EQ(text_of({}, {.height = 3}), "dbgscope top: no session is running\n\n" + std::string(kKeys));
    EXPECT_EQ(text_of({}, {.height = 24, .keys = false}), "dbgscope top: no session is running\n");
}

TEST(TopText, TheListIsShownAroundTheChosenOne)
{
    TopView view;
    for (int i = 0; i < 100; ++i) {
        view.sessions.push_back(plain_c());
        view.sessions.back().id = "s" + std::to_string(i);
    }
    for (const std::size_t chosen : {0UZ, 1UZ, 50UZ, 98UZ, 99UZ}) {
        const std::string text = text_of(view, {.chosen = chosen});
        EXPECT_NE(text.find("\n> s" + std::to_string(chosen) + ' '), std::string::npos) << text;
        EXPECT_EQ(text.substr(text.size() - kKeys.size()), kKeys);
        EXPECT_NE(text.find("\nsites    unknown: it is not a Go program\n"), std::string::npos) << text;
        EXPECT_EQ(std::ranges::count(text, '\n'), 24);
    }
}

TEST(TopText, FitsIntoAnyWindow)
{
    const TopView view{.time_unix_s = 1, .sessions = {held_go(), plain_c(), held_go()}};
    for (std::size_t width = 1; width < 130; ++width)
        for (std::size_t height = 1; height < 40; ++height) {
            const auto lines = top_lines(view, {.chosen = 1, .message = "said", .width = width, .height = height});
            ASSERT_EQ(lines.size(), height);
            for (const TopLine &line : lines)
                ASSERT_LE(shown_width(line.text), width) << line.text;
        }
}

TEST(TopText, NamesAreHostile)
{
    TopSession session = held_go();
    session.id = "x\x1b[2J";
    session.tool = "\x9b";
    session.command = {"a\nb", "\xff"};
    session.sites = {{"main.\x1b]0;title\x07", "/a/\r.go", 1, 5, 1}};
    const std::string text =
        text_of({.time_unix_s = 1, .sessions = {session}}, {.message = "written: \x1b[m", .width = 120});
    for (const TopLine &line : top_lines({.time_unix_s = 1, .sessions = {session}}, {.message = "\x07"}))
        EXPECT_TRUE(std::ranges::none_of(line.text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    EXPECT_NE(text.find("x\\x1b[2J: held: 'a"), std::string::npos) << text;
    EXPECT_NE(text.find("main.\\x1b]0;title\\x07 \\x0d.go:1"), std::string::npos) << text;
}

TEST(TopText, StylesAreOfWholeLines)
{
    const auto lines = top_lines({.time_unix_s = 1, .sessions = {plain_c(), held_go()}}, {.chosen = 1});
    const auto with = [&lines](TopStyle style) {
        return std::ranges::count_if(lines, [style](const TopLine &line) { return line.style == style; });
    };
    EXPECT_EQ(lines[3].style, TopStyle::chosen);
    EXPECT_TRUE(lines[2].text.ends_with("gdb 12")); // no blanks at the end
    EXPECT_EQ(with(TopStyle::chosen), 1);
    EXPECT_EQ(with(TopStyle::alarm), 1); // its memory
    EXPECT_EQ(with(TopStyle::title), 3);
}

TEST(TopText, ABarIsAsLongAsWhatIsUsed)
{
    TopSession session = held_go();
    const auto bar = [&session] {
        for (const TopLine &line : top_lines({.time_unix_s = 1, .sessions = {session}}, {}))
            if (line.text.starts_with("memory"))
                return line.text.substr(0, line.text.find(']') + 1);
        return std::string("none");
    };
    session.used_bytes = 0;
    EXPECT_EQ(bar(), "memory   [.........................................|..]");
    session.used_bytes = 64 * kMiB;
    EXPECT_EQ(bar(), "memory   [#####################..................|..]");
    session.used_bytes = 500 * kMiB; // its cap has been lowered
    EXPECT_EQ(bar(), "memory   [######################################|##]");
    session.fuse = Limit();
    session.used_bytes = 128 * kMiB;
    EXPECT_EQ(bar(), "memory   [" + std::string(55, '#') + "]");
}

TEST(TopJson, IsOneLineAndLeavesOutNothing)
{
    TopSession session = plain_c();
    session.id = "\xff";
    const std::string line = top_json({.time_unix_s = 1700000000, .sessions = {held_go(), session}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto read = parse_json(line);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->find("time_unix_s")->whole<int>(), 1700000000);
    const Json::Array &sessions = *read->find("sessions")->items();
    ASSERT_EQ(sessions.size(), 2U);
    EXPECT_EQ(*sessions[0].find("state")->string(), "held");
    EXPECT_EQ(sessions[0].find("cap_bytes")->whole<std::uint64_t>(), 128 * kMiB);
    EXPECT_EQ(sessions[0].find("fuse_bytes")->whole<std::uint64_t>(), 120 * kMiB);
    EXPECT_EQ(sessions[0].find("go")->find("cycles")->whole<int>(), 22);
    EXPECT_EQ(*sessions[0].find("sites")->items()->front().find("function")->string(), "main.leakForever");
    EXPECT_EQ(*sessions[1].find("cap_bytes")->string(), "infinity");
    EXPECT_TRUE(sessions[1].find("go")->is_null());
    EXPECT_TRUE(sessions[1].find("growth_bytes_per_s")->is_null());
    EXPECT_EQ(*sessions[1].find("sites_unknown")->string(), "it is not a Go program");
}

} // namespace
} // namespace dbgscope
