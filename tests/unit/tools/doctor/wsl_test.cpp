// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/wsl.hpp"

#include <gmock/gmock.h>

#include "doctor_input.hpp"

namespace dbgscope::test {
namespace {

using testing::HasSubstr;

/// WSL 2.6 with systemd and cgroup v2, everything in the Linux file system.
SysRoot modern(FakeRoot &tree)
{
    SysRoot root = machine("v2-desktop").build(tree);
    tree.file("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
        .file("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n")
        .file("/proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sdc rw\n"
                                      "29 20 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"
                                      "40 20 0:40 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs\n");
    root.environment.emplace_back("WSL_DISTRO_NAME", "Ubuntu-24.04");
    root.environment.emplace_back("WSL_INTEROP", "/run/WSL/11_interop");
    return root;
}

TEST(WslConfig, ReadsSectionsCommentsAndQuotes)
{
    const auto entries = read_wsl_config("\xef\xbb\xbf[Boot]\r\n systemd = true # yes\r\n[wsl2]\nmemory=8GB\n"
                                         "kernelCommandLine = \"psi=1 # kept\"\nmemory=4GB\nrubbish\n[open\n=\n");
    EXPECT_EQ(wsl_value(entries, "boot", "systemd"), "true");
    EXPECT_EQ(wsl_value(entries, "wsl2", "memory"), "4GB");
    EXPECT_EQ(wsl_value(entries, "wsl2", "kernelcommandline"), "psi=1 # kept");
    EXPECT_FALSE(wsl_value(entries, "boot", "memory").has_value());
}

TEST(CheckWsl, NothingOnOtherMachines)
{
    FakeRoot tree;
    EXPECT_EQ(levels(check_wsl(input_of(tree, "v2-desktop"))), std::vector{CheckLevel::ok});
}

TEST(CheckWsl, OldOneWithoutSystemd)
{
    FakeRoot tree;
    const auto findings = check_wsl(input_of(tree, "wsl2"));
    EXPECT_EQ(saying(findings, "systemd does not run").level, CheckLevel::warn);
    EXPECT_THAT(saying(findings, "systemd does not run").cure, HasSubstr("systemd=true under [boot] in /etc/wsl.conf"));
    EXPECT_THAT(saying(findings, "cgroup v1").cure, HasSubstr("kernelCommandLine=cgroup_no_v1=all under [wsl2]"));
    EXPECT_THAT(saying(findings, "no pressure").cure, HasSubstr("kernelCommandLine=psi=1 under [wsl2] in .wslconfig"));
}

TEST(CheckWsl, SaysThatAChangeWaitsForAShutdown)
{
    FakeRoot tree;
    const SysRoot root = machine("wsl2").build(tree);
    tree.file("/etc/wsl.conf", "[boot]\nsystemd=true\n[automount]\ncgroups=v1\n")
        .file("/mnt/c/Users/dev/.wslconfig", "[wsl2]\nkernelCommandLine=quiet\n");
    const auto findings = check_wsl(input_for(root));
    EXPECT_THAT(saying(findings, "does not run yet").cure, HasSubstr("wsl --shutdown"));
    EXPECT_THAT(saying(findings, "cgroups=v1").cure, HasSubstr("take it out"));
    EXPECT_THAT(saying(findings, "no pressure").cure, HasSubstr("kernelCommandLine=quiet psi=1")) << "nothing is lost";
}

TEST(CheckWsl, FindsSettingsInTheWrongFile)
{
    FakeRoot tree;
    const SysRoot root = modern(tree);
    tree.file("/etc/wsl.conf", "[wsl2]\nmemory=4GB\n[boot]\nkernelCommandLine=psi=1\n")
        .file("/mnt/c/Users/dev/.wslconfig", "[boot]\nsystemd=true\n[experimental]\nkernelCommandLine=psi=1\n");
    const auto findings = check_wsl(input_for(root));
    EXPECT_EQ(saying(findings, "memory under [wsl2]").level, CheckLevel::warn);
    EXPECT_THAT(saying(findings, "kernelcommandline under [boot]").cure, HasSubstr("/mnt/c/Users/dev/.wslconfig"));
    EXPECT_THAT(saying(findings, "systemd under [boot]").cure, HasSubstr("/etc/wsl.conf"));
    EXPECT_EQ(saying(findings, "kernelcommandline under [experimental]").level, CheckLevel::warn);
}

TEST(CheckWsl, ModernOneIsFine)
{
    FakeRoot tree;
    const auto findings = check_wsl(input_for(modern(tree), {"HOME=/home/dev"}));
    EXPECT_EQ(worst(findings), CheckLevel::note);
    EXPECT_EQ(saying(findings, "lie in the Linux file system").level, CheckLevel::ok);
    EXPECT_EQ(saying(findings, "no pressure").found, "nothing like it");
}

TEST(CheckWsl, NamesEachPlaceOnAWindowsDrive)
{
    FakeRoot tree;
    DoctorInput input = input_for(modern(tree), {"HOME=/home/dev", "GOCACHE=/mnt/c/cache", "GOPATH=/mnt/c/go"});
    input.directory = "/mnt/c/src/app";
    input.program = "app";
    const auto findings = check_wsl(input);
    EXPECT_THAT(saying(findings, "GOCACHE lies").cure, HasSubstr("go env -w GOCACHE="));
    EXPECT_EQ(saying(findings, "GOPATH lies").level, CheckLevel::warn);
    EXPECT_EQ(saying(findings, "GOMODCACHE lies").looked_at, "/mnt/c/go/pkg/mod");
    EXPECT_EQ(saying(findings, "the working directory lies").found,
              "the working directory lies on the Windows drive /mnt/c (9p)");
    EXPECT_EQ(saying(findings, "the program lies").looked_at, "/mnt/c/src/app/app");
    EXPECT_EQ(saying(findings, "GOROOT lies").found, "nothing like it");
}

TEST(CheckWsl, FindsWindowsOwnGo)
{
    FakeRoot tree;
    const SysRoot root = modern(tree);
    tree.file("/tools/go.exe", "MZ", 0755);
    const auto findings = check_wsl(input_for(root, {"PATH=" + tree.path() + "/tools"}));
    EXPECT_EQ(saying(findings, "go is Windows' own").level, CheckLevel::warn);
    tree.file("/tools/go",
              "\x7f"
              "ELF",
              0755);
    const auto both = check_wsl(input_for(root, {"PATH=" + tree.path() + "/tools"}));
    EXPECT_EQ(saying(both, "go is Windows' own").found, "nothing like it");
}

TEST(CheckWsl, ComputesTheSubstitutePathPair)
{
    FakeRoot tree;
    DoctorInput input = input_for(modern(tree));
    EXPECT_EQ(substitute_path(input).from, "\\\\wsl.localhost\\Ubuntu-24.04\\home\\dev\\src");
    EXPECT_EQ(substitute_path(input).to, "/home/dev/src");
    EXPECT_THAT(saying(check_wsl(input), "Windows calls").cure,
                HasSubstr(R"([{"from":"\\\\wsl.localhost\\Ubuntu-24.04\\home\\dev\\src","to":"/home/dev/src"}])"));
    input.directory = "/mnt/d/src";
    EXPECT_EQ(substitute_path(input).from, "D:\\src");
    input.directory = "/mnt/d";
    EXPECT_EQ(substitute_path(input).from, "D:\\");
    input.directory = "/mnt/data";
    EXPECT_THAT(substitute_path(input).from, HasSubstr("wsl.localhost"));
    input.root.environment.clear();
    EXPECT_EQ(substitute_path(input).from, "");
}

TEST(CheckWsl, NetworkingDecidesHowWindowsReachesDlv)
{
    FakeRoot tree;
    const SysRoot root = modern(tree);
    EXPECT_THAT(saying(check_wsl(input_for(root)), "networking: NAT").cure, HasSubstr("--accept-multiclient"));
    tree.file("/mnt/c/Users/dev/.wslconfig", "[wsl2]\nnetworkingMode=mirrored\n");
    EXPECT_THAT(saying(check_wsl(input_for(root)), "networking: mirrored").matters, HasSubstr("share 127.0.0.1"));
    tree.file("/mnt/c/Users/dev/.wslconfig", "[wsl2]\nlocalhostForwarding=false\n");
    EXPECT_THAT(saying(check_wsl(input_for(root)), "networking: NAT").cure, HasSubstr("localhostForwarding=true"));
    tree.file("/mnt/c/Users/other/.wslconfig", "[wsl2]\nnetworkingMode=mirrored\n");
    EXPECT_THAT(saying(check_wsl(input_for(root)), "networking:").looked_at, HasSubstr("no single"))
        << "whose is ours?";
}

TEST(CheckWsl, FailsOnWsl1)
{
    FakeRoot tree;
    const SysRoot root = modern(tree);
    tree.file("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n");
    EXPECT_EQ(check_wsl(input_for(root))[0].level, CheckLevel::fail);
}

} // namespace
} // namespace dbgscope::test
