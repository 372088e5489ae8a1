// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cpu_join.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"
#include "tools/inspect/cpu_sampler.hpp"

namespace dbgscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Frame line(std::string function, int number = 1)
{
    return {.function = std::move(function), .file = "/src/main.go", .line = number};
}

CpuStack stack(std::uint64_t samples, std::vector<Frame> frames)
{
    std::vector<StackFrame> whole;
    for (Frame &frame : frames)
        whole.push_back({.frame = std::move(frame), .module = "/src/app"});
    return {.frames = std::make_shared<const std::vector<StackFrame>>(std::move(whole)), .samples = samples};
}

CpuProfile profile()
{
    CpuProfile found{.program = "/src/app", .pid = 7, .is_go = true};
    found.begin = {.unix_ns = 100 * kSecond, .monotonic_ns = 10 * kSecond};
    found.end = {.unix_ns = 105 * kSecond, .monotonic_ns = 15 * kSecond};
    found.period_ns = 5'000'000;
    found.samples = 1000;
    found.with_kernel = true;
    found.stacks = {stack(700, {line("main.burn", 3), line("main.work"), line("runtime.goexit")}),
                    stack(100, {line("main.burn", 9), line("main.work"), line("runtime.goexit")}),
                    stack(150, {line("runtime.mallocgc"), line("main.burn"), line("main.work")}),
                    stack(40, {line("runtime.scanobject"), line("runtime.gcBgMarkWorker")}),
                    {.frames = nullptr, .samples = 10}};
    return found;
}

