// SPDX-License-Identifier: Apache-2.0
#include "render/top_text.hpp"

#include <gtest/gtest.h>

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
    EXPECT_EQ(text_of(view, {.chosen = 0, .message = "cap 128M -> 192M"}),
              "dbgscope top: 2 sessions\n"
              "  SESSION                       DEBUGGER   AGE  STATE         MEMORY   GROWTH\n"
              "> dlv-debug-p4711-5f0c9b1d8e7…  dlv 4711  2min  held       120M/128M  +2M/s\n" +
                  std::string(kKeys));
}

} // namespace
} // namespace dbgscope
