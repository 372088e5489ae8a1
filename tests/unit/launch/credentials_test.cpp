// SPDX-License-Identifier: Apache-2.0
#include "launch/credentials.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host.hpp"
#include "launch/own_process.hpp"

namespace dbgscope {
namespace {

using test::in_child;

constexpr const char *kFreeUid = "3999999999"; ///< no machine has a passwd entry for it

TEST(Account, OfAUserByNameAndByNumber)
{
    const passwd *const entry = ::getpwnam("daemon");
    ASSERT_NE(entry, nullptr);
    const auto uid = entry->pw_uid;
    const auto gid = entry->pw_gid;
    for (const std::string &name : {std::string("daemon"), std::to_string(uid)}) {
        const auto account = find_account({name, ""});
        ASSERT_TRUE(account) << to_line(account.error());
        EXPECT_EQ(account->uid, uid);
        EXPECT_EQ(account->gid, gid);
        EXPECT_THAT(*account->groups, testing::Contains(gid));
        std::vector<std::string> environment{"USER=root", "SHELL=/bin/bash"};
        change_environment(account->environment, environment);
        EXPECT_THAT(environment, testing::IsSupersetOf({"USER=daemon", "LOGNAME=daemon", "HOME=/usr/sbin"}));
        // nologin is no shell to work with
        EXPECT_THAT(environment, testing::Contains("SHELL=/bin/bash"));
    }
}

TEST(Account, GroupAskedForReplacesThePrimaryOne)
{
    const auto account = find_account({"daemon", "sys"});
    ASSERT_TRUE(account);
    EXPECT_EQ(account->gid, ::getgrnam("sys")->gr_gid);
    EXPECT_THAT(*account->groups, testing::Contains(*account->gid));

    const auto group_only = find_account({"", "3"});
    ASSERT_TRUE(group_only);
    EXPECT_EQ(group_only->uid, std::nullopt);
    EXPECT_EQ(group_only->gid, 3U);
    EXPECT_EQ(group_only->groups, std::nullopt);
    EXPECT_TRUE(group_only->environment.empty());
}

TEST(Account, NumberWithoutPasswdEntryNeedsAGroup)
{
    const auto alone = find_account({kFreeUid, ""});
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().kind, ErrorKind::usage);
    EXPECT_EQ(to_line(alone.error()), "cannot find user 3999999999: it has no passwd entry, so its group is unknown "
                                      "(give the group too: --gid=GROUP)");
    const auto both = find_account({kFreeUid, "1"});
    ASSERT_TRUE(both);
    EXPECT_EQ(both->uid, 3999999999U);
    EXPECT_THAT(*both->groups, testing::ElementsAre(1U));
}

TEST(Account, UnknownNamesAreSaid)
{
    for (const char *name : {"no-such-user", "4294967295", "-1", "1x"}) {
        const auto account = find_account({name, ""});
        ASSERT_FALSE(account) << name;
        EXPECT_EQ(account.error().kind, ErrorKind::usage) << name;
        EXPECT_EQ(account.error().cause, "there is no such user") << name;
    }
    const auto group = find_account({"", "no-such-group"});
    ASSERT_FALSE(group);
    EXPECT_EQ(to_line(group.error()), "cannot find group no-such-group: there is no such group");
}

TEST(Become, GivesUpRootForGood)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto child = in_child([] {
        const std::vector<gid_t> roots{0, 4, 24};
        if (::setgroups(roots.size(), roots.data()) != 0)
            return 1;
        const auto account = find_account({"daemon", ""});
        if (!account || !become(*account))
            return 2;
        uid_t u[3];
        gid_t g[3];
        (void)::getresuid(&u[0], &u[1], &u[2]);
        (void)::getresgid(&g[0], &g[1], &g[2]);
        for (int i = 0; i < 3; ++i)
            if (u[i] != *account->uid || g[i] != *account->gid)
                return 3;
        std::vector<gid_t> groups(64);
        groups.resize(static_cast<std::size_t>(::getgroups(64, groups.data())));
        for (const gid_t group : groups)
            if (group == 0 || group == 4 || group == 24)
                return 4;
        return ::setresuid(0, 0, 0) == 0 || ::setresgid(0, 0, 0) == 0 ? 5 : 0;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(Become, NobodyElseWithoutPrivilege)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto child = in_child([] {
        const auto daemon = find_account({"daemon", ""});
        const auto nobody = find_account({"nobody", ""});
        if (!daemon || !nobody || !become(*daemon))
            return 1;
        if (!become(*daemon)) // who we are already
            return 2;
        const auto other = become(*nobody);
        if (other || other.error().kind != ErrorKind::denied)
            return 3;
        return other.error().hint == "only root may run a command as somebody else" ? 0 : 4;
    });
    EXPECT_EQ(child.status, 0);
}

TEST(Become, RefusesWhenRootCouldBeTakenAgain)
{
    DBGSCOPE_NEEDS_ROOT();
    const auto child = in_child([] {
        // From one ordinary user to another the kernel keeps capabilities: SECBIT_NO_SETUID_FIXUP stands for that.
        constexpr unsigned long kNoSetuidFixup = 1UL << 2U;
        if (::prctl(PR_SET_SECUREBITS, kNoSetuidFixup, 0, 0, 0) != 0)
            return 1;
        const auto account = find_account({"daemon", ""});
        const auto done = become(*account);
        return !done && done.error().cause == "root's identity could be taken again" ? 0 : 2;
    });
    EXPECT_EQ(child.status, 0);
}

} // namespace
} // namespace dbgscope
