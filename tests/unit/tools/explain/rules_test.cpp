// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/rules.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tools/explain/explain_line.hpp"
#include "tools/explain/go_checks.hpp"

namespace dbgscope {
namespace {

/// The ids of all rules that match a raw line, through the same steps as explain. `in_debugger_log`: a debugger has
/// spoken in it.
std::set<std::string_view> fires(std::string_view raw, bool in_debugger_log = false)
{
    static const RuleFilter filter;
    std::set<std::string_view> ids;
    const RuleFilter::Rules candidates = filter.candidates(raw);
    for (const PlainLine &line : plain_lines(raw))
        for (std::size_t i = 0; i < rules().size(); ++i)
            if (candidates.test(i))
                if (const auto match = match_rule(rules()[i], line.text);
                    match && (in_debugger_log || !match->if_debugger))
                    ids.insert(rules()[i].id);
    return ids;
}

TEST(Rules, EverySampleFiresItsOwnRuleAndNoOther)
{
    for (const Rule &rule : rules())
        for (const std::string_view sample : rule.samples)
            if (!sample.empty()) {
                const bool alone = fires(sample) == std::set{rule.id};
                EXPECT_TRUE(alone || fires(sample, true) == std::set{rule.id}) << sample;
            }
}

TEST(Rules, EveryPatternHasASample)
{
    for (const Rule &rule : rules())
        for (const std::string_view pattern : rule.patterns)
            if (!pattern.empty()) {
                EXPECT_TRUE(std::ranges::any_of(rule.samples,
                                                [&](std::string_view sample) {
                                                    return !sample.empty() &&
                                                           match_pattern(pattern, plain_lines(sample).front().text);
                                                }))
                    << rule.id << ": " << pattern;
            }
}

TEST(Rules, AreComplete)
{
    std::set<std::string_view> ids;
    for (const Rule &rule : rules()) {
        EXPECT_TRUE(ids.insert(rule.id).second) << rule.id << " is there twice";
        EXPECT_EQ(rule.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos);
        EXPECT_FALSE(rule.applies.empty() || rule.what.empty() || rule.cause.empty() || rule.cure.empty()) << rule.id;
        EXPECT_FALSE(rule.patterns[0].empty() || rule.samples[0].empty()) << rule.id;
        for (const std::string_view cause : rule.caused_by)
            EXPECT_TRUE(cause.empty() || std::ranges::find(rules(), cause, &Rule::id) != rules().end())
                << rule.id << " names no rule: " << cause;
    }
    EXPECT_GE(ids.size(), 120U);
    EXPECT_LE(rules().size(), RuleFilter::kHeard) << "the indices behind the rules are taken";
}

TEST(Rules, WhatIsSaidUsesOnlyWhatWasCaptured)
{
    for (const Rule &rule : rules()) {
        if (rule.id.starts_with("kernel-oom-")) // {size} and {limit} come from the rest of the kernel's report
            continue;
        for (const std::string_view sample : rule.samples)
            if (!sample.empty()) {
                const auto lines = plain_lines(sample); // captures point into it
                const auto match = match_rule(rule, lines.front().text);
                ASSERT_TRUE(match) << sample;
                for (const std::string_view words : {rule.what, rule.cause, rule.cure})
                    EXPECT_EQ(fill_in(words, match->captures).find("?"), words.find("?")) << rule.id << ": " << words;
            }
    }
}

TEST(Rules, OrdinaryOutputFiresNothing)
{
    for (const std::string_view line : {
             "Type 'help' for list of commands.",
             "(dlv) Breakpoint 1 set at 0x49aee0 for main.unused() ./main.go:5",
             "> main.unused() ./main.go:5 (hits goroutine(1):1 total:1) (PC: 0x49aee0)",
             "Process 21391 has exited with status 0",
             "Process 21391 has exited with status 9",
             "DAP server listening at: 127.0.0.1:2345",
             "API server listening at: 127.0.0.1:2345",
             "Starting: /usr/bin/dlv dap --listen=127.0.0.1:2345 --log-dest=3 from /home/me/app",
             "Detaching",
             "dlv dap (4711) exited with code: 0",
             "debugserver-@(#)PROGRAM:LLDB  PROJECT:lldb-1500",
             "Reading symbols from ./cdbg...",
             "Breakpoint 1 at 0x1140: file t.c, line 2.",
             "[Thread debugging using libthread_db enabled]",
             "Using host libthread_db library \"/lib/x86_64-linux-gnu/libthread_db.so.1\".",
             "Breakpoint 1, twice (n=21) at t.c:2",
             "[Inferior 1 (process 21479) exited normally]",
             "Listening on port 1234",
             "Remote debugging from host ::1, port 40000",
             "Child exited with status 0",
             "go: downloading github.com/go-delve/delve v1.24.1",
             "# demo/b",
             "b/main.go:2:15: undefined: undefined_thing",
             "ok  \tdemo\t0.004s",
             "main.go:12: listening on :8080, nothing is in use",
             "warning: GDB: Failed to set controlling terminal: Operation not permitted",
             "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
             "Out of memory is what this test is about",
             "the process was not killed",
         })
        EXPECT_EQ(fires(line), std::set<std::string_view>{}) << line;
}

TEST(Rules, PatternsCapture)
{
    const auto all = match_pattern("^a {x} b {n#} {rest}$", "a one two b 12 and more");
    ASSERT_TRUE(all);
    EXPECT_EQ(fill_in("{x}|{n}|{rest}|{none}", *all), "one two|12|and more|?");
    EXPECT_FALSE(match_pattern("port {n#} taken", "port x taken"));
    EXPECT_TRUE(match_pattern("port {n#} taken", "port x, port 12 taken")) << "the second place";
    EXPECT_FALSE(match_pattern("^port {n#}", "a port 12"));
    EXPECT_FALSE(match_pattern("{word_} is", "is"));
    EXPECT_FALSE(match_pattern("signal: killed$", "signal: killed by me"));
}

TEST(Rules, WhatWasCapturedIsNeverPrintedRaw)
{
    const auto captures = match_pattern("file {name}", "file a\x1b[31m\x07\xff");
    ASSERT_TRUE(captures);
    EXPECT_EQ(fill_in("{name}", *captures), "a\\x1b[31m\\x07\\xff");
}

TEST(Rules, AHostileLineTakesNoTime)
{
    std::string line;
    while (line.size() < 64 * 1024)
        line += "location \"location \"";
    for (const Rule &rule : rules())
        for (int i = 0; i < 10; ++i)
            EXPECT_FALSE(match_rule(rule, line)) << rule.id;
}

TEST(Rules, ABarIsNoneOfGosChecks)
{
    EXPECT_TRUE(begins_as_go_check("GC work not flushed"));
    for (const char *other : {"", "|", "||", "| runtime: out of memory", "|GC work", "GC work|P has"})
        EXPECT_FALSE(begins_as_go_check(other)) << other;
}

TEST(Rules, ThePageHasEveryRule)
{
    const std::string page = rules_page();
    for (const Rule &rule : rules())
        EXPECT_NE(page.find("\n## " + std::string(rule.id) + "\n"), std::string::npos);
}

} // namespace
} // namespace dbgscope
