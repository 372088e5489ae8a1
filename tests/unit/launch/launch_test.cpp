// SPDX-License-Identifier: Apache-2.0
#include "launch/launch.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host.hpp"

namespace dbgscope {
namespace {

using test::ChildResult;
using test::HostCgroup;
using test::in_child;
using test::own_cgroup;
using test::slurp;
using test::tell;
using testing::HasSubstr;

constexpr const char *kName = "dbgscope.test.4194300-1";
constexpr const char *kWhere = "grep :memory: /proc/self/cgroup";

Step shell(const std::string &script)
{
    return {Execute{"/bin/sh", {"sh", "-c", script}, false}, ""};
}

LaunchPlan plan_of(Backend backend, std::vector<Step> steps)
{
    LaunchPlan plan;
    plan.backend = backend;
    plan.steps = std::move(steps);
    return plan;
}

CreateCgroup cgroup_in(const std::string &parent)
{
    return {.version = 1,
            .parent = parent,
            .name = kName,
            .writes = {{"memory.limit_in_bytes", std::to_string(64 * kMiB)}}};
}

/// What was said and the last error arrive in the output, "id: line"; 120 + kind is the status of an error.
ChildResult launch(const LaunchPlan &plan, const std::vector<std::string> &environment = {"PATH=/usr/bin:/bin"})
{
    return in_child([&] {
        const Error error = carry_out(plan, environment, [](std::string_view id, std::string_view line) {
                                tell(std::string(id) + ": " + std::string(line) + '\n');
                            }).error;
        tell("error: " + to_line(error) + '\n' + slurp("/proc/self/cgroup"));
        return 120 + static_cast<int>(error.kind);
    });
}

int status_of(ErrorKind kind)
{
    return 120 + static_cast<int>(kind);
}

TEST(CarryOut, BecomesTheCommandWithItsEnvironment)
{
    LaunchPlan plan = plan_of(Backend::none, {{SetEnvironment{{{"DBGSCOPE_SESSION", "s"}, {"GONE", std::nullopt}}}, ""},
                                              {ChangeDirectory{"/usr"}, ""},
                                              shell("echo $DBGSCOPE_SESSION $GONE $KEPT; pwd; exit 3")});
    plan.announcement = "running";
    const auto child = launch(plan, {"KEPT=1", "GONE=2"});
    EXPECT_EQ(child.status, 3);
    EXPECT_EQ(child.output, "started: running\ns 1\n/usr\n");
}

TEST(CarryOut, EntersTheCgroupWithTheLimitInForce)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child =
        launch(plan_of(Backend::cgroupfs, {{cgroup_in(parent.path()), ""},
                                           {VerifyLimit{Limit(64 * kMiB), true}, ""},
                                           {SetOomScore{321}, ""},
                                           {SetNice{3}, ""},
                                           {SetRlimit{"NOFILE", 77, 88}, ""},
                                           {SetCredentials{"daemon", ""}, ""},
                                           shell(std::string(kWhere) + "; cat /proc/self/oom_score_adj;"
                                                                       "ulimit -n; id -un; echo $USER")}));
    EXPECT_EQ(child.status, 0);
    EXPECT_THAT(child.output, testing::EndsWith(std::string(kName) + "\n321\n77\ndaemon\ndaemon\n"));
}

TEST(CarryOut, FailureAfterEnteringUndoesTheCgroup)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    const auto child = launch(
        plan_of(Backend::cgroupfs, {{cgroup_in(parent.path()), ""}, {Execute{"/no/such/tool", {"tool"}, false}, ""}}));
    EXPECT_EQ(child.status, status_of(ErrorKind::no_command));
    EXPECT_THAT(child.output, HasSubstr("error: cannot execute /no/such/tool: No such file or directory\n"));
    EXPECT_FALSE(std::filesystem::exists(parent.path() + '/' + kName));
}

TEST(CarryOut, UnknownUserFailsBeforeAnythingIsMade)
{
    DBGSCOPE_NEEDS_V1_ROOT();
    const HostCgroup parent(own_cgroup().memory.chain.back().dir);
    LaunchPlan plan =
        plan_of(Backend::cgroupfs,
                {{cgroup_in(parent.path()), ""}, {SetCredentials{"no-such-user", ""}, ""}, shell("echo started")});
    plan.steps[0] = {cgroup_in("/nowhere"), ""}; // would be the first error otherwise
    const auto child = launch(plan);
    EXPECT_EQ(child.status, status_of(ErrorKind::usage));
    EXPECT_THAT(child.output, testing::StartsWith("error: cannot find user no-such-user: there is no such user\n"));
}

