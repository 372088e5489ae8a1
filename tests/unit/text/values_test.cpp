// SPDX-License-Identifier: Apache-2.0
#include "text/values.hpp"

#include <gtest/gtest.h>

namespace dbgscope::values {
namespace {

constexpr std::uint64_t kHighest = ~std::uint64_t{0};

TEST(ValueBoolean, TakesSystemdWords)
{
    for (const char *text : {"1", "yes", "Y", "TRUE", "t", "On"})
        EXPECT_EQ(boolean(text), true) << text;
    for (const char *text : {"0", "no", "N", "False", "f", "oFF"})
        EXPECT_EQ(boolean(text), false) << text;
    for (const char *text : {"", "2", "yess", "01", " yes"})
        EXPECT_FALSE(boolean(text)) << text;
}

TEST(ValueNumber, RefusesHalfNumbers)
{
    EXPECT_EQ(number("10000", 1, 10000), 10000u);
    EXPECT_EQ(number("18446744073709551615", 0, kHighest), kHighest);
    EXPECT_EQ(number("0", 1, 10000).error(), "not between 1 and 10000");
    EXPECT_EQ(number("-5", 1, 10000).error(), "negative");
    EXPECT_EQ(number("", 1, 10000).error(), "empty");
    EXPECT_EQ(number("99999999999999999999", 0, kHighest).error(), "not between 0 and 18446744073709551615");
    for (const char *text : {"5x", " 5", "5 ", "0x10", "1e3", "-", "+5"})
        EXPECT_EQ(number(text, 0, kHighest).error(), "not a number") << text;
    EXPECT_EQ(integer("+5", -20, 19), 5);
    EXPECT_EQ(integer("-20", -20, 19), -20);
    EXPECT_FALSE(integer("+-5", -20, 19));
    EXPECT_FALSE(integer("99999999999", -20, 19));
}

TEST(ValueSize, AddsUpFallingUnits)
{
    EXPECT_EQ(size("512M", 1024), 512u << 20);
    EXPECT_EQ(size("10M", 1000), 10'000'000u);
    EXPECT_EQ(size("1.5G", 1024), 1536u << 20);
    EXPECT_EQ(size("1.5K", 1000), 1500u);
    EXPECT_EQ(size("1G 512M", 1024), 1536u << 20);
    EXPECT_EQ(size("1K 1", 1024), 1025u);
    EXPECT_EQ(size("5 K", 1024), 5120u);
    EXPECT_EQ(size("7B", 1024), 7u);
    EXPECT_EQ(size("0", 1024), 0u);
}

TEST(ValueSize, NeverTurnsANumberIntoInfinity)
{
    for (const char *text :
         {"18446744073709551615", "16E", "99999999999999999999", "15E 1024P", "18446744073709551614 1", "17179869184G"})
        EXPECT_FALSE(size(text, 1024)) << text;
    EXPECT_EQ(size("512M 1G", 1024).error(), "units do not fall from left to right");
    EXPECT_EQ(size("1 1", 1024).error(), "units do not fall from left to right");
    EXPECT_EQ(size("12Q", 1024).error(), "unknown unit \"Q\"");
    EXPECT_EQ(size("12k", 1024).error(), "unknown unit \"k\"");
    EXPECT_EQ(size("-1M", 1024).error(), "negative");
    EXPECT_EQ(size("1.M", 1024).error(), "no digit after the point");
    EXPECT_EQ(size("M", 1024).error(), "not a number");
    EXPECT_EQ(size(" ", 1024).error(), "empty");
}

TEST(ValuePercentage, InHundredthsOfAPercent)
{
    EXPECT_EQ(permyriad("50%"), 5000u);
    EXPECT_EQ(permyriad("12.5%"), 1250u);
    EXPECT_EQ(permyriad("0.01%"), 1u);
    EXPECT_EQ(permyriad("125\u2030"), 1250u);
    EXPECT_EQ(permyriad("12.5\u2030"), 125u);
    EXPECT_EQ(permyriad("7\u2031"), 7u);
    EXPECT_EQ(permyriad("250%", true), 25000u);
    EXPECT_EQ(permyriad("101%").error(), "more than 100%");
    EXPECT_EQ(permyriad("100.01%").error(), "more than 100%");
    EXPECT_EQ(permyriad("-5%").error(), "negative");
    EXPECT_EQ(permyriad("1.234%").error(), "more than 2 decimals");
    EXPECT_EQ(permyriad("99999999999999999999%", true).error(), "too large");
    for (const char *text : {"%", "1.%", ".5%", "5x%", "5 %", "5%%", "50"})
        EXPECT_FALSE(permyriad(text)) << text;
}

TEST(ValuePercentage, ScaledAsSystemdScales)
{
    EXPECT_EQ(scale_from_permyriad(0), 0u);
    EXPECT_EQ(scale_from_permyriad(5000), 0x80000000u);
    EXPECT_EQ(scale_from_permyriad(10000), 0xffffffffu);
    EXPECT_EQ(scale_from_permyriad(1), 429497u);
}

TEST(ValueTime, InfinityOnTheBus)
{
    EXPECT_EQ(usec("2min"), 120'000'000u);
    EXPECT_EQ(usec("infinity"), kHighest);
    EXPECT_EQ(usec("5", std::chrono::microseconds(1)), 5u);
    EXPECT_EQ(usec("x").error(), "not a number");
}

} // namespace
} // namespace dbgscope::values
