// SPDX-License-Identifier: Apache-2.0
#include "sys/bus_value.hpp"

#include <cerrno>
#include <limits>

#include <gtest/gtest.h>

#include "bus_peer.hpp"
#include "sys/bus.hpp"

namespace dbgscope {
namespace {

/// Sends a call with one property; `read` looks at it on the other side. True when the answer came.
bool round_trip(const BusValue &value, const std::function<void(const BusLibrary &, sd_bus_message *)> &read)
{
    const BusLibrary &sd = **bus_library();
    test::BusPeer peer([&](test::PeerCall &call) {
        read(sd, call.message());
        call.reply_empty();
    });
    auto bus = ManagerBus::connect({.socket = peer.socket()}, std::chrono::seconds(5));
    if (!bus)
        return false;
    auto message = bus->manager_call("Probe");
    BusWriter out(sd, message->get());
    out.property("P", value);
    PendingCall call;
    return out.status() >= 0 && bus->send(*message, call) &&
           bus->drive(Deadline::clock::now() + std::chrono::seconds(5), [&] { return call.answered(); }) &&
           call.error_name().empty();
}

TEST(BusValue, Numbers)
{
    const char *name = nullptr;
    std::uint64_t limit = 0;
    EXPECT_TRUE(round_trip(std::numeric_limits<std::uint64_t>::max(), [&](const BusLibrary &sd, sd_bus_message *m) {
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "t", &limit), 0);
        EXPECT_STREQ(name, "P");
    }));
    EXPECT_EQ(limit, std::numeric_limits<std::uint64_t>::max());
    int truth = 0;
    EXPECT_TRUE(round_trip(true, [&](const BusLibrary &sd, sd_bus_message *m) {
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "b", &truth), 0);
    }));
    EXPECT_EQ(truth, 1);
    std::int32_t i = 0;
    EXPECT_TRUE(round_trip(std::int32_t{-7}, [&](const BusLibrary &sd, sd_bus_message *m) {
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "i", &i), 0);
    }));
    EXPECT_EQ(i, -7);
    std::uint32_t u = 0;
    EXPECT_TRUE(round_trip(std::uint32_t{0xffffffff}, [&](const BusLibrary &sd, sd_bus_message *m) {
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "u", &u), 0);
    }));
    EXPECT_EQ(u, 0xffffffff);
}

TEST(BusValue, Texts)
{
    const char *name = nullptr;
    std::string first, second;
    EXPECT_TRUE(round_trip(std::string("continue"), [&](const BusLibrary &sd, sd_bus_message *m) {
        const char *text = nullptr;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "s", &text), 0);
        first = text;
    }));
    EXPECT_EQ(first, "continue");
    EXPECT_TRUE(round_trip(std::vector<std::string>{"a", "b"}, [&](const BusLibrary &sd, sd_bus_message *m) {
        const char *a = nullptr;
        const char *b = nullptr;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "as", 2, &a, &b), 0);
        first = a;
        second = b;
    }));
    EXPECT_EQ(first + second, "ab");
    std::vector<unsigned> bytes(2);
    EXPECT_TRUE(round_trip(std::vector<std::uint8_t>{1, 255}, [&](const BusLibrary &sd, sd_bus_message *m) {
        std::uint8_t a = 0, b = 0;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "ay", 2, &a, &b), 0);
        bytes = {a, b};
    }));
    EXPECT_EQ(bytes, (std::vector<unsigned>{1, 255}));
    EXPECT_TRUE(round_trip(std::vector<std::string>{}, [&](const BusLibrary &sd, sd_bus_message *m) {
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "as", 0), 0);
    }));
}

TEST(BusValue, Structures)
{
    const char *name = nullptr;
    EXPECT_TRUE(round_trip(std::vector<PathLimit>{{"/dev/sda", 5}}, [&](const BusLibrary &sd, sd_bus_message *m) {
        const char *path = nullptr;
        std::uint64_t value = 0;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(st)", 1, &path, &value), 0);
        EXPECT_STREQ(path, "/dev/sda");
        EXPECT_EQ(value, 5U);
    }));
    EXPECT_TRUE(round_trip(std::vector<StringPair>{{"/dev/null", "rw"}}, [&](const BusLibrary &sd, sd_bus_message *m) {
        const char *first = nullptr;
        const char *second = nullptr;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(ss)", 1, &first, &second), 0);
        EXPECT_STREQ(second, "rw");
    }));
    const std::vector<AddressPrefix> addresses{{2, {10, 9}, 8}};
    EXPECT_TRUE(round_trip(addresses, [&](const BusLibrary &sd, sd_bus_message *m) {
        std::int32_t family = 0;
        std::uint8_t a = 0, b = 0;
        std::uint32_t prefix = 0;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(iayu)", 1, &family, 2, &a, &b, &prefix), 0);
        EXPECT_EQ(b, 9);
        EXPECT_EQ(prefix, 8U);
    }));
    EXPECT_TRUE(round_trip(NameFilter{true, {"eth0"}}, [&](const BusLibrary &sd, sd_bus_message *m) {
        int allow = 0;
        const char *interface = nullptr;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "(bas)", &allow, 1, &interface), 0);
        EXPECT_EQ(allow, 1);
        EXPECT_STREQ(interface, "eth0");
    }));
    EXPECT_TRUE(round_trip(std::vector<SocketBind>{{2, 6, 10, 8000}}, [&](const BusLibrary &sd, sd_bus_message *m) {
        std::int32_t family = 0, protocol = 0;
        std::uint16_t count = 0, first = 0;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(iiqq)", 1, &family, &protocol, &count, &first), 0);
        EXPECT_EQ(protocol, 6);
        EXPECT_EQ(first, 8000);
    }));
    const char *text = nullptr;
    EXPECT_TRUE(round_trip(
        std::vector<UnitCondition>{{"ConditionHost", false, true, "h"}}, [&](const BusLibrary &sd, sd_bus_message *m) {
            int trigger = 1, negate = 0;
            const char *kind = nullptr;
            EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(sbbs)", 1, &kind, &trigger, &negate, &text), 0);
            EXPECT_STREQ(kind, "ConditionHost");
            EXPECT_EQ(trigger, 0);
            EXPECT_EQ(negate, 1);
            EXPECT_STREQ(text, "h");
        }));
    EXPECT_TRUE(round_trip(std::vector<NftSet>{{3, 1, "t", "s"}}, [&](const BusLibrary &sd, sd_bus_message *m) {
        std::int32_t source = 0, protocol = 0;
        const char *table = nullptr;
        EXPECT_GT(sd.sd_bus_message_read(m, "(sv)", &name, "a(iiss)", 1, &source, &protocol, &table, &text), 0);
        EXPECT_EQ(source, 3);
        EXPECT_EQ(protocol, 1);
        EXPECT_STREQ(table, "t");
        EXPECT_STREQ(text, "s");
    }));
}

TEST(BusValue, KeepsTheFirstFailure)
{
    const BusLibrary &sd = **bus_library();
    test::BusPeer peer([](test::PeerCall &) {});
    auto bus = ManagerBus::connect({.socket = peer.socket()}, std::chrono::seconds(5));
    ASSERT_TRUE(bus);
    auto message = bus->manager_call("Probe");
    BusWriter out(sd, message->get());
    out.text("not utf-8: \xff");
    out.truth(true); // succeeds, and must not hide that
    EXPECT_EQ(out.status(), -EINVAL);
}

} // namespace
} // namespace dbgscope
