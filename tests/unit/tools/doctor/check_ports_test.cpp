// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../session/record.hpp"
#include "doctor_input.hpp"
#include "kernel/process.hpp"
#include "session/record_json.hpp"
#include "session/registry.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"

namespace dbgscope::test {
namespace {

using testing::HasSubstr;

struct Listener {
    UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port = 0;
    Listener()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *const any = reinterpret_cast<sockaddr *>(&address);
        if (::bind(fd.get(), any, size) == 0 && ::listen(fd.get(), 1) == 0 && ::getsockname(fd.get(), any, &size) == 0)
            port = ::ntohs(address.sin_port);
    }
};

TEST(CheckPorts, NamesWhoHasThePort)
{
    FakeRoot tree;
    DoctorInput input = input_for(tree.sys_root(::geteuid()));
    std::uint16_t port = 0;
    {
        const Listener listener;
        ASSERT_NE(port = listener.port, 0);
        input.port = port;
        const CheckFinding taken = check_ports(input)[0];
        EXPECT_EQ(taken.level, CheckLevel::fail);
        EXPECT_THAT(taken.found, HasSubstr("pid " + std::to_string(::getpid())));
    }
    EXPECT_EQ(check_ports(input)[0].found, "nobody listens on port " + std::to_string(port));
}

TEST(CheckPorts, FindsALeftoverSession)
{
    FakeRoot tree;
    const std::string live =
        ::geteuid() == 0 ? "/run/dbgscope" : "/run/user/" + std::to_string(::geteuid()) + "/dbgscope";
    tree.dir(live, 0700);
    DoctorInput input = input_for(tree.sys_root(::geteuid()));
    EXPECT_EQ(levels(check_ports(input)), std::vector{CheckLevel::ok});
    SessionRecord record = full_record();
    record.boot_id = read_file("/proc/sys/kernel/random/boot_id").value_or("").substr(0, 36);
    record.pid_namespace = own_pid_namespace();
    record.debugger = {1, 1}; // no such process: pid 1 started at another time
    record.watcher = {1, 1};
    record.place.scope = "/sys/fs/cgroup/left.scope";
    const auto registry = Registry::open({.live = tree.path() + live, .history = {}});
    ASSERT_TRUE(registry);
    ASSERT_TRUE(registry->write_live(record));
    EXPECT_EQ(levels(check_ports(input)), std::vector{CheckLevel::ok}) << "it left nothing";
    tree.file("/sys/fs/cgroup/left.scope/cgroup.procs", "4711\n4712\n");
    const auto findings = check_ports(input);
    EXPECT_EQ(levels(findings), std::vector{CheckLevel::warn});
    EXPECT_THAT(findings[0].found, HasSubstr("left 2 processes behind"));
    EXPECT_EQ(findings[0].cure, "dbgscope stop " + record.id);
}

} // namespace
} // namespace dbgscope::test
