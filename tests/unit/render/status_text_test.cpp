// SPDX-License-Identifier: Apache-2.0
#include "render/status_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machines.hpp"
#include "plan/alloc.hpp"

namespace dbgscope {
namespace {

using testing::HasSubstr;
using testing::Not;

const bool kWithBpf = built_with_bpf();

std::string status_of(const Facts &facts, const std::vector<std::string> &missing = {})
{
    return status_text(facts, "none", "for the test", missing);
}
std::string missing_of(const Facts &facts)
{
    std::string all;
    for (const std::string &line : missing_features(facts))
        all += line + '\n';
    return all;
}
Facts machine_facts(std::string_view name)
{
    return test::facts_of(test::machine(name));
}

TEST(StatusText, Whole)
{
    EXPECT_EQ(status_text(machine_facts("v2-server-root"), "systemd-system", "root uses the system manager", {}),
              R"(Where       root on kernel 6.12.9-amd64, cgroup v2
            /system.slice/ci-runner.service
Limit       16G, set by /system.slice/ci-runner.service; 14G left
Machine     62.7G memory, 40G available; 2G swap, 1.5G free (swappiness 60)
Pressure    memory 0.0/0.0 %, cpu 0.0/0.0 %, io 0.0/0.0 % of the last 10 s (some/all tasks stalled)
Backend     systemd-system: root uses the system manager
systemd     version 257
            system manager: /run/systemd/private
Own cgroup  sub-cgroups can be made in it
Inside      who holds a Go heap, who grows in C (perf))" +
                  std::string(kWithBpf ? ", " : "; not ") + "what is asked of the kernel (BPF)" +
                  (kWithBpf ? "" : ": a build with it") + R"(

Memory, cgroup by cgroup from the outside in (> sets the limit):
   LIMIT  HIGH  SWAP  USED  PEAK  STALLED %  CGROUP
       -     -     -     -     -    0.0/0.0  /
    none  none  none    8G    8G    0.0/0.0    system.slice
>    16G  none  none    2G    2G    0.0/0.0      ci-runner.service
)");
}

/// v2 hides what is above a namespace or a mount, wherever below it we are: lxc-attach enters /.lxc, systemd inside has
/// scopes. v1's memory.stat tells the lowest limit of all (seen with `unshare --cgroup` on Linux 6.18).
TEST(StatusText, LimitsAboveAContainerAreHiddenByV2Alone)
{
    const std::string hidden = "; limits above the container cannot be seen\n";
    Facts facts = machine_facts("v2-container");
    EXPECT_THAT(status_of(facts), HasSubstr(hidden));
    facts.cgroup.memory.chain.push_back({.path = "/.lxc", .dir = "/sys/fs/cgroup/.lxc"});
    facts.cgroup.delegation.namespace_root = false;
    EXPECT_THAT(status_of(facts), HasSubstr(hidden));
    facts.cgroup.memory.chain.front().max = Limit();
    facts.cgroup.memory.effective = Limit();
    EXPECT_THAT(status_of(facts), HasSubstr("none: no visible cgroup limits memory" + hidden));
    facts.cgroup.memory.version = 1;
    facts.cgroup.delegation.namespace_root = true;
    EXPECT_THAT(status_of(facts), HasSubstr("none: no visible cgroup limits memory\n"));
    EXPECT_THAT(status_of(machine_facts("v2-desktop")), Not(HasSubstr("cannot be seen")));
    EXPECT_THAT(status_of(machine_facts("no-systemd-v2")), Not(HasSubstr("cannot be seen"))) << "the real root";
}

TEST(StatusText, InsideIsALadder)
{
    Facts facts = machine_facts("v2-desktop");
    facts.host.yama_ptrace_scope = 0;
    facts.host.perf_event_paranoid = 3;
    EXPECT_THAT(status_of(facts),
                HasSubstr("\nInside      who holds a Go heap; not who grows in C (perf): root or "
                          "kernel.perf_event_paranoid=2, what is asked of the kernel (BPF): " +
                          std::string(kWithBpf ? "root, or CAP_BPF and CAP_PERFMON" : "a build with it") + "\n"));
    facts.host.cap_sys_admin = facts.host.cap_bpf = facts.host.user_namespace = true;
    EXPECT_THAT(status_of(facts),
                HasSubstr("not who grows in C (perf): root outside of this user namespace or kernel."));
    facts.host.cap_sys_admin = facts.host.cap_bpf = facts.host.user_namespace = false;
    facts.host.yama_ptrace_scope = 1;
    EXPECT_THAT(status_of(facts),
                HasSubstr("\nInside      nothing can be seen; not who holds a Go heap: root, --wait or "
                          "kernel.yama.ptrace_scope=0, who grows"));
    facts.host.perf_event_paranoid = 2;
    EXPECT_THAT(status_of(facts), HasSubstr("\nInside      who grows in C (perf); not who holds a Go heap: "));
}

TEST(StatusText, OfEveryMachineIsPlainText)
{
    for (const test::Machine &machine : test::machines()) {
        const std::string text = status_of(test::facts_of(machine));
        EXPECT_THAT(text, HasSubstr("Backend     none: for the test\n")) << machine.name;
        EXPECT_EQ(text.back(), '\n');
        EXPECT_THAT(text, Not(HasSubstr("  \n"))) << machine.name;
    }
    EXPECT_THAT(status_of({}), HasSubstr("Limit       unknown: cgroups were not looked at\n"));
}

TEST(StatusText, HostileNamesDoNotReachTheTerminal)
{
    Facts facts = machine_facts("v2-server-root");
    facts.cgroup.memory.chain.back().path = "/a/\x1b]0;x\x07\nLimit none\xff";
    facts.cgroup.delegation.detail = "\x1b[2J";
    facts.host.container = std::string("\x1b[31m");
    facts.systemd.system.socket = std::string("/\r");
    const std::string text = status_text(facts, "none", "\x1b[1m", {"\x1b[7m"});
    for (const char c : text)
        ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
    EXPECT_THAT(text, HasSubstr("/a/\\x1b]0;x\\x07\\x0aLimit none\\xff"));
}

TEST(StatusText, UnreadableLevelsSayWhyOnce)
{
    Facts facts = machine_facts("v2-server-root");
    for (CgroupLevel &level : facts.cgroup.memory.chain)
        level.max = Fact<Limit>(Why::denied, "read /x: Permission denied");
    const std::string text = status_of(facts);
    EXPECT_THAT(text, HasSubstr("\n>      ?  none  none    2G    2G    0.0/0.0      ci-runner.service\n"
                                "  ? read /x: Permission denied\n"));
    EXPECT_EQ(text.find("read /x"), text.rfind("read /x"));
}

TEST(StatusText, LimitAboveWhatIsVisible)
{
    Facts facts = machine_facts("no-systemd");
    facts.cgroup.memory.effective = Limit(kGiB);
    facts.cgroup.memory.binding.reset();
    EXPECT_THAT(status_of(facts),
                HasSubstr("Limit       1G, set by a cgroup above the ones visible here; 7.5G left\n"));
    EXPECT_THAT(status_of(facts), Not(HasSubstr("> sets the limit")));
}

TEST(StatusText, MissingIsTheCallersThenOurs)
{
    const std::string text = status_of(machine_facts("k8s-pod"), {"no dlv in PATH"});
    EXPECT_THAT(text, HasSubstr("\nMissing:\n  - no dlv in PATH\n  - cgroups of our own: the cgroup file system is "
                                "mounted read-only; set resources.limits.memory, or on the "
                                "node: cgroup_writable"));
    EXPECT_THAT(status_of(machine_facts("v2-desktop")), Not(HasSubstr("Missing")));
    const auto own = missing_features(machine_facts("read-only"));
    ASSERT_EQ(own.size(), 1U);
    const std::string once = status_of(machine_facts("read-only"), own);
    EXPECT_EQ(once.find(own[0]), once.rfind(own[0]));
}

TEST(Missing, PressureByItsReason)
{
    Facts facts;
    EXPECT_EQ(missing_of(facts), ""); // not asked is not missing
    facts.memory.pressure = Fact<Pressure>(Why::absent, "read /p: No such file or directory");
    EXPECT_EQ(missing_of(facts), "pressure: read /p: No such file or directory; boot with psi=1\n");
    facts.memory.pressure = Fact<Pressure>(Why::denied, "read /p: Permission denied");
    EXPECT_EQ(missing_of(facts), "pressure: read /p: Permission denied\n");
    EXPECT_THAT(missing_of(machine_facts("wsl2")), HasSubstr("kernelCommandLine=psi=1 under [wsl2] in .wslconfig"));
}

TEST(Missing, UserManagerAndItsControllers)
{
    Facts facts = machine_facts("v2-desktop");
    facts.systemd.user.controllers = std::vector<std::string>{"pids"};
    EXPECT_THAT(missing_of(facts), HasSubstr("set Delegate=cpu memory pids for user@.service"));
    facts.systemd.user = {
        Fact<std::string>(Why::absent, "/run/user/1000/systemd/private: gone"), Fact<std::string>(Why::absent), {}};
    EXPECT_EQ(missing_of(facts),
              "user manager: /run/user/1000/systemd/private: gone; `loginctl enable-linger` starts one\n");
    facts.host.uid = 0;
    EXPECT_EQ(missing_of(facts), "");
}

TEST(Missing, OnV1AnOrdinaryUserIsToldTheTruth)
{
    EXPECT_THAT(missing_of(machine_facts("hybrid")), HasSubstr("accepts MemoryMax and enforces nothing"));
    EXPECT_THAT(missing_of(machine_facts("wsl2")), HasSubstr("cgroup_no_v1=all"));
    Facts root = machine_facts("hybrid");
    root.host.uid = 0;
    EXPECT_THAT(missing_of(root), Not(HasSubstr("MemoryMax")));
}

TEST(Missing, SplitByTheKernelsVersion)
{
    EXPECT_THAT(missing_of(machine_facts("legacy-v1")),
                HasSubstr("split (a debugger that outlives its debuggee): kernel 4.19.0-27-amd64 has no seccomp"));
    EXPECT_THAT(missing_of(machine_facts("hybrid")), Not(HasSubstr("split")));
}

TEST(Missing, MemoryControllerSwapYamaTools)
{
    Facts facts;
    facts.cgroup.layout = Layout::v2;
    facts.cgroup.delegation.detail = "the memory controller is not enabled in /sys/fs/cgroup";
    facts.host.yama_ptrace_scope = 1;
    facts.tools = {{"dlv", Fact<std::string>(Why::absent, "not in PATH"), {}, false}};
    EXPECT_EQ(missing_of(facts), "memory limits: the memory controller is not enabled in /sys/fs/cgroup\n"
                                 "attaching to a running program: kernel.yama.ptrace_scope=1 allows only one's own "
                                 "children; `sysctl kernel.yama.ptrace_scope=0`\n"
                                 "dlv: not in PATH\n");
    facts.host.cap_sys_ptrace = true;
    EXPECT_THAT(missing_of(facts), Not(HasSubstr("yama")));
    facts.host.yama_ptrace_scope = 3;
    EXPECT_THAT(missing_of(facts), HasSubstr("forbids it until the next boot"));

    Facts v1 = machine_facts("legacy-v1");
    v1.cgroup.memory.chain.back().swap_max = Fact<Limit>(Why::absent, "read m: No such file or directory");
    EXPECT_THAT(missing_of(v1), HasSubstr("swap limit: read m: No such file or directory; boot with swapaccount=1"));
    v1.memory.swap_total_bytes = 0;
    EXPECT_THAT(missing_of(v1), Not(HasSubstr("swap limit")));
}

} // namespace
} // namespace dbgscope
