// SPDX-License-Identifier: Apache-2.0
#include "sys/bus.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <gtest/gtest.h>

#include "bus_peer.hpp"

namespace dbgscope {
namespace {

using std::chrono::milliseconds;

TEST(BusAddress, EscapesWhatAnAddressCannotHold)
{
    EXPECT_EQ(bus_address("/run/dbus/system_bus_socket"), "unix:path=/run/dbus/system_bus_socket");
    EXPECT_EQ(bus_address("/a b/c,d;e=f%g:h"), "unix:path=/a%20b/c%2cd%3be%3df%25g%3ah");
    EXPECT_EQ(bus_address("/h\xc3\xa4user"), "unix:path=/h%c3%a4user");
}

TEST(BusAddress, LeavesAnAddressAlone)
{
    EXPECT_EQ(bus_address("unix:path=/run/user/1000/bus,guid=ab"), "unix:path=/run/user/1000/bus,guid=ab");
    EXPECT_EQ(bus_address("unix:abstract=x;tcp:host=::1"), "unix:abstract=x;tcp:host=::1");
}

TEST(ManagerBus, SaysThatNothingIsKnown)
{
    const auto bus = ManagerBus::connect({}, milliseconds(100));
    ASSERT_FALSE(bus);
    EXPECT_EQ(bus.error().kind, ErrorKind::unsupported);
}

TEST(ManagerBus, NamesTheSocketThatIsNotThere)
{
    const auto bus = ManagerBus::connect({.socket = "/nonexistent/private"}, milliseconds(100));
    ASSERT_FALSE(bus);
    EXPECT_EQ(bus.error().kind, ErrorKind::not_found);
    EXPECT_EQ(bus.error().subject, "/nonexistent/private");
}

TEST(ManagerBus, RefusesAPathNoSocketCanHave)
{
    const auto bus = ManagerBus::connect({.socket = '/' + std::string(108, 'x')}, milliseconds(100));
    ASSERT_FALSE(bus);
    EXPECT_EQ(bus.error().error_number, ENAMETOOLONG);
}

TEST(ManagerBus, DoesNotWaitForeverInAFullQueue)
{
    char directory[] = "/tmp/dbgscope-test-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    const std::string path = std::string(directory) + "/full";
    const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 0), 0);
    const auto first = ManagerBus::connect({.socket = path}, milliseconds(100));
    const auto second = ManagerBus::connect({.socket = path}, milliseconds(100));
    (void)::unlink(path.c_str());
    (void)::rmdir(directory);
    EXPECT_TRUE(first);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::timeout);
}

TEST(ManagerBus, DistrustsASocketOfAnotherUser)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root to listen as another user";
    test::BusPeer *peer = nullptr;
    // SO_PEERCRED has the credentials of the moment of listen().
    ASSERT_EQ(::seteuid(65534), 0);
    test::BusPeer listener([](test::PeerCall &) {});
    peer = &listener;
    ASSERT_EQ(::seteuid(0), 0);
    const auto bus = ManagerBus::connect({.socket = peer->socket()}, milliseconds(100));
    ASSERT_FALSE(bus);
    EXPECT_EQ(bus.error().kind, ErrorKind::denied);
}

TEST(ManagerBus, KeepsItsDescriptorFromPrograms)
{
    test::BusPeer peer([](test::PeerCall &) {});
    const UniqueFd next(::dup(0));
    const int number = next.get() + 1; // the lowest free one: the connection's
    const auto bus = ManagerBus::connect({.socket = peer.socket()}, milliseconds(100));
    ASSERT_TRUE(bus);
    struct stat status{};
    ASSERT_EQ(::fstat(number, &status), 0);
    ASSERT_TRUE(S_ISSOCK(status.st_mode));
    EXPECT_EQ(::fcntl(number, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

} // namespace
} // namespace dbgscope
