// SPDX-License-Identifier: Apache-2.0
#include "probe/tools.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dbgscope {
namespace {

/// Two directories of a PATH, a and b.
class Tools : public testing::Test {
  protected:
    void SetUp() override
    {
        root_ = testing::TempDir() + "dbgscope-test-tools-" + std::to_string(::getpid());
        for (const char *name : {"/a", "/b"})
            std::filesystem::create_directories(root_ + name);
        path_ = root_ + "/a:" + root_ + "/b";
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::string make(const std::string &name, const std::string &text = "#!/bin/sh\n", unsigned mode = 0755) const
    {
        const std::string file = root_ + "/" + name;
        std::ofstream(file) << text;
        EXPECT_EQ(::chmod(file.c_str(), mode), 0);
        return file;
    }
    static SelfFile identity(const std::string &file)
    {
        struct stat status{};
        EXPECT_EQ(::stat(file.c_str(), &status), 0);
        return {status.st_dev, status.st_ino};
    }

    std::string root_, path_;
};

TEST_F(Tools, FirstUsableInPath)
{
    make("b/dlv");
    EXPECT_EQ(*find_tool("dlv", path_, {}, {}).path, root_ + "/b/dlv");
    make("a/dlv", "", 0644);
    EXPECT_EQ(*find_tool("dlv", path_, {}, {}).path, root_ + "/b/dlv");
    make("a/dlv", "", 0755);
    const ToolFacts facts = find_tool("dlv", path_, {}, {});
    EXPECT_EQ(*facts.path, root_ + "/a/dlv");
    EXPECT_EQ(facts.name, "dlv");
    EXPECT_FALSE(facts.skipped_self);
    EXPECT_EQ(facts.version.why(), Why::not_asked);
}

TEST_F(Tools, LldbIsFoundUnderTheHighestOfItsVersionedNames)
{
    make("a/lldb-server-9");
    make("a/lldb-server-next");
    make("b/lldb-server-14");
    make("b/lldb-vscode-14");
    EXPECT_EQ(*find_tool("lldb-server", path_, {}, {}).path, root_ + "/b/lldb-server-14");
    EXPECT_EQ(*find_tool("lldb-server-9", path_, {}, {}).path, root_ + "/a/lldb-server-9");
    EXPECT_EQ(*find_tool("lldb-dap", path_, {}, {}).path, root_ + "/b/lldb-vscode-14");
    make("a/lldb-dap-18.1");
    EXPECT_EQ(*find_tool("lldb-dap", path_, {}, {}).path, root_ + "/a/lldb-dap-18.1");
    make("b/lldb-server");
    EXPECT_EQ(*find_tool("lldb-server", path_, {}, {}).path, root_ + "/b/lldb-server");
    make("a/dlv-1");
    EXPECT_FALSE(find_tool("dlv", path_, {}, {}).path) << "nobody installs it so";
}

TEST_F(Tools, SaysWhyNot)
{
    EXPECT_EQ(find_tool("dlv", path_, {}, {}).path.why(), Why::absent);
    std::filesystem::create_directories(root_ + "/a/dlv");
    EXPECT_EQ(find_tool("dlv", path_, {}, {}).path.why(), Why::absent);
    make("b/dlv", "", 0644);
    const ToolFacts facts = find_tool("dlv", path_, {}, {});
    EXPECT_EQ(facts.path.why(), Why::denied);
    EXPECT_EQ(facts.path.detail(), root_ + "/b/dlv is not executable");
}

// A link or a hard link named dlv that leads to dbgscope must never be started as dlv.
TEST_F(Tools, SkipsItselfWhateverTheName)
{
    const SelfFile self = identity(make("dbgscope"));
    std::filesystem::create_symlink(root_ + "/dbgscope", root_ + "/a/dlv");
    ToolFacts facts = find_tool("dlv", path_, {}, self);
    EXPECT_EQ(facts.path.why(), Why::absent);
    EXPECT_TRUE(facts.skipped_self);
    EXPECT_EQ(facts.path.detail(), "dlv is not in PATH, except as a name of dbgscope");
    make("b/dlv");
    facts = find_tool("dlv", path_, {}, self);
    EXPECT_EQ(*facts.path, root_ + "/b/dlv");
    EXPECT_TRUE(facts.skipped_self);
    std::filesystem::create_hard_link(root_ + "/dbgscope", root_ + "/a/gdb");
    EXPECT_TRUE(find_tool("gdb", path_, {}, self).skipped_self);
}

TEST_F(Tools, ConfiguredPath)
{
    const std::string own = make("my-dlv");
    make("a/dlv");
    EXPECT_EQ(*find_tool("dlv", path_, own, {}).path, own);
    EXPECT_EQ(find_tool("dlv", path_, root_ + "/none", {}).path.why(), Why::absent);
    EXPECT_EQ(find_tool("dlv", path_, make("plain", "", 0644), {}).path.why(), Why::denied);
    make("b/dlv-1.24");
    EXPECT_EQ(*find_tool("dlv", path_, "dlv-1.24", {}).path, root_ + "/b/dlv-1.24");
    const ToolFacts loop = find_tool("dlv", path_, own, identity(own));
    EXPECT_EQ(loop.path.why(), Why::malformed);
    EXPECT_TRUE(loop.skipped_self);
}

TEST_F(Tools, EmptyElementsAreTheWorkingDirectory)
{
    make("a/dlv");
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(root_ + "/a");
    const std::string here = std::filesystem::current_path().string() + "/dlv";
    for (const char *path : {":/nonexistent", "/nonexistent:", "/nonexistent::/nonexistent", "."})
        EXPECT_EQ(find_tool("dlv", path, {}, {}).path.value_or(""), here) << path;
    EXPECT_EQ(find_tool("dlv", root_, "./dlv", {}).path.value_or(""), here);
    std::filesystem::current_path(before);
    EXPECT_TRUE(find_tool("sh", "", {}, {}).path.known());
}

TEST_F(Tools, KnowsFilesThatGainPrivilege)
{
    EXPECT_FALSE(find_tool("dlv", path_, make("plain"), {}).gains_privilege);
    EXPECT_TRUE(find_tool("dlv", path_, make("setuid", "x", 04755), {}).gains_privilege);
    EXPECT_TRUE(find_tool("dlv", path_, make("setgid", "x", 02755), {}).gains_privilege);
    make("a/dlv", "x", 06755);
    std::filesystem::create_symlink(root_ + "/a/dlv", root_ + "/b/link");
    EXPECT_TRUE(find_tool("link", path_, {}, {}).gains_privilege);
    // struct vfs_cap_data of `setcap cap_sys_ptrace=ep`, linux/capability.h
    constexpr unsigned char kPtrace[20] = {1, 0, 0, 2, 0, 0, 8};
    const std::string capable = make("capable");
    if (::setxattr(capable.c_str(), "security.capability", kPtrace, sizeof kPtrace, 0) != 0)
        GTEST_SKIP() << "file capabilities cannot be set here";
    EXPECT_TRUE(find_tool("dlv", path_, capable, {}).gains_privilege);
}

TEST(SelfFileTest, IsTheRunningProgram)
{
    struct stat status{};
    ASSERT_EQ(::stat("/proc/self/exe", &status), 0);
    EXPECT_EQ(self_file(), (SelfFile{status.st_dev, status.st_ino}));
}

TEST(ParseToolVersion, RealOutputs)
{
    EXPECT_EQ(parse_tool_version("Delve Debugger\nVersion: 1.20.2\nBuild: $Id: e0c278ad $\n"), "1.20.2");
    EXPECT_EQ(parse_tool_version("GNU gdb (Debian 13.1-3) 13.1\nCopyright (C) 2023\n"), "13.1");
    EXPECT_EQ(parse_tool_version("GNU gdb (Ubuntu 12.1-0ubuntu1~22.04) 12.1"), "12.1");
    EXPECT_EQ(parse_tool_version("GNU gdb (Fedora Linux) 14.2-1.fc39\n"), "14.2-1.fc39");
    EXPECT_EQ(parse_tool_version("go version go1.19.8 linux/amd64\n"), "go1.19.8");
    EXPECT_EQ(parse_tool_version("lldb version 14.0.6\n"), "14.0.6");
    EXPECT_EQ(parse_tool_version(""), "");
    EXPECT_EQ(parse_tool_version("no version. 1 . .2 x1.2 1.\n"), "");
}

TEST_F(Tools, VersionOfARunningTool)
{
    EXPECT_EQ(*tool_version("dlv", make("d", "#!/bin/sh\n[ \"$1\" = version ] && echo Version: 1.2.3\n")), "1.2.3");
    EXPECT_EQ(*tool_version("gdb", make("g", "#!/bin/sh\n[ \"$1\" = --version ] && echo gdb 4.5\n")), "4.5");
    EXPECT_EQ(tool_version("gdb", make("q", "#!/bin/sh\nexit 1\n")).why(), Why::malformed);
    EXPECT_EQ(tool_version("gdb", make("e", "#!/bin/sh\necho 1.2 >&2\n")).why(), Why::malformed);
    EXPECT_EQ(tool_version("gdb", root_ + "/none").why(), Why::absent);
    EXPECT_EQ(tool_version("gdb", make("r", "#!/bin/sh\nread line; echo got 1.$?\n")).value_or(""), "1.1"); // no stdin
}

TEST_F(Tools, VersionHasADeadlineAndABound)
{
    const auto start = std::chrono::steady_clock::now();
    const auto slow = tool_version("gdb", make("s", "#!/bin/sh\nsleep 60 & wait\n"), std::chrono::milliseconds(100));
    EXPECT_EQ(slow.why(), Why::malformed);
    const auto flood = tool_version("gdb", make("f", "#!/bin/sh\nexec yes\n"), std::chrono::seconds(30));
    EXPECT_EQ(flood.why(), Why::malformed);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

} // namespace
} // namespace dbgscope
