// SPDX-License-Identifier: Apache-2.0
#include "probe/systemd.hpp"

#include <gtest/gtest.h>

#include "fake_root.hpp"
#include "not_asked.hpp"

namespace dbgscope {
namespace {

class SystemdTest : public testing::Test {
  protected:
    SystemdTest()
    {
        root_.dir("/run/systemd/system")
            .file("/run/systemd/private", "", 0600)
            .file("/run/dbus/system_bus_socket", "", 0666);
    }
    SystemdFacts found(std::uint32_t uid, std::vector<std::pair<std::string, std::string>> environment = {}) const
    {
        const test::AsOrdinaryUser user(uid != 0);
        Reader reader(root_.path());
        SystemdFacts systemd;
        probe_systemd(reader, root_.sys_root(uid, std::move(environment)), cgroup_, systemd);
        return systemd;
    }
    test::FakeRoot root_;
    CgroupFacts cgroup_;
};

TEST_F(SystemdTest, NotBooted)
{
    root_.remove("/run/systemd/system");
    const auto systemd = found(0);
    EXPECT_FALSE(systemd.booted);
    EXPECT_EQ(systemd.system.socket.detail(), "/run/systemd/system: No such file or directory");
    EXPECT_EQ(systemd.user.bus.why(), Why::absent);
}

TEST_F(SystemdTest, TheSystemManagersSocketIsForRoot)
{
    EXPECT_EQ(found(0).system.socket.value_or(""), "/run/systemd/private");
    EXPECT_EQ(found(1000).system.socket.why(), Why::denied);
    EXPECT_EQ(found(1000).system.bus.value_or(""), "/run/dbus/system_bus_socket");
    EXPECT_EQ(found(1000, {{"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/x"}}).system.bus.value_or(""), "unix:path=/x");
    root_.remove("/run/dbus");
    EXPECT_EQ(found(0).system.bus.detail(), "/run/dbus/system_bus_socket: No such file or directory");
}

TEST_F(SystemdTest, UserManagerIsFoundWithoutXdgRuntimeDir)
{
    root_.file("/run/user/1000/systemd/private", "", 0666).file("/run/user/1000/bus", "", 0666);
    for (const auto &systemd : {found(1000), found(1000, {{"XDG_RUNTIME_DIR", "/run/user/1000"}}),
                                found(1000, {{"XDG_RUNTIME_DIR", "/run/user/7"}}), // su kept another user's
                                found(1000, {{"XDG_RUNTIME_DIR", "relative"}})}) {
        EXPECT_EQ(systemd.user.socket.value_or(""), "/run/user/1000/systemd/private");
        EXPECT_EQ(systemd.user.bus.value_or(""), "/run/user/1000/bus");
    }
    EXPECT_EQ(found(1001).user.socket.detail(), "/run/user/1001/systemd/private: No such file or directory");
}

TEST_F(SystemdTest, XdgRuntimeDirComesFirst)
{
    root_.file("/run/user/1000/systemd/private", "", 0666).file("/custom/systemd/private", "", 0666);
    EXPECT_EQ(found(1000, {{"XDG_RUNTIME_DIR", "/custom"}}).user.socket.value_or(""), "/custom/systemd/private");
}

TEST_F(SystemdTest, ASocketWeMayNotConnectToIsDenied)
{
    root_.file("/run/user/1000/systemd/private", "", 0444);
    EXPECT_EQ(found(1000).user.socket.why(), Why::denied);
    EXPECT_EQ(found(1000).user.socket.detail(), "/run/user/1000/systemd/private: Permission denied");
}

TEST_F(SystemdTest, RootDoesNotTakeAnotherUsersManager)
{
    root_.file("/run/user/1000/systemd/private", "", 0666);
    const ::uid_t other = ::geteuid() == 0 ? 1000 : ::geteuid();
    ASSERT_EQ(::chown((root_.path() + "/run/user/1000/systemd/private").c_str(), other, ::gid_t(-1)), 0);
    const auto systemd = found(0, {{"XDG_RUNTIME_DIR", "/run/user/1000"}}); // sudo -E
    EXPECT_EQ(systemd.user.socket.why(), Why::denied);
    EXPECT_EQ(systemd.user.socket.detail(), "/run/user/1000/systemd/private: belongs to user " + std::to_string(other));
}

TEST_F(SystemdTest, SessionBusAddressIsTakenAsItIs)
{
    EXPECT_EQ(found(1000, {{"DBUS_SESSION_BUS_ADDRESS", "unix:abstract=/x,guid=1"}}).user.bus.value_or(""),
              "unix:abstract=/x,guid=1");
    EXPECT_EQ(found(1000).user.bus.why(), Why::absent);
}

TEST_F(SystemdTest, ControllersOfTheUserManager)
{
    EXPECT_TRUE(found(1000).user.controllers && found(1000).user.controllers->empty()); // v1: none, and that is known
    cgroup_.unified_mount = "/sys/fs/cgroup";
    EXPECT_EQ(found(1000).user.controllers.why(), Why::absent);
    root_.file("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers", "cpu memory pids\n");
    EXPECT_EQ(found(1000).user.controllers.value_or({}), (std::vector<std::string>{"cpu", "memory", "pids"}));
}

TEST_F(SystemdTest, VersionIsOfTheRealMachineOnly)
{
    SystemdFacts systemd;
    probe_systemd_version(root_.sys_root(0), systemd);
    EXPECT_EQ(systemd.version.why(), Why::absent);
    systemd.booted = true;
    probe_systemd_version(root_.sys_root(0), systemd);
    EXPECT_TRUE(test::not_asked(systemd.version));
}

TEST(SystemdVersion, LeadingNumber)
{
    EXPECT_EQ(parse_systemd_version("252.39-1~deb12u1").value_or(0), 252);
    EXPECT_EQ(parse_systemd_version("262~devel").value_or(0), 262);
    for (const char *const bad : {"", "v252", "-1", "99999999999"})
        EXPECT_EQ(parse_systemd_version(bad).why(), Why::malformed) << bad;
}

} // namespace
} // namespace dbgscope
