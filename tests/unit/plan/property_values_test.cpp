// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>

#include "plan/property/values.hpp"

namespace dbgscope::values {
namespace {

using Bytes = std::vector<std::uint8_t>;

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
