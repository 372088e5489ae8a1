// SPDX-License-Identifier: Apache-2.0
#include "plan/backend.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using Words = std::vector<std::string>;

/// An ordinary user's desktop: systemd, a user manager, cgroup v2.
Facts desktop()
{
    Facts facts;
    facts.host.uid = 1000;
    facts.systemd.booted = true;
    facts.systemd.user.socket = std::string("/run/user/1000/systemd/private");
    facts.systemd.user.controllers = Words{"cpu", "memory", "pids"};
    facts.cgroup.memory.version = 2;
    return facts;
}

/// What is there to be used first, whether it limits, and why the user manager is not it.
struct Chosen {
    Backend first = Backend::none;
    bool limits = false;
    std::string gap;
    bool operator==(const Chosen &) const = default;
};

Chosen choose(const Facts &facts, const char *backend = "auto")
{
    Settings settings;
    settings.set(Key::backend, {std::string(backend), {Layer::option, "--backend"}});
    const BackendChoice choice = choose_backend(facts, settings);
    Chosen chosen{choice.usable.front().backend, choice.usable.front().limits, ""};
    for (const BackendGap &gap : choice.gaps)
        if (gap.backend == Backend::systemd_user)
            chosen.gap = gap.why;
    return chosen;
}

TEST(Backend, AUserManagerIsTrustedUnlessItIsKnownToHaveNoMemoryController)
{
    Facts facts = desktop();
    EXPECT_EQ(choose(facts), (Chosen{Backend::systemd_user, true, ""}));
    // Its own cgroup is not in sight (a container that shares the socket): what it can do shows when it is asked.
    for (const Why why : {Why::not_asked, Why::absent, Why::denied, Why::malformed}) {
        facts.systemd.user.controllers = Fact<Words>(why);
        EXPECT_EQ(choose(facts), (Chosen{Backend::systemd_user, true, ""})) << why_words(why);
    }
    facts.systemd.user.controllers = Words{"cpu", "memory.x"};
    EXPECT_EQ(choose(facts), (Chosen{Backend::none, false, "the user manager has no memory controller delegated"}));
    EXPECT_EQ(choose(facts, "systemd-user"), (Chosen{Backend::systemd_user, false, ""})) << "forced, and says so";
}

TEST(Backend, AUserManagerOnV1EnforcesNothing)
{
    Facts facts = desktop();
    facts.cgroup.memory.version = 1;
    EXPECT_EQ(choose(facts).gap, "a user manager enforces no memory limit on cgroup v1");
    facts.systemd.user.controllers = Fact<Words>(Why::not_asked);
    EXPECT_EQ(choose(facts).gap, "a user manager enforces no memory limit on cgroup v1");
    EXPECT_EQ(choose(facts, "systemd-user"), (Chosen{Backend::systemd_user, false, ""}));
}

TEST(Backend, WithoutASocketOrABusThereIsNoUserManager)
{
    Facts facts = desktop();
    facts.systemd.user.socket = Fact<std::string>(Why::denied, "connect /run/user/1000/systemd/private: no");
    EXPECT_EQ(choose(facts).gap, "no user manager: connect /run/user/1000/systemd/private: no");
    facts.systemd.user.bus = std::string("/run/user/1000/bus");
    EXPECT_EQ(choose(facts).first, Backend::systemd_user);
}

} // namespace
} // namespace dbgscope
