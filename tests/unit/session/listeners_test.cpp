// SPDX-License-Identifier: Apache-2.0
#include "session/listeners.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "fake_root.hpp"
#include "sys/fd.hpp"

namespace dbgscope {
namespace {

constexpr const char *kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0929 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 35021 1 000000 100 0 0 "
    "10 0\n"
    "   1: 0100007F:0929 0100007F:B2A4 01 00000000:00000000 00:00000000 00000000  1000        0 35044 1 000000 20 4 30 "
    "10 -1\n"
    "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 000000 100 0 0 10 "
    "0\n"
    "   3: 0100007F:1929 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 36000 1 000000 100 0 0 "
    "10 0\n"
    "   4: 0100007F:0929 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000\n"
    "   5: 0100007F:0A00 0100007F:B2A4 08 00000000:00000000 00:00000000 00000000  1000        0 35045 1 000000 20 4 30 "
    "10 -1\n"
    "   6: 0100007F:0A00 0100007F:B2A6 06 00000000:00000000 00:00000000 00000000  1000        0 35046 1 000000 20 4 30 "
    "10 -1\n"
    "   8: 0100007F:0A00 0100007F:B2A7 08 00000000:00000000 00:00000000 00000000     0        0 0 1 000000 20 4 30 10 "
    "-1\n"
    "   7: 0100007F:0929";
constexpr const char *kTcp6 = "  sl  local_address                         remote_address                        st "
                              "tx_queue rx_queue tr tm->when "
                              "retrnsmt   uid  timeout inode\n"
                              "   0: 00000000000000000000000001000000:0929 00000000000000000000000000000000:0000 0A "
                              "00000000:00000000 00:00000000 "
                              "00000000  1001        0 40000 1 000000 100 0 0 10 0\n";

TEST(PortSockets, AreReadFromBothTables)
{
    EXPECT_EQ(listening_sockets(kTcp, 0x929), (std::vector<PortSocket>{{35021, 1000}}));
    EXPECT_EQ(listening_sockets(kTcp, 22), (std::vector<PortSocket>{{17, 0}}));
    EXPECT_EQ(listening_sockets(kTcp6, 0x929), (std::vector<PortSocket>{{40000, 1001}}));
    EXPECT_TRUE(listening_sockets(kTcp, 0x29).empty());
    EXPECT_TRUE(listening_sockets(kTcp, 0xb2a4).empty());
    EXPECT_TRUE(listening_sockets("", 22).empty());
    EXPECT_EQ(connected_sockets(kTcp, 0x929), (std::vector<PortSocket>{{35044, 1000}}));
    EXPECT_EQ(connected_sockets(kTcp, 0xa00), (std::vector<PortSocket>{{35045, 1000}}))
        << "neither TIME_WAIT nor a socket that nobody has open (inode 0)";
    EXPECT_TRUE(connected_sockets(kTcp, 0xb2a4).empty()) << "the far end's port";
    EXPECT_TRUE(connected_sockets(kTcp, 22).empty());
}

TEST(Holders, OfARealSocketAreFound)
{
    for (const int family : {AF_INET, AF_INET6}) {
        const UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 address{};
        if (family == AF_INET6) {
            address.sin6_family = AF_INET6;
            address.sin6_addr = in6addr_loopback;
        } else {
            auto *const four = reinterpret_cast<sockaddr_in *>(&address);
            four->sin_family = AF_INET;
            four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        }
        auto *const name = reinterpret_cast<sockaddr *>(&address);
        socklen_t length = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        if (::bind(socket.get(), name, length) != 0 || ::listen(socket.get(), 1) != 0)
            continue; // no IPv6 here
        ASSERT_EQ(::getsockname(socket.get(), name, &length), 0);
        const std::uint16_t port = ntohs(address.sin6_port); // the same place in both
        const auto sockets = listening_sockets(port);
        ASSERT_EQ(sockets.size(), 1U);
        EXPECT_EQ(sockets[0].uid, ::geteuid());
        EXPECT_EQ(holders_of(sockets), std::vector<int>{::getpid()});
    }
    EXPECT_TRUE(holders_of({}).empty());
}

TEST(Connected, IsWhoHasASocketThatIsNoListener)
{
    test::FakeRoot root;
    root.file("/proc/9/net/tcp", kTcp).file("/proc/9/net/tcp6", kTcp6);
    const std::string proc = root.path() + "/proc";
    EXPECT_FALSE(is_connected(9, proc).has_value()) << "its descriptors cannot be seen";
    root.dir("/proc/9/fd");
    std::filesystem::create_symlink("socket:[35021]", proc + "/9/fd/3");
    std::filesystem::create_symlink("/dev/null", proc + "/9/fd/4");
    EXPECT_EQ(is_connected(9, proc), false) << "it only listens";
    std::filesystem::create_symlink("socket:[35044]", proc + "/9/fd/5");
    EXPECT_EQ(is_connected(9, proc), true);
}

} // namespace
} // namespace dbgscope