CpuInstant instant(bool still)
{
    return {.begin = {.unix_ns = 0, .monotonic_ns = 15 * kSecond + 400'000},
            .end = {.unix_ns = 0, .monotonic_ns = 15 * kSecond + 2'400'000},
            .how = "while its threads were stopped: all of one instant",
            .still = still};
}

HeapView heap()
{
    HeapView view;
    view.sites.push_back({.frame = line("main.hold"), .callers = {line("main.main")}});
    view.sites.back().live.bytes = 48 * kMiB;
    view.sites.back().recent.bytes = kMiB;
    view.sites.push_back({.frame = line("main.hold", 8), .callers = {}});
    view.sites.back().live.bytes = 16 * kMiB;
    view.ranked_bytes = 64 * kMiB;
    return view;
}

GoroutineGroup group(std::vector<std::uint64_t> ids, std::vector<Frame> frames, std::string reason)
{
    return {.state = reason.empty() ? GoroutineState::running : GoroutineState::waiting,
            .reason = std::move(reason),
            .stack = std::move(frames),
            .created_by = {},
            .start = line("main.work"),
            .ids = std::move(ids)};
}

GoroutineView goroutines()
{
    GoroutineView view;
    view.groups = {group({7, 8, 9}, {line("runtime.gopark"), line("main.take"), line("main.work")}, "chan receive"),
                   group({4}, {}, ""), group({2}, {line("runtime.gopark"), line("runtime.bgsweep")}, "GC sweep wait")};
    view.groups.back().of_runtime = true;
    return view;
}

const JoinedFunction *find(const CpuJoin &join, std::string_view name)
{
    for (const JoinedFunction &one : join.functions)
        if (one.function == name)
            return &one;
    return nullptr;
}

TEST(CpuJoin, MeetsInTheNameOfAFunction)
{
    const HeapView held = heap();
    const GoroutineView standing = goroutines();
    const CpuJoin join = join_functions(profile(), instant(true), &held, &standing);
    ASSERT_FALSE(join.functions.empty());
    EXPECT_EQ(join.functions[0].function, "main.burn");
    EXPECT_EQ(join.functions[0].samples, 950U); // two lines of it, and what the runtime did for it
    EXPECT_EQ(join.functions[0].goroutines, 0U);
    const JoinedFunction *work = find(join, "main.work");
    ASSERT_NE(work, nullptr);
    EXPECT_EQ(work->samples, 0U);
    EXPECT_EQ(work->with_callees, 950U);
    EXPECT_EQ(work->goroutines, 4U); // also the one that ran, whose stack is not known
    EXPECT_EQ(work->waits, (std::map<std::string, std::uint64_t>{{"chan receive", 3}, {"running", 1}}));
    const JoinedFunction *hold = find(join, "main.hold");
    ASSERT_NE(hold, nullptr);
    EXPECT_EQ(hold->heap_bytes, 64.0 * kMiB); // as ranked: without what came since
    EXPECT_EQ(find(join, "runtime.scanobject")->samples, 40U);
    EXPECT_EQ(find(join, "(unknown)")->samples, 10U);
    EXPECT_EQ(find(join, "runtime.bgsweep"), nullptr);
    EXPECT_TRUE(find(join, "main.take")->innermost);
}

TEST(CpuJoin, ARecursiveFunctionCountsOnce)
{
    CpuProfile deep = profile();
    deep.stacks = {stack(1000, {line("main.f", 3), line("main.f", 4), line("main.f", 4), line("main.main")})};
    GoroutineView standing;
    standing.groups = {group({1, 2}, {line("main.f"), line("main.f"), line("main.main")}, "sleep")};
    const CpuJoin join = join_functions(deep, instant(true), nullptr, &standing);
    EXPECT_EQ(find(join, "main.f")->with_callees, 1000U);
    EXPECT_EQ(find(join, "main.f")->goroutines, 2U);
}

TEST(CpuJoin, OfCTheInnermostThatIsNoLibrary)
{
    CpuProfile c = profile();
    c.is_go = false;
    c.stacks = {stack(1000, {{.function = "memcpy", .file = {}, .line = 0}, line("serve"), line("main")})};
    const CpuJoin join = join_functions(c, instant(true), nullptr, nullptr);
    EXPECT_EQ(join.functions[0].function, "serve");
    EXPECT_EQ(join.functions[0].samples, 1000U);
    EXPECT_NE(cpu_text(join).find("those of Go programs; dbgscope growth says who grows"), std::string::npos);
}

TEST(CpuJoin, TheGapEndsWhereNothingRanAnyMoreOrAllWasRead)
{
    EXPECT_EQ(instant(true).gap_us(profile()), 400);
    EXPECT_EQ(instant(false).gap_us(profile()), 2400);
}

TEST(CpuJoin, TextSaysWhatIsJoinedAndWhatIsMissing)
{
    const HeapView held = heap();
    const GoroutineView standing = goroutines();
    CpuProfile found = profile();
    const std::string text = cpu_text(join_functions(found, instant(true), &held, &standing));
    EXPECT_NE(text.find("CPU of process 7 (/src/app): 5.00 s of processor time in 5.00 s, 1000 samples\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(", 400 us after that window, while its threads were stopped"), std::string::npos) << text;
    EXPECT_NE(text.find("functions, not goroutines"), std::string::npos) << text;
    EXPECT_NE(text.find("  95 %         95 %          -          -  main.burn main.go\n"), std::string::npos) << text;
    EXPECT_NE(text.find("   0 %          0 %        64M          -  main.hold main.go\n"), std::string::npos) << text;
    EXPECT_NE(text.find("          3  main.take main.go  (3 chan receive)\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("note"), std::string::npos) << text;
    found.with_kernel = false;
    found.lost = 3;
    found.of_others = 5;
    found.samples = 0;
    found.stacks.clear();
    const std::string poor = cpu_text(join_functions(found, instant(true), &held, &standing));
    EXPECT_NE(poor.find("time in system calls is seen by root alone"), std::string::npos) << poor;
    EXPECT_NE(poor.find("3 more samples were lost"), std::string::npos) << poor;
    EXPECT_NE(poor.find("5 more samples are of processes that it started"), std::string::npos) << poor;
    EXPECT_NE(poor.find("it did nothing in that window"), std::string::npos) << poor;
}

TEST(CpuJoin, JsonHasBothClocksAndHostileNamesStayText)
{
    const GoroutineView standing = goroutines();
    CpuProfile found = profile();
    found.stacks.push_back(stack(1, {line("main.\x1b[31m\xff")}));
    const Json json = cpu_json(join_functions(found, instant(true), nullptr, &standing));
    EXPECT_EQ(json.find("gap_us")->whole<int>(), 400);
    EXPECT_EQ(json.find("window")->find("end")->find("monotonic_ns")->whole<std::int64_t>(), 15 * kSecond);
    EXPECT_EQ(*json.find("joined_by")->string(), "function");
    const Json &first = json.find("functions")->items()->front();
    EXPECT_EQ(first.find("cpu_share")->number(), 0.95);
    EXPECT_EQ(first.find("heap_bytes"), nullptr); // unknown
    EXPECT_EQ(first.find("goroutines")->whole<int>(), 0);
    const std::string text = json.dump({.ascii = true});
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
}

std::string record(std::initializer_list<std::uint64_t> words)
{
    std::string bytes;
    for (const std::uint64_t word : words)
        bytes.append(reinterpret_cast<const char *>(&word), sizeof word); // NOLINT(*-reinterpret-cast)
    return bytes;
}

TEST(CpuSamples, AChainIsTheProgramsPartOfARecord)
{
    constexpr auto kUser = static_cast<std::uint64_t>(PERF_CONTEXT_USER);
    pid_t pid = 0;
    std::vector<std::uint64_t> chain;
    const auto read = [&](const std::string &bytes) {
        return read_chain_record(std::as_bytes(std::span(bytes)), pid, chain);
    };
    EXPECT_TRUE(read(record({7UL << 32 | 4711, 3, kUser, 0x401000, 0x402000})));
    EXPECT_EQ(pid, 4711);
    EXPECT_EQ(chain, (std::vector<std::uint64_t>{0x401000, 0x402000}));
    EXPECT_FALSE(read(record({4711, 1, kUser})));           // nothing of the program
    EXPECT_FALSE(read(record({4711, 3, kUser, 0x401000}))); // cut short
    EXPECT_FALSE(read(record({4711, ~0UL, kUser})));
    EXPECT_FALSE(read(record({4711})));
    EXPECT_FALSE(read(""));
}

} // namespace
} // namespace dbgscope
