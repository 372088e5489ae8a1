// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>

#include "plan/property/values.hpp"

namespace dbgscope::values {
namespace {

constexpr std::uint64_t kHighest = ~std::uint64_t{0};
using Bytes = std::vector<std::uint8_t>;

TEST(PropertyBoolean, TakesSystemdWords)
{
    for (const char *text : {"1", "yes", "Y", "TRUE", "t", "On"})
        EXPECT_EQ(boolean(text), true) << text;
    for (const char *text : {"0", "no", "N", "False", "f", "oFF"})
        EXPECT_EQ(boolean(text), false) << text;
    for (const char *text : {"", "2", "yess", "01", " yes"})
        EXPECT_FALSE(boolean(text)) << text;
}

TEST(PropertyNumber, RefusesHalfNumbers)
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

TEST(PropertySize, AddsUpFallingUnits)
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

TEST(PropertySize, NeverTurnsANumberIntoInfinity)
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

TEST(PropertyPercentage, InHundredthsOfAPercent)
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

TEST(PropertyPercentage, ScaledAsSystemdScales)
{
    EXPECT_EQ(scale_from_permyriad(0), 0u);
    EXPECT_EQ(scale_from_permyriad(5000), 0x80000000u);
    EXPECT_EQ(scale_from_permyriad(10000), 0xffffffffu);
    EXPECT_EQ(scale_from_permyriad(1), 429497u);
}

TEST(PropertyTime, InfinityOnTheBus)
{
    EXPECT_EQ(usec("2min"), 120'000'000u);
    EXPECT_EQ(usec("infinity"), kHighest);
    EXPECT_EQ(usec("5", std::chrono::microseconds(1)), 5u);
    EXPECT_EQ(usec("x").error(), "not a number");
}

TEST(PropertySignal, NamesAndNumbers)
{
    EXPECT_EQ(signal("TERM"), SIGTERM);
    EXPECT_EQ(signal("SIGKILL"), SIGKILL);
    EXPECT_EQ(signal("SIGIO"), SIGIO);
    EXPECT_EQ(signal("15"), 15);
    EXPECT_EQ(signal("64"), 64);
    EXPECT_EQ(signal("RTMIN"), SIGRTMIN);
    EXPECT_EQ(signal("SIGRTMIN+3"), SIGRTMIN + 3);
    EXPECT_EQ(signal("RTMAX-1"), SIGRTMAX - 1);
    for (const char *text :
         {"", "0", "65", "-9", "TERMX", "SIG", "SIGSIGTERM", "RTMIN+99", "RTMIN-1", "RTMIN+", "term"})
        EXPECT_FALSE(signal(text)) << text;
}

TEST(PropertyIndexSet, BitsInBytes)
{
    EXPECT_EQ(index_set(""), Bytes{});
    EXPECT_EQ(index_set("0"), Bytes{0x01});
    EXPECT_EQ(index_set("0-3,5 7"), Bytes{0xaf});
    EXPECT_EQ(index_set("9,1-2"), (Bytes{0x06, 0x02}));
    EXPECT_EQ(index_set("8191")->size(), 1024u);
    for (const char *text : {"8192", "0-4294967295", "3-1", "-1", "1-", "a", "1--2", "1;2", "18446744073709551616"})
        EXPECT_FALSE(index_set(text)) << text;
}

TEST(PropertyAddresses, PrefixesAndShortcuts)
{
    const auto one = addresses("10.1.2.0/24");
    ASSERT_TRUE(one);
    EXPECT_EQ(*one, (std::vector<AddressPrefix>{{2, {10, 1, 2, 0}, 24}}));
    const auto list = addresses("192.168.0.1 fe80::/10 localhost");
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 4u);
    EXPECT_EQ((*list)[0].prefix, 32u);
    EXPECT_EQ((*list)[1].family, 10);
    EXPECT_EQ((*list)[1].address[1], 0x80);
    EXPECT_EQ((*list)[2], (AddressPrefix{2, {127, 0, 0, 0}, 8}));
    EXPECT_EQ((*list)[3].address[15], 1);
    EXPECT_EQ(addresses("any")->size(), 2u);
    EXPECT_EQ(addresses("")->size(), 0u);
    for (const char *text : {"10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "any/8",
                             "nowhere", "256.0.0.1", "fe80::1%eth0"})
        EXPECT_FALSE(addresses(text)) << text;
}

TEST(PropertySocketBind, FamilyProtocolPorts)
{
    EXPECT_EQ(socket_bind("any"), (SocketBind{0, 0, 0, 0}));
    EXPECT_EQ(socket_bind("8080"), (SocketBind{0, 0, 1, 8080}));
    EXPECT_EQ(socket_bind("tcp:8000-8010"), (SocketBind{0, 6, 11, 8000}));
    EXPECT_EQ(socket_bind("ipv6:udp:1-65535"), (SocketBind{10, 17, 65535, 1}));
    EXPECT_EQ(socket_bind("ipv4:any"), (SocketBind{2, 0, 0, 0}));
    EXPECT_EQ(socket_bind("ipv4"), (SocketBind{2, 0, 0, 0}));
    EXPECT_EQ(socket_bind("ipv4:tcp"), (SocketBind{2, 6, 0, 0}));
    for (const char *text :
         {"", "0", "65536", "tcp:", "ipv4:", "tcp:ipv4:80", "icmp:1", "ipv4x", "9-8", "tcp:tcp:1", "ipv4:tcp:80:1"})
        EXPECT_FALSE(socket_bind(text)) << text;
}

TEST(PropertyInterfaces, AllowAndDeny)
{
    EXPECT_EQ(interfaces("lo eth0"), (NameFilter{true, {"lo", "eth0"}}));
    EXPECT_EQ(interfaces("~wg0"), (NameFilter{false, {"wg0"}}));
    for (const char *text : {"sixteencharacters", "a/b", "..", "eth0:1", "\"a b\""})
        EXPECT_FALSE(interfaces(text)) << text;
}

} // namespace
} // namespace dbgscope::values
