// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_memory.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(KernelMemory, TheSumIsTheKernelsAndTheLargestPartIsNamed)
{
    const auto tables = kernel_memory_of("anon 9000000\nkernel 900\nkernel_stack 100\npagetables 600\nslab 150\n");
    EXPECT_EQ(tables.bytes, 900U);
    EXPECT_EQ(tables.largest, "page tables");
    EXPECT_EQ(tables.largest_bytes, 600U);
    EXPECT_TRUE(kernel_memory_of("kernel 900\nslab 700\nslab_reclaimable 700\n").largest.starts_with("slab "));
}

TEST(KernelMemory, WhatIsInTheSumAloneIsPages)
{
    const auto pipes = kernel_memory_of("kernel 900\nslab 100\n");
    EXPECT_TRUE(pipes.largest.starts_with("pages ")) << pipes.largest;
    EXPECT_EQ(pipes.largest_bytes, 800U);
}

TEST(KernelMemory, BeforeLinux518TheSumIsThatOfItsParts)
{
    const auto old = kernel_memory_of("anon 5\nkernel_stack 100\npagetables 600\npercpu 50\nslab 150\n");
    EXPECT_EQ(old.bytes, 900U);
    EXPECT_EQ(old.largest, "page tables");
    EXPECT_EQ(kernel_memory_of("").bytes, 0U);
    EXPECT_EQ(kernel_memory_of("").largest, "");
}

} // namespace
} // namespace dbgscope
