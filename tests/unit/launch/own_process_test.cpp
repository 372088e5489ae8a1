// SPDX-License-Identifier: Apache-2.0
#include "launch/own_process.hpp"

#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host.hpp"

namespace dbgscope {
namespace {

using test::in_child;
using testing::ElementsAre;

TEST(Environment, ChangesApplyInOrderAndReplaceEveryEarlierOne)
{
    std::vector<std::string> environment{"A=1", "AB=2", "A=3", "C=4", "broken"};
    change_environment({{"A", "x=y"}, {"C", std::nullopt}, {"D", ""}, {"A", "z"}, {"NOT_THERE", std::nullopt}},
                       environment);
    EXPECT_THAT(environment, ElementsAre("AB=2", "broken", "D=", "A=z"));
}

TEST(Rlimit, NamesAreTheKernels)
{
    EXPECT_EQ(rlimit_number("NOFILE"), RLIMIT_NOFILE);
    EXPECT_EQ(rlimit_number("RTTIME"), RLIMIT_RTTIME);
    for (const char *name : {"", "nofile", "LimitNOFILE", "RLIMIT_AS", "NOFILES"})
        EXPECT_EQ(rlimit_number(name), std::nullopt) << name;
}

TEST(Rlimit, IsSetSoftAndHard)
{
    const auto child = in_child([] {
        if (!set_rlimit({"NOFILE", 64, 128}) || !set_rlimit({"CORE", 0, UINT64_MAX}))
            return 1;
        rlimit files{}, core{};
        (void)::getrlimit(RLIMIT_NOFILE, &files);
        (void)::getrlimit(RLIMIT_CORE, &core);
        return files.rlim_cur == 64 && files.rlim_max == 128 && core.rlim_cur == 0 ? 0 : 2;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(Rlimit, SaysWhatIsWrong)
{
    const auto unknown = set_rlimit({"FILES", 1, 1});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::usage);
    EXPECT_EQ(to_line(unknown.error()),
              "cannot set resource limit FILES to 1:1: there is no such limit (see setrlimit(2) for the names)");

    const auto reversed = set_rlimit({"NOFILE", 128, 64});
    ASSERT_FALSE(reversed);
    EXPECT_EQ(reversed.error().kind, ErrorKind::usage);
    EXPECT_EQ(reversed.error().cause, "the soft limit is above the hard limit");

    const auto child = in_child([] {
        if (!set_rlimit({"NOFILE", 64, 64}))
            return 1;
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0)
            return 2;
        const auto raised = set_rlimit({"NOFILE", 64, 65});
        return !raised && raised.error().kind == ErrorKind::denied && !raised.error().hint.empty() ? 0 : 3;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(OomScore, IsWrittenAndReadBack)
{
    const auto child = in_child([] {
        if (!set_oom_score(1000))
            return 1;
        test::tell(test::slurp("/proc/self/oom_score_adj"));
        const auto bad = set_oom_score(1001);
        return bad ? 2 : 0;
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, "1000\n");
}

TEST(OomScore, LoweringNeedsACapability)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto child = in_child([] {
        // The real file belongs to root once we are not dumpable: drop the capability, not the user.
        if (!set_oom_score(500) || ::setresuid(-1, 65534, 0) != 0)
            return 1;
        const auto lowered = set_oom_score(-500);
        if (lowered || lowered.error().kind != ErrorKind::denied)
            return 2;
        test::tell(to_line(lowered.error()));
        return 0;
    });
    EXPECT_EQ(child.status, 0);
    EXPECT_THAT(child.output, testing::StartsWith("cannot set oom_score_adj to -500: Permission denied"));
}

TEST(Nice, IsSet)
{
    const auto child = in_child([] { return set_nice(7) && ::getpriority(PRIO_PROCESS, 0) == 7 ? 0 : 1; });
    EXPECT_EQ(child.status, 0);
}

TEST(Directory, IsChangedOrSaysWhy)
{
    const auto child = in_child([] {
        if (!change_directory("/usr"))
            return 1;
        test::tell(std::filesystem::current_path().string());
        const auto missing = change_directory("/nowhere");
        test::tell('\n' + to_line(missing.error()));
        return 0;
    });
    EXPECT_EQ(child.output, "/usr\ncannot change directory to /nowhere: No such file or directory");
}

} // namespace
} // namespace dbgscope
