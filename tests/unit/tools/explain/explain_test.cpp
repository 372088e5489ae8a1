// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/explain.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dbgscope {
namespace {

struct NamedLog {
    std::string name, content;
};

Explanation explain(const std::vector<NamedLog> &logs, std::optional<std::uint64_t> cap = std::nullopt)
{
    Explainer explainer(cap);
    for (const NamedLog &named : logs) {
        UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
        EXPECT_EQ(::write(file.get(), named.content.data(), named.content.size()),
                  static_cast<ssize_t>(named.content.size()));
        ::lseek(file.get(), 0, SEEK_SET);
        auto log = LogReader::from(std::move(file), named.name);
        EXPECT_TRUE(log);
        EXPECT_TRUE(explainer.read(*log));
    }
    return explainer.finish();
}

std::vector<std::string_view> ids(const Explanation &explanation)
{
    std::vector<std::string_view> all;
    for (const Finding &finding : explanation.findings)
        all.push_back(finding.rule->id);
    return all;
}

constexpr const char *kKernel =
    "[100.000001] leak invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
    "[100.000002] memory: usage 65536kB, limit 65536kB, failcnt 22\n"
    "[100.000003] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/s/debuggee,"
    "task_memcg=/s/debuggee,task=leak,pid=4711,uid=0\n"
    "[100.000004] Memory cgroup out of memory: Killed process 4711 (leak) total-vm:132340kB, anon-rss:61440kB, "
    "file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n";

TEST(Explain, AKillForMemoryExplainsTheStatus)
{
    const auto known = explain({{"dlv.log", "Process 4711 has exited with status -9\n"}, {"kern.log", kKernel}});
    ASSERT_EQ(known.findings.size(), 2U);
    const Finding &kill = known.findings[0];
    EXPECT_EQ(kill.what, "the kernel killed leak (pid 4711, 60M): the limit of 64M of /s/debuggee was used up");
    EXPECT_EQ(kill.first.line, 4U);
    ASSERT_EQ(kill.explains.size(), 1U);
    EXPECT_EQ(kill.explains[0].certainty, Certainty::certain);
    EXPECT_TRUE(known.findings[1].explained);
    const std::string text = explanation_text(known, false);
    EXPECT_NE(text.find("   explains dlv.log:1: Process 4711 has exited with status -9"), std::string::npos) << text;
    EXPECT_EQ(text.find("\n2. "), std::string::npos) << text;
}

/// A report whose middle has been lost, as the kernel's rate limit loses it, is not completed from another one.
TEST(Explain, ALimitIsOfItsOwnReport)
{
    const std::string begin = "[100.1] leak invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n";
    const std::string usage = "[100.2] memory: usage 65536kB, limit 65536kB, failcnt 22\n";
    const auto kill = [](int pid) {
        return fmt::format("[100.3] Memory cgroup out of memory: Killed process {} (leak) total-vm:132340kB, "
                           "anon-rss:61440kB, file-rss:2580kB, shmem-rss:0kB, UID:0 pgtables:160kB oom_score_adj:0\n",
                           pid);
    };
    const auto said = [](const std::vector<NamedLog> &logs) {
        std::string all;
        for (const Finding &finding : explain(logs).findings)
            all += finding.what + '\n';
        return all;
    };
    const std::string known = "the kernel killed leak (pid 4711, 60M): the limit of 64M was used up\n";
    const std::string unknown = "the kernel killed leak (pid 4712, 60M): its cgroup's limit was used up\n";
    EXPECT_EQ(said({{"k", begin + usage + kill(4711) + begin + kill(4712)}}), known + unknown);
    EXPECT_EQ(said({{"k", begin + usage + kill(4711) + kill(4712)}}), known + unknown) << "after a kill";
    EXPECT_EQ(said({{"k", begin + usage + begin + kill(4712)}}), unknown) << "a report without its kill";
    EXPECT_EQ(said({{"k", begin + usage}, {"l", kill(4712)}}), unknown) << "another log";
}

TEST(Explain, AnotherPidIsOnlyAPossibility)
{
    const auto known = explain({{"dlv.log", "Process 12 has exited with status -9\n"}, {"kern.log", kKernel}});
    ASSERT_EQ(known.findings.size(), 2U);
    EXPECT_FALSE(known.findings[1].explained);
    EXPECT_NE(explanation_text(known, false).find("may explain dlv.log:1"), std::string::npos);
}

TEST(Explain, ABuildKilledNamesTheCompilerTheKernelKilled)
{
    std::string kernel = kKernel;
    for (std::size_t at = kernel.find("leak"); at != std::string::npos; at = kernel.find("leak", at))
        kernel.replace(at, 4, "compile");
    const auto known =
        explain({{"b.log", "go build runtime: /usr/lib/go-1.19/pkg/tool/linux_amd64/compile: signal: killed\n"},
                 {"k", kernel}});
    ASSERT_EQ(known.findings.size(), 2U);
    EXPECT_EQ(known.findings[0].explains.at(0).certainty, Certainty::probable);
}

TEST(Explain, TheSameAgainIsCounted)
{
    std::string log;
    for (int i = 0; i < 1000; ++i)
        log += "Warning: debugging optimized function\n";
    const auto known = explain({{"x", log}});
    ASSERT_EQ(known.findings.size(), 1U);
    EXPECT_EQ(known.findings[0].count, 1000U);
    EXPECT_EQ(known.findings[0].last.line, 1000U);
}

TEST(Explain, FindingsAreBounded)
{
    std::string log;
    for (int i = 0; i < 5000; ++i)
        log += fmt::format("No source file named f{}.c.\n", i);
    const auto known = explain({{"x", log}});
    EXPECT_EQ(known.findings.size(), kMaxFindings);
    EXPECT_EQ(known.unlisted, 5000 - kMaxFindings);
    EXPECT_NE(explanation_text(known, false).find("and 4980 more"), std::string::npos);
}

TEST(Explain, WrappingsAreTakenOff)
{
    for (
        const std::string line : {
            "\x1b[31mptrace: \x1b[0mOperation not permitted.",
            "(gdb) ptrace: Operation not permitted.",
            "Nov 22 10:00:00 host gdb[12]: ptrace: Operation not permitted.",
            "2026-11-22T10:00:00+01:00 host gdb[12]: ptrace: Operation not permitted.",
            R"({"type":"event","event":"output","body":{"category":"console","output":"ptrace: Operation not permitted.\n"}})",
        })
        EXPECT_EQ(ids(explain({{"x", line + "\n"}})), std::vector<std::string_view>{"attach-refused"}) << line;
    EXPECT_EQ(
        ids(explain(
            {{"x",
              R"(C {"seq":7,"body": {"error":{"id":2,"format":"Command failed: location \"main.f\" not found"}}})"}})),
        std::vector<std::string_view>{"location-not-found"});
}

TEST(Explain, ClocksOfTimeStamps)
{
    const auto clock = [](std::string_view line) { return plain_lines(line).front().clock; };
    EXPECT_DOUBLE_EQ(clock("[  123.5] x").uptime_s.value_or(0), 123.5);
    EXPECT_DOUBLE_EQ(clock("3,5630,12966526368,-;x").uptime_s.value_or(0), 12966.526368);
    EXPECT_DOUBLE_EQ(clock("1970-01-02T01:00:00+0100 h p: x").epoch_s.value_or(0), 86400);
    EXPECT_DOUBLE_EQ(clock("1970-01-02T00:00:01Z x").epoch_s.value_or(0), 86401);
    EXPECT_FALSE(clock("1970-01-02T00:00:01 x").epoch_s);
    EXPECT_DOUBLE_EQ(clock("22493 10:00:00.5 +++ killed by SIGKILL +++").day_s.value_or(0), 36000.5);
    EXPECT_DOUBLE_EQ(clock("[pid 7] 1763805600.25 x").epoch_s.value_or(0), 1763805600.25);
    EXPECT_DOUBLE_EQ(clock("[Sun Nov 22 10:00:01 2026] x").day_s.value_or(0), 36001);
    EXPECT_DOUBLE_EQ(clock("2026/11/22 10:00:02 x").day_s.value_or(0), 36002);
    EXPECT_DOUBLE_EQ(clock("M=1531 P=1 G=1 Metric Time=42273122498688 Name=x").uptime_s.value_or(0), 42273.122498688);
    EXPECT_FALSE(clock("M=1531 said Timeout=5").uptime_s);
    for (const char *odd :
         {"", "[", "[]", "[.] x", "1", "12345678901234567890123456789012345678901", "99:99:99", "-;", ",,,-;",
          "9999-99-99T99:99:99+99", "\x1b", "\x1b[", "{\"output\":\"", "{\"output\":\"\\u", "{\"output\":\"\\"})
        (void)plain_lines(odd);
}

TEST(Explain, LogsAreJoinedOnTheClockTheyShare)
{
    const NamedLog kernel{"kern.log", "Nov 22 10:00:05 h kernel: " +
                                          std::string(kKernel).substr(std::string(kKernel).find("Memory cgroup"))};
    const NamedLog strace{"st.log", "4711 10:00:05.250000 +++ killed by SIGKILL +++\n"};
    const NamedLog plain{"dlv.log", "Process 4711 has exited with status -9\n"};
    const auto joined = explain({strace, kernel, plain});
    EXPECT_EQ(joined.time_line.clock, "time of day");
    ASSERT_EQ(joined.time_line.events.size(), 2U);
    EXPECT_EQ(joined.time_line.events[0].place.log, 1U);
    ASSERT_EQ(joined.time_line.left_out.size(), 1U);
    EXPECT_EQ(joined.time_line.left_out[0], "dlv.log: no time stamps");
    EXPECT_NE(explanation_text(joined, false).find("10:00:05.250000  st.log:1"), std::string::npos);
    const auto apart = explain({plain, kernel});
    EXPECT_TRUE(apart.time_line.clock.empty());
    EXPECT_NE(explanation_text(apart, false).find("cannot be put in one order"), std::string::npos);
}

TEST(Explain, AGoTraceIsJoinedWithTheKernelsLog)
{
    const NamedLog trace{"trace.txt",
                         "M=1 P=1 G=1 Metric Time=99500000000 Name=\"/gc/heap/goal:bytes\" Value=Uint64(76282450)\n"};
    const auto joined = explain({{"kern.log", std::string(kKernel)}, trace});
    EXPECT_EQ(joined.time_line.clock, "seconds since the machine's start");
    ASSERT_EQ(joined.time_line.events.size(), 2U);
    EXPECT_EQ(joined.time_line.events[0].what, "the next collection was due at 76282450 bytes of heap");
    EXPECT_EQ(joined.time_line.events[1].place.log, 0U);
}

/// nvim-dap 0.10's own log at level DEBUG: Lua tables, whose time (UTC) stands on the line they begin on.
TEST(Explain, NvimDapsOwnLogIsRead)
{
    const std::string log =
        "[DEBUG] 1970-01-02 00:00:01 dap/session.lua:1068\t1\t{\n"
        "  body = {\n"
        "    category = \"stderr\",\n"
        "    output = \"Build Error: go build\\n# x\\n./main.go:3:2: undefined: \\226\\128\\152y\\n\"\n"
        "  },\n"
        "  event = \"output\",\n"
        "  type = \"event\"\n"
        "}\n"
        "[DEBUG] 1970-01-02 00:00:03 dap/session.lua:1068\t1\t{\n"
        "  body = {\n"
        "    error = {\n"
        "      format = 'Failed to launch: could not launch process: fork/exec /tmp/\"x\": permission "
        "denied',\n"
        "      id = 3000\n"
        "    }\n"
        "  },\n"
        "  message = \"Failed to launch\",\n"
        "  success = false,\n"
        "  type = \"response\"\n"
        "}\n"
        "[WARN] 1970-01-02 00:00:04 dap/session.lua:1518\t\"ptrace: Operation not permitted.\"\n";
    const auto known = explain({{"dap.log", log}});
    const auto found = [&known](std::string_view id) {
        return std::ranges::find(known.findings, id, [](const Finding &finding) { return finding.rule->id; });
    };
    const auto refused = found("exec-denied"), attach = found("attach-refused");
    ASSERT_TRUE(refused != known.findings.end() && attach != known.findings.end()) << explanation_text(known, false);
    EXPECT_EQ(refused->first.line, 12U);
    EXPECT_DOUBLE_EQ(refused->first.clock.epoch_s.value_or(0), 86403);
    EXPECT_DOUBLE_EQ(attach->first.clock.epoch_s.value_or(0), 86404);
    const auto build = plain_lines("    output = \"a\\n\\tb \\\"c\\\" \\9\\65\\0667\"");
    ASSERT_EQ(build.size(), 2U);
    EXPECT_EQ(build[1].text, "b \"c\" \tAB7");
    EXPECT_TRUE(build[1].of_entry);
    for (const char *odd :
         {"output = \"", "output = '\\", "  message = \"\\9", "[DEBUG] 2026-11-30 00:22:14 a.lua:1\t\"",
          "[DEBUG] 2026-11-30 00:22:14 a.lua:1\t", "[] 2026-11-30 00:22:14 .lua:\t'\t'"})
        (void)plain_lines(odd);
}

TEST(Explain, JsonTellsTheTimeToo)
{
    const auto clock = [](std::string_view line) { return plain_lines(line).front().clock; };
    EXPECT_DOUBLE_EQ(clock(R"({"__REALTIME_TIMESTAMP":"86401500000","MESSAGE":"x"})").epoch_s.value_or(0), 86401.5);
    EXPECT_DOUBLE_EQ(clock(R"({"time":"1970-01-02T00:00:01.5Z","level":"INFO","msg":"x"})").epoch_s.value_or(0),
                     86401.5);
    EXPECT_DOUBLE_EQ(clock(R"({"level":"info","ts":1763805600.25,"msg":"x"})").epoch_s.value_or(0), 1763805600.25);
    EXPECT_DOUBLE_EQ(
        clock(R"(1970-01-02T00:00:02Z debug layer=dap [-> to client]{"type":"event","body":{"output":"x"}})")
            .epoch_s.value_or(0),
        86402);
    EXPECT_FALSE(clock(R"({"ts":"soon","msg":"x"})").epoch_s);
}

TEST(Explain, TheCapComesFromOurOwnLine)
{
    const std::string ours =
        "dbgscope: running in dlv-debug-p1-2 (plain cgroup), cap 128M for the debuggee (fuse at 120M), "
        "192M in all, GOMEMLIMIT 112M\n";
    EXPECT_EQ(explain({{"x", ours}}).cap_bytes, 128U << 20);
    EXPECT_EQ(explain({{"x", ours}}, 5).cap_bytes, 5U);
    EXPECT_EQ(explain({{"x", "dbgscope: running in run-p1-2.scope, memory limit 64M (cap)\n"}}).cap_bytes, 64U << 20);
}

TEST(Explain, UnknownMeansSaidSo)
{
    const auto nothing = explain({{"x", "hello\nworld\n"}});
    EXPECT_FALSE(nothing.anything());
    EXPECT_EQ(explanation_text(nothing, false), "Nothing known in 2 lines of x.\n");
}

TEST(Explain, JsonIsValidWhateverTheLogHolds)
{
    const auto known = explain({{"a\xff\x1b.log", "No source file named \xff\x1b[2Jx\x01.c.\n"}});
    const auto json = nlohmann::json::parse(explanation_json(known));
    EXPECT_EQ(json["findings"][0]["rule"], "gdb-no-file");
    EXPECT_EQ(json["schema"], 1);
    const std::string text = explanation_text(known, false);
    EXPECT_EQ(std::ranges::count_if(text, [](char c) { return c == '\x1b' || c == '\x01'; }), 0);
}

} // namespace
} // namespace dbgscope
