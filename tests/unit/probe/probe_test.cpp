// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "machines.hpp"
#include "not_asked.hpp"
#include "probe/assume.hpp"

namespace dbgscope {
namespace {

Facts desktop(Needs needs, const std::vector<std::string> &assume = {})
{
    test::FakeRoot root;
    const SysRoot sys_root = test::machine("v2-desktop").build(root);
    const test::AsOrdinaryUser user;
    return probe(sys_root, needs, assume);
}

TEST(Probe, ReadsOnlyWhatIsNeeded)
{
    const Facts none = desktop(0);
    EXPECT_EQ(none.cgroup.layout, Layout::none);
    EXPECT_TRUE(test::not_asked(none.memory.total_bytes));
    EXPECT_EQ(none.host.uid, 1000U); // always: whoever plans needs to know for whom
    EXPECT_EQ(none.host.kernel, "");

    const Facts cgroup = desktop(Needs{0} | Need::cgroup);
    EXPECT_EQ(cgroup.cgroup.memory.version, 2);
    EXPECT_TRUE(test::not_asked(cgroup.cgroup.memory.chain.back().peak));
    EXPECT_TRUE(test::not_asked(cgroup.systemd.user.socket));

    const Facts systemd = desktop(Needs{0} | Need::systemd);
    EXPECT_TRUE(systemd.systemd.user.socket);
    EXPECT_TRUE(systemd.systemd.user.controllers);
    EXPECT_TRUE(test::not_asked(systemd.systemd.version));
    EXPECT_TRUE(desktop(Needs{0} | Need::pressure).memory.pressure);
    EXPECT_TRUE(desktop(Needs{0} | Need::memory).memory.total_bytes);
    EXPECT_TRUE(desktop(Needs{0} | Need::chain_detail).cgroup.memory.chain.back().peak);
    EXPECT_NE(desktop(Needs{0} | Need::host).host.kernel, "");
    const Facts kernel = desktop(Needs{0} | Need::kernel);
    EXPECT_EQ(kernel.host.kernel, "6.1.0-28-amd64");
    EXPECT_EQ(kernel.host.oom_score_adj, 100);
    EXPECT_TRUE(kernel.host.seccomp_notify && kernel.host.pidfd);
    EXPECT_TRUE(test::not_asked(kernel.host.cgroup_kill)); // whether v2 is mounted was not looked at
    EXPECT_FALSE(test::not_asked(kernel.host.yama_ptrace_scope)) << "a launch plans with it";
    EXPECT_TRUE(test::not_asked(kernel.host.perf_event_paranoid));
    for (const Need need : {Need::sampling, Need::host})
        EXPECT_FALSE(test::not_asked(desktop(Needs{0} | need).host.perf_event_paranoid));
    EXPECT_TRUE(desktop(Need::kernel | Need::cgroup).host.cgroup_kill);
}

TEST(Probe, AnEmptyMachineHasAReasonForEverything)
{
    const test::FakeRoot root;
    const Facts facts = probe(root.sys_root(), kAllNeeds, {});
    EXPECT_EQ(facts.cgroup.layout, Layout::none);
    EXPECT_FALSE(facts.cgroup.delegation.detail.empty());
    for (const auto &fact : {facts.memory.total_bytes, facts.memory.available_bytes, facts.memory.swappiness})
        EXPECT_EQ(fact.why(), Why::absent);
    EXPECT_EQ(facts.memory.pressure.why(), Why::absent);
    EXPECT_EQ(facts.systemd.version.why(), Why::absent);
}

TEST(Probe, TheRealMachine)
{
    const Facts facts = probe(real_root(), kAllNeeds, {});
    EXPECT_TRUE(facts.memory.total_bytes);
    EXPECT_FALSE(facts.host.kernel.empty());
    EXPECT_FALSE(facts.cgroup.self.empty());
    if (facts.cgroup.memory.version == 0) {
        EXPECT_FALSE(facts.cgroup.delegation.detail.empty());
        return;
    }
    const CgroupLevel &own = facts.cgroup.memory.chain.back();
    EXPECT_TRUE(std::filesystem::is_directory(own.dir)) << own.dir;
    EXPECT_NE(facts.cgroup.self.find(":" + own.path + "\n"), std::string::npos);
    EXPECT_TRUE(own.current || facts.cgroup.delegation.real_root);
}

TEST(Assume, EachNameTakesItsFeatureAway)
{
    const auto with = [](const char *name) { return desktop(kAllNeeds, {name}); };
    EXPECT_EQ(with("no-cgroup").cgroup.layout, Layout::none);
    EXPECT_TRUE(with("no-cgroup").cgroup.unified_dir.empty());
    EXPECT_FALSE(with("no-cgroup").cgroup.self.empty()); // never-nest and bug reports still need it
    const Facts memory = with("no-memory-controller");
    EXPECT_EQ(memory.cgroup.memory.version, 0);
    EXPECT_EQ(memory.cgroup.delegation.detail, "--assume no-memory-controller");
    EXPECT_EQ(memory.systemd.user.controllers.value_or({}), (std::vector<std::string>{"cpu", "pids"}));
    EXPECT_FALSE(with("no-delegation").cgroup.delegation.can_create);
    EXPECT_EQ(with("no-swap-limit").cgroup.memory.chain.back().swap_max.why(), Why::assumed);
    EXPECT_EQ(with("no-meminfo").memory.available_bytes.why(), Why::assumed);
    EXPECT_EQ(with("no-psi").memory.pressure.why(), Why::assumed);
    EXPECT_EQ(with("no-psi").cgroup.memory.chain.back().memory_pressure.why(), Why::assumed);
    EXPECT_FALSE(with("no-systemd").systemd.booted);
    EXPECT_EQ(with("no-systemd").systemd.user.socket.why(), Why::assumed);
    EXPECT_EQ(with("no-system-manager").systemd.system.bus.why(), Why::assumed);
    EXPECT_TRUE(with("no-system-manager").systemd.user.socket);
    EXPECT_EQ(with("no-user-manager").systemd.user.socket.why(), Why::assumed);
    EXPECT_EQ(with("no-private-socket").systemd.user.socket.why(), Why::assumed);
    EXPECT_TRUE(with("no-private-socket").systemd.user.bus);
    EXPECT_EQ(with("no-bus").systemd.system.bus.why(), Why::assumed);
    EXPECT_EQ(with("no-bus").systemd.user.bus.detail(), "--assume no-bus");
    EXPECT_EQ(with("no-seccomp-notify").host.seccomp_notify.why(), Why::assumed);
    EXPECT_EQ(with("no-ptrace").host.yama_ptrace_scope.value_or(0), 1);
    EXPECT_FALSE(with("no-ptrace").host.cap_sys_ptrace);
    EXPECT_EQ(with("no-pidfd").host.pidfd.detail(), "--assume no-pidfd");
    EXPECT_EQ(with("no-cgroup-kill").host.cgroup_kill.why(), Why::assumed);
    EXPECT_TRUE(with("no-cgroup-kill").host.pidfd);
}

TEST(Assume, WrongNameIsAnErrorWithTheRightOne)
{
    for (const AssumeName &row : assume_names())
        EXPECT_TRUE(check_assume({std::string(row.name)}));
    const auto wrong = check_assume({"no-psi", "no-systemdd"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    EXPECT_EQ(to_line(wrong.error()), "cannot assume \"no-systemdd\": no such feature (did you mean no-systemd?)");
    EXPECT_NE(to_line(check_assume({"xyzzy-plugh"}).error()).find("known: no-cgroup, "), std::string::npos);
}

} // namespace
} // namespace dbgscope
