// SPDX-License-Identifier: Apache-2.0
#include "kernel/pressure.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "probe/meminfo.hpp"

namespace dbgscope {
namespace {

constexpr const char *kGood = "some avg10=8.81 avg60=17.16 avg300=100.00 total=50792969\n"
                              "full avg10=0.00 avg60=0.10 avg300=0.00 total=18446744073709551615\n";

TEST(Pressure, BothLines)
{
    Pressure pressure;
    ASSERT_TRUE(parse_pressure(kGood, pressure));
    EXPECT_EQ(pressure.some, (PressureLine{8.81, 17.16, 100, 50792969}));
    EXPECT_EQ(pressure.full, (PressureLine{0, 0.1, 0, ~std::uint64_t{0}}));
}

TEST(Pressure, CpuOfOldKernelsHasNoFullLine)
{
    Pressure pressure;
    ASSERT_TRUE(parse_pressure("some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n", pressure));
    EXPECT_EQ(pressure.full, PressureLine{});
}

TEST(Pressure, Garbage)
{
    Pressure pressure;
    for (const char *const bad :
         {"", "\n", "full avg10=0 avg60=0 avg300=0 total=0\n", "some avg10=nan avg60=0 avg300=0 total=0\n",
          "some avg10=-1 avg60=0 avg300=0 total=0\n", "some avg10=1e9 avg60=0 avg300=0 total=0\n",
          "some avg10=0 avg60=0 avg300=0\n", "some avg10=0,5 avg60=0 avg300=0 total=0\n",
          "some avg10=0 avg60=0 avg300=0 total=99999999999999999999\n", "somewhat avg10=0\n",
          "some avg10=0 avg60=0 avg300=0 total=0\nfull garbage\n"})
        EXPECT_FALSE(parse_pressure(bad, pressure)) << bad;
}

TEST(Pressure, WhyItIsUnknown)
{
    test::FakeRoot root;
    Reader reader(root.path());
    MemoryFacts memory;
    probe_system_pressure(reader, memory);
    EXPECT_EQ(memory.pressure.why(), Why::absent);
    EXPECT_EQ(memory.pressure.detail(), "read /proc/pressure/memory: No such file or directory");

    root.file("/proc/pressure/memory", kGood, 0).file("/proc/pressure/io", "psi\n").file("/proc/pressure/cpu", kGood);
    const test::AsOrdinaryUser user;
    probe_system_pressure(reader, memory);
    EXPECT_EQ(memory.pressure.why(), Why::denied);
    EXPECT_EQ(memory.io_pressure.why(), Why::malformed);
    EXPECT_TRUE(memory.cpu_pressure);
}

TEST(Meminfo, KibBecomesBytes)
{
    test::FakeRoot root;
    root.file("/proc/meminfo",
              "MemTotal:       16266796 kB\nMemFree:         1 kB\nMemAvailable:    9437184 kB\n"
              "SwapCached:            7 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n")
        .file("/proc/sys/vm/swappiness", "60\n");
    Reader reader(root.path());
    MemoryFacts memory;
    probe_memory(reader, memory);
    EXPECT_EQ(memory.total_bytes.value_or(0), 16266796ULL * 1024);
    EXPECT_EQ(memory.available_bytes.value_or(0), 9 * kGiB);
    ASSERT_TRUE(memory.swap_total_bytes);
    EXPECT_EQ(*memory.swap_total_bytes, 0U);
    EXPECT_EQ(memory.swappiness.value_or(0), 60U);
}

TEST(Meminfo, MissingAndGarbage)
{
    test::FakeRoot root;
    root.file("/proc/meminfo", "MemTotal:       lots kB\nMemFree:         1 kB\nSwapTotal: 99999999999999999999 kB\n"
                               "SwapFree: 18446744073709551615 kB\n")
        .file("/proc/sys/vm/swappiness", "9000\n");
    Reader reader(root.path());
    MemoryFacts memory;
    probe_memory(reader, memory);
    EXPECT_EQ(memory.total_bytes.why(), Why::malformed);
    EXPECT_EQ(memory.available_bytes.why(), Why::absent); // before 3.14
    EXPECT_EQ(memory.available_bytes.detail(), "/proc/meminfo has no MemAvailable:");
    EXPECT_EQ(memory.swap_total_bytes.why(), Why::malformed);
    EXPECT_EQ(memory.swap_free_bytes.why(), Why::malformed);
    EXPECT_EQ(memory.swappiness.why(), Why::malformed);

    root.remove("/proc");
    probe_memory(reader, memory);
    EXPECT_EQ(memory.total_bytes.why(), Why::absent);
    EXPECT_EQ(memory.total_bytes.detail(), "read /proc/meminfo: No such file or directory");
}

} // namespace
} // namespace dbgscope