TEST(CarryOut, AskedForVariablesWinOverTheAccounts)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto child = launch(plan_of(
        Backend::none,
        {{SetEnvironment{{{"HOME", "/mine"}}}, ""}, {SetCredentials{"daemon", ""}, ""}, shell("echo $HOME $LOGNAME")}));
    EXPECT_EQ(child.output, "/mine daemon\n");
}

/// As dlv: its ready line is the first of its log, and standard output stays empty.
Step logs_its_ready_line(const std::string &log)
{
    return {
        Execute{"/bin/sh",
                {"sh", "-c", "echo 'DAP server listening at: a:1' > \"$1\"; echo more >> \"$1\"", "sh", log, "--log"},
                false},
        ""};
}

TEST(CarryOut, HandsTheReadyLineOfALogOn)
{
    const test::TemporaryDirectory tree;
    const std::string log = tree / "a.log";
    const auto child =
        launch(plan_of(Backend::none, {{KeepDapLog{log, {"--log"}, "", true}, ""}, logs_its_ready_line(log)}));
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, "DAP server listening at: a:1\n");
    struct stat status{};
    ASSERT_EQ(::stat(log.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(CarryOut, ALogThatCannotBeCostsTheSessionNothingElse)
{
    const test::TemporaryDirectory tree;
    const KeepDapLog log{tree / "no/such/a.log", {"--log", "--log-dest=f"}, "LLDBDAP_LOG", true};
    const auto child = launch(plan_of(
        Backend::none,
        {{log, ""},
         {Execute{"/bin/sh", {"sh", "-c", "echo $LLDBDAP_LOG \"$@\"", "sh", "a", "--log", "--log-dest=f", "b"}, false},
          ""}}));
    EXPECT_EQ(child.status, 0);
    EXPECT_THAT(child.output, testing::StartsWith("dap-log: cannot open " + log.path));
    EXPECT_THAT(child.output, testing::EndsWith("\na b\n"));
    const auto fifo =
        launch(plan_of(Backend::none, {{KeepDapLog{"/dev/null", {}, "V", false}, ""}, shell("echo $V.")}));
    EXPECT_EQ(fifo.output, "dap-log: cannot log the debug protocol to /dev/null: it is no regular file\n.\n");
}

TEST(CarryOut, ALogOfALaunchThatFailedIsTakenAway)
{
    const test::TemporaryDirectory tree;
    const std::string made = tree / "made.log", mine = tree / "mine.log";
    std::ofstream(mine) << "DAP server listening at: of an earlier one\n";
    for (const std::string &log : {made, mine}) {
        const auto child = launch(plan_of(
            Backend::none, {{KeepDapLog{log, {}, "", true}, ""}, {Execute{"/no/such/tool", {"tool"}, false}, ""}}));
        EXPECT_THAT(child.output, testing::StartsWith("error: cannot execute /no/such/tool"));
    }
    EXPECT_FALSE(std::filesystem::exists(made));
    EXPECT_TRUE(std::filesystem::exists(mine)) << "it was there before";
}

TEST(CarryOut, FallsBackAndSaysWhy)
{
    LaunchPlan plan = plan_of(Backend::cgroupfs, {{cgroup_in("/nowhere"), ""}, shell("echo first")});
    plan.notices = {{"pressure", "said by the caller"}};
    plan.fallback = {plan_of(Backend::cgroupfs, {{cgroup_in("/elsewhere"), ""}, {VerifyLimit{Limit(kMiB)}, ""}}),
                     plan_of(Backend::none, {shell("echo last")})};
    plan.fallback[1].notices = {{"pressure", "said by the caller"}, {"plain", "only here"}};
    const auto child = launch(plan);
    EXPECT_EQ(child.status, 0);
    EXPECT_EQ(child.output, "no-scope: cannot open cgroup /nowhere: our own cgroup is gone, or lies outside what is "
                            "mounted here; going on with cgroupfs\n"
                            "no-scope: cannot open cgroup /elsewhere: our own cgroup is gone, or lies outside what is "
                            "mounted here; going on without a scope: the memory limit of 1M is not enforced\n"
                            "plain: only here\nlast\n");
}

TEST(CarryOut, DoesNotFallBackUnderRequire)
{
    LaunchPlan plan = plan_of(Backend::cgroupfs, {{cgroup_in("/nowhere"), ""}, shell("echo first")});
    plan.fallback = {plan_of(Backend::none, {shell("echo last")})};
    plan.on_scope_failure = OnFailure::fail;
    EXPECT_THAT(launch(plan).output, testing::StartsWith("error: cannot open cgroup /nowhere: "));

    plan.on_scope_failure = OnFailure::fall_back;
    plan.steps.insert(plan.steps.begin() + 1, {VerifyLimit{Limit(kMiB), true}, ""});
    EXPECT_THAT(launch(plan).output, testing::StartsWith("error: cannot open cgroup /nowhere: "));
}

TEST(CarryOut, OtherFailuresDoNotFallBack)
{
    LaunchPlan plan = plan_of(Backend::none, {{ChangeDirectory{"/nowhere"}, ""}, shell("echo first")});
    plan.fallback = {plan_of(Backend::none, {shell("echo last")})};
    const auto child = launch(plan);
    EXPECT_EQ(child.status, status_of(ErrorKind::not_found));
    EXPECT_THAT(child.output, testing::StartsWith("error: cannot change directory to /nowhere: "));
}

TEST(CarryOut, LimitThatIsNotInForceIsSaidOrAnError)
{
    if (own_cgroup().memory.effective <= Limit(kMiB) || own_cgroup().memory.version == 0)
        GTEST_SKIP() << "needs a memory cgroup with more than 1M";
    LaunchPlan plan = plan_of(Backend::none, {{VerifyLimit{Limit(kMiB)}, ""}, shell("echo started")});
    const auto soft = launch(plan);
    EXPECT_EQ(soft.status, 0);
    EXPECT_THAT(soft.output, testing::StartsWith("limit-not-in-force: cannot enforce the memory limit of 1M: "));
    EXPECT_THAT(soft.output, testing::EndsWith("started\n"));
    plan.steps[0] = {VerifyLimit{Limit(kMiB), true}, ""};
    EXPECT_EQ(launch(plan).status, status_of(ErrorKind::limit));
}

/// carry_out as the last thing of a child that has prepared itself.
void become(std::vector<std::string> command)
{
    const std::string path = "/bin/" + command.front();
    (void)carry_out(plan_of(Backend::none, {{Execute{path, std::move(command), false}, ""}}), {},
                    [](std::string_view, std::string_view) {});
}

TEST(CarryOut, KeepsSignalMaskAndDispositions)
{
    const auto child = in_child([] {
        (void)::signal(SIGUSR1, SIG_IGN);
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGUSR2);
        (void)::sigprocmask(SIG_SETMASK, &blocked, nullptr);
        const std::string status = slurp("/proc/self/status");
        const auto start = status.find("SigBlk:");
        tell(status.substr(start, status.find("SigCgt:") - start));
        become({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
        return 1;
    });
    const std::string before = child.output.substr(0, child.output.size() / 2);
    EXPECT_THAT(before, testing::StartsWith("SigBlk:\t0000000000000800\nSigIgn:\t")); // 1 << (SIGUSR2 - 1)
    EXPECT_EQ(child.output, before + before);
}

TEST(CarryOut, KeepsDescriptorsAndAddsNone)
{
    const auto child = in_child([] {
        if (::dup2(STDOUT_FILENO, 9) != 9)
            return 1;
        for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            const std::string name = entry.path().filename().string();
            if ((::fcntl(std::stoi(name), F_GETFD) & FD_CLOEXEC) == 0)
                tell(name + ' ');
        }
        tell("\n");
        become({"sh", "-c", "for fd in /proc/$$/fd/*; do [ -e $fd ] && printf '%s ' ${fd##*/}; done; :"});
        return 2;
    });
    const auto newline = child.output.find('\n');
    std::istringstream before(child.output.substr(0, newline)), after(child.output.substr(newline + 1));
    using Words = std::istream_iterator<std::string>;
    const std::set<std::string> expected(Words(before), Words{}), actual(Words(after), Words{});
    EXPECT_THAT(expected, testing::Contains("9"));
    EXPECT_EQ(actual, expected);
}

} // namespace
} // namespace dbgscope
