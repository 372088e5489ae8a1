// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/growth.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"
#include "tools/inspect/function_name.hpp"

namespace dbgscope {
namespace {

StackFrame frame(std::string function, std::string file = {}, int line = 0, std::string module = "/src/app")
{
    return {.frame = {.function = std::move(function), .file = std::move(file), .line = line},
            .module = std::move(module)};
}

TEST(FunctionName, IsWhatPeopleWrite)
{
    EXPECT_EQ(function_name("leak_node"), "leak_node");
    EXPECT_EQ(function_name("main.grow"), "main.grow");
    EXPECT_EQ(function_name("_ZN6Server8rememberEi"), "Server::remember");
    EXPECT_EQ(function_name("_ZNK6Server4seenERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"), "Server::seen");
    EXPECT_EQ(function_name("_ZN12_GLOBAL__N_14growEv"), "(anonymous namespace)::grow");
    EXPECT_EQ(function_name("_ZZ4workvENKUlvE_clEv"), "work()::{lambda()#1}::operator()");
    EXPECT_EQ(function_name("_ZN4leak4grow17h0123456789abcdefE"), "leak::grow");
    EXPECT_EQ(function_name("_Znwm"), "operator new");
    EXPECT_EQ(function_name("_Zgarbage"), "_Zgarbage");
    const std::string endless = "_ZN" + std::string(100'000, '1');
    EXPECT_EQ(function_name(endless.c_str()), endless);
    // pair<pair<…>, pair<…>>: each level names the one before twice, and all of it would be 2^35 times as long
    std::string doubling = "_Z1fSt4pairI1AS0_E";
    for (const char digit : std::string("123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        doubling += std::string("S_IS") + digit + "_S" + digit + "_E";
    EXPECT_EQ(function_name(doubling.c_str()), doubling);
}

TEST(Growth, TheSiteIsTheInnermostLineThatIsOnesOwn)
{
    EXPECT_EQ(own_frame({frame("_int_malloc", {}, 0, "/lib/libc.so.6"), frame("malloc", {}, 0, "/lib/libc.so.6"),
                         frame("leak", "leak.c", 7), frame("main", "leak.c", 20)}),
              2U);
    EXPECT_EQ(own_frame({frame("operator new", {}, 0, "/lib/libstdc++.so.6"),
                         frame("std::allocate", "/usr/include/c++/12/bits/new_allocator.h", 137),
                         frame("Server::remember", "/src/server.cpp", 10)}),
              2U);
    // linked statically: no module of their own, and no line
    EXPECT_EQ(own_frame({frame("_int_malloc"), frame("malloc"), frame("leak", "leak.c", 7)}), 2U);
    EXPECT_EQ(own_frame({frame("malloc"), frame("leak"), frame("main")}), 1U);
    // a library without lines that the program calls
    EXPECT_EQ(own_frame({frame("sqlite3_step", {}, 0, "/lib/libsqlite3.so.0"), frame("query", "main.c", 9)}), 1U);
    EXPECT_EQ(own_frame({frame("alloc::raw_vec", "library/alloc/src/raw_vec.rs", 3), frame("grow", "r.rs", 4)}), 1U);
    EXPECT_EQ(own_frame({frame("malloc"), frame("_start")}), 0U);
}

NamedSample sample(std::vector<StackFrame> stack)
{
    return {.pid = 1,
            .address = 0,
            .bytes = 64 * 4 * kKiB,
            .stack = std::make_shared<const std::vector<StackFrame>>(std::move(stack))};
}

GrowthView summed(bool by_stack)
{
    GrowthView view{.program = "/src/app", .pid = 7, .period = 64, .sites = {}};
    std::vector<NamedSample> samples;
    for (int i = 0; i < 30; ++i)
        samples.push_back(
            sample({frame("malloc"), frame("leak", "/src/leak.c", 7), frame("often", "/src/leak.c", 20)}));
    for (int i = 0; i < 10; ++i)
        samples.push_back(
            sample({frame("malloc"), frame("leak", "/src/leak.c", 7), frame("seldom", "/src/leak.c", 30)}));
    for (int i = 0; i < 8; ++i)
        samples.push_back(sample({frame("runtime.mallocgc", "/go/malloc.go", 7), frame("main.f", "/src/main.go", 3)}));
    samples.push_back(sample({frame("malloc"), frame("in_c", "/src/main.go", 5), frame("main.f", "/src/main.go", 30)}));
    samples.push_back({.pid = 1, .address = 0, .bytes = 64 * 2 * kMiB, .stack = nullptr});
    sum_growth(view, samples, by_stack);
    return view;
}

TEST(FunctionName, WhatIsOfGosRuntime)
{
    for (const char *name : {"runtime.mallocgc", "runtime.main", "internal/runtime/maps.(*table).grow",
                             "runtime/internal/syscall.Syscall6", "internal/runtime/syscall.EpollWait"})
        EXPECT_TRUE(is_go_runtime(name)) << name;
    for (const char *name : {"main.main", "runtime/pprof.writeHeap", "internal/poll.(*FD).Read", "runtime", ""})
        EXPECT_FALSE(is_go_runtime(name)) << name;
}

TEST(Growth, SamplesStandForThePagesBetween)
{
    const GrowthView view = summed(false);
    ASSERT_EQ(view.sites.size(), 3U);
    EXPECT_EQ(view.sites[0].frame.function, "(unknown)"); // a huge page
    EXPECT_EQ(view.sites[0].bytes, 64 * 2 * kMiB);
    EXPECT_EQ(view.sites[1].frame.function, "leak");
    EXPECT_EQ(view.sites[1].bytes, 40 * 64 * 4 * kKiB);
    EXPECT_EQ(view.sites[1].callers[0].function, "often");
    EXPECT_EQ(view.go_bytes, 8 * 64 * 4 * kKiB);
    EXPECT_EQ(view.sites[2].frame.function, "in_c"); // of cgo
    EXPECT_EQ(view.sampled_bytes, view.sites[0].bytes + view.sites[1].bytes + view.sites[2].bytes);
    EXPECT_EQ(summed(true).sites.size(), 4U);
}

TEST(Growth, TextSaysWhatWasNotSeen)
{
    GrowthView view = summed(false);
    view.watched = std::chrono::milliseconds(2001);
    view.samples = 49;
    view.before_bytes = 10 * kMiB;
    view.now_bytes = 1010 * kMiB;
    const std::string text = growth_text(view, true);
    EXPECT_NE(text.find("Growth of process 7 (/src/app), watched for 2s; 1 page fault of 64 sampled, 49 samples\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("sampled    140.2M of 1000M that it grew\n"), std::string::npos) << text;
    EXPECT_NE(text.find("is seen by root alone"), std::string::npos) << text;
    EXPECT_NE(text.find("Go         2M of that for Go itself"), std::string::npos) << text;
    EXPECT_NE(
        text.find("       10M         40    7 %  leak leak.c:7\n                               < often leak.c:20\n"),
        std::string::npos)
        << text;
    view.lost = 3;
    view.left_out = 200;
    EXPECT_NE(
        growth_text(view, false).find("49 samples, 3 lost and made up for, 200 left out to spare it and made up for\n"),
        std::string::npos);
    view.with_kernel = true;
    EXPECT_EQ(growth_text(view, false).find("root alone"), std::string::npos);
    GrowthView still{.program = "/src/app", .pid = 7, .sites = {}};
    EXPECT_NE(growth_text(still, false).find("Nothing was seen to grow."), std::string::npos);
}

/// pid, tid, address, abi, 17 registers, the stack's size, the stack, how much of it was used, the page's size.
std::vector<std::byte> record(std::uint64_t abi, std::uint64_t stack_bytes, std::uint64_t used)
{
    std::vector<std::byte> bytes;
    const auto put = [&bytes](auto value) {
        const std::size_t at = bytes.size();
        bytes.resize(at + sizeof value);
        std::memcpy(bytes.data() + at, &value, sizeof value);
    };
    put(std::uint32_t{5});
    put(std::uint32_t{6});
    put(std::uint64_t{0x1000});
    put(abi);
    for (std::uint64_t i = 0; i < FaultSample::kRegisters; ++i)
        put(100 + i);
    put(stack_bytes);
    bytes.resize(bytes.size() + 16, std::byte{9});
    put(used);
    put(std::uint64_t{2 * kMiB});
    return bytes;
}

TEST(FaultRecord, IsReadAndChecked)
{
    FaultSample sample;
    ASSERT_TRUE(read_fault_record(record(2, 16, 8), true, sample));
    EXPECT_EQ(sample.pid, 5);
    EXPECT_EQ(sample.tid, 6);
    EXPECT_EQ(sample.address, 0x1000U);
    EXPECT_EQ(sample.page_bytes, 2 * kMiB);
    EXPECT_EQ(sample.stack.size(), 8U);
    EXPECT_EQ(sample.registers[0], 100U);                            // ax
    EXPECT_EQ(sample.registers[3], 101U);                            // bx
    EXPECT_EQ(sample.registers[FaultSample::kStackPointer], 107U);   // sp
    EXPECT_EQ(sample.registers[FaultSample::kProgramCounter], 108U); // ip
    EXPECT_EQ(sample.registers[15], 116U);                           // r15
    EXPECT_FALSE(read_fault_record(record(1, 16, 8), true, sample)) << "32-bit";
    EXPECT_FALSE(read_fault_record(record(2, 1 << 20, 8), true, sample)) << "longer than the record";
    ASSERT_TRUE(read_fault_record(record(2, 16, 999), true, sample));
    EXPECT_EQ(sample.stack.size(), 16U);
    const auto whole = record(2, 16, 8);
    for (std::size_t size = 0; size < whole.size(); size += 8)
        EXPECT_FALSE(read_fault_record(std::span(whole).first(size), true, sample)) << size;
}

} // namespace
} // namespace dbgscope
