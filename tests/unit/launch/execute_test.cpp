// SPDX-License-Identifier: Apache-2.0
#include "launch/execute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host.hpp"

namespace dbgscope {
namespace {

using test::ChildResult;
using test::in_child;
using test::TemporaryDirectory;

/// Exit status 120 + kind and the line when exec fails.
ChildResult run(const Execute &step, const std::vector<std::string> &environment = {"PATH=/usr/bin:/bin"})
{
    return in_child([&] {
        const Error error = execute(step, environment);
        test::tell(to_line(error));
        return error.kind == ErrorKind::no_command ? 127 : error.kind == ErrorKind::not_executable ? 126 : 125;
    });
}

TEST(Execute, BecomesTheCommand)
{
    const auto child =
        run({"/bin/sh", {"other-name", "-c", "echo $0 $A; env | grep -c ^PATH; exit 42"}, false}, {"A=b", "PATH=/bin"});
    EXPECT_EQ(child.status, 42);
    EXPECT_EQ(child.output, "other-name b\n1\n");
}

TEST(Execute, MissingCommand)
{
    const auto missing = run({"/no/such/file", {"x"}, true});
    EXPECT_EQ(missing.status, 127);
    EXPECT_EQ(missing.output, "cannot execute /no/such/file: No such file or directory");
    const auto searched = run({"no-such-command", {"x"}, true});
    EXPECT_EQ(searched.status, 127);
    EXPECT_EQ(searched.output, "cannot execute no-such-command: there is no such command in PATH");
    EXPECT_EQ(run({"", {""}, true}).status, 127);
}

TEST(Execute, FoundButNotExecutable)
{
    const TemporaryDirectory directory;
    directory.write("plain", "#!/bin/sh\n");
    directory.write("bad", "#! /no/such/interpreter -x\n", 0755);
    directory.write("binary",
                    std::string("\x7f"
                                "ELF\x02\x01\x01\0\0\0",
                                10),
                    0755);
    const std::pair<std::string, std::string> cases[] = {
        {"plain", "it may not be executed (see its mode bits, those of the directories above, and the mount's noexec)"},
        {"bad", "its interpreter /no/such/interpreter does not exist"},
        {"binary", "it is no program for this machine"}};
    for (const auto &[name, cause] : cases) {
        const auto child = run({directory / name, {name}, false});
        EXPECT_EQ(child.status, 126) << name;
        EXPECT_EQ(child.output, "cannot execute " + (directory / name) + ": " + cause);
    }
    const auto folder = run({directory.path(), {"x"}, false});
    EXPECT_EQ(folder.status, 126);
    EXPECT_THAT(folder.output, testing::EndsWith(": it is a directory"));
}

TEST(Execute, SearchGoesOnAfterAFileThatMayNotBeExecuted)
{
    const TemporaryDirectory directory;
    directory.write("first/tool", "#!/bin/sh\necho first\n", 0644);
    directory.write("second/tool", "#!/bin/sh\necho second \"$@\"\n", 0755);
    const std::string path = "PATH=" + (directory / "first") + ":" + (directory / "second");
    const auto child = run({"tool", {"tool", "a b"}, true}, {path});
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, "second a b\n");
    const auto denied = run({"tool", {"tool"}, true}, {"PATH=/nowhere:" + (directory / "first") + ":/usr/bin"});
    EXPECT_EQ(denied.status, 126);
}

TEST(Execute, SearchUsesTheGivenPathAndTheUsualOneWithout)
{
    const TemporaryDirectory directory;
    directory.write("here/tool", "#!/bin/sh\necho here\n", 0755);
    EXPECT_EQ(run({"true", {"true"}, true}, {"PATH=/nowhere"}).status, 127);
    EXPECT_EQ(run({"true", {"true"}, true}, {}).status, 0);
    const auto empty_entry = in_child([&] {
        if (::chdir((directory / "here").c_str()) != 0)
            return 1;
        (void)execute({"tool", {"tool"}, true}, {"PATH=/nowhere:"});
        return 2;
    });
    EXPECT_EQ(empty_entry.output, "here\n");
}

TEST(Execute, TextWithoutInterpreterGoesToTheShell)
{
    const TemporaryDirectory directory;
    directory.write("script", "echo \"$0\" \"$1\" $V\n", 0755);
    const auto child = run({directory / "script", {"script", "a  b"}, false}, {"V=7"});
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, (directory / "script") + " a  b 7\n");
}

TEST(Execute, TooManyArgumentsAreNotTheCommandsFault)
{
    const auto child = run({"/bin/true", {"true", std::string(1 << 20, 'x')}, false});
    EXPECT_EQ(child.status, 125);
    EXPECT_EQ(child.output, "cannot execute /bin/true: arguments and environment are too long");
}

} // namespace
} // namespace dbgscope
