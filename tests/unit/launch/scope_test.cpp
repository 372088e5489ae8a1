// SPDX-License-Identifier: Apache-2.0
#include "launch/scope.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../sys/bus_peer.hpp"

// What a real manager does not do on request: tests/system/scope_test.py has the rest, against a real one.
namespace dbgscope {
namespace {

using std::chrono::milliseconds;
using test::BusPeer;
using test::PeerCall;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr milliseconds kShort{200};
constexpr const char *kJob = "/org/freedesktop/systemd1/job/7";
constexpr const char *kUnknown = "org.freedesktop.DBus.Error.PropertyReadOnly";
constexpr const char *kInvalid = "org.freedesktop.DBus.Error.InvalidArgs";
constexpr const char *kExists = "org.freedesktop.systemd1.UnitExists";

Result<ScopeResult> create(const BusPeer &peer, std::vector<ScopeProperty> properties = {},
                           milliseconds timeout = std::chrono::seconds(10), std::optional<bool> pidfds = false)
{
    const pid_t self = ::getpid();
    CreateScope scope;
    scope.unit = "dbgscope-test.scope";
    scope.socket = peer.socket();
    scope.properties = std::move(properties);
    auto call = ScopeCall::start(scope, std::span(&self, 1), timeout, pidfds);
    if (!call)
        return pass(call);
    return call->wait();
}

void accept(PeerCall &call)
{
    call.reply_job(kJob);
    call.job_removed(kJob, "done");
}

/// A manager that knows everything but `unknown`; like the real one it checks properties before it wants processes.
auto manager_without(std::vector<std::string> unknown)
{
    return [unknown = std::move(unknown)](PeerCall &call) {
        for (const std::string &name : unknown)
            if (call.has(name))
                return call.refuse(kUnknown);
        if (!call.has("PIDs") && !call.has("PIDFDs"))
            return call.refuse(kInvalid);
        accept(call);
    };
}

TEST(Scope, IsMadeInOneCall)
{
    BusPeer peer(accept);
    const auto made = create(peer, {{"MemoryMax", std::uint64_t{1}}});
    ASSERT_TRUE(made) << to_line(made.error());
    EXPECT_EQ(made->unit, "dbgscope-test.scope");
    EXPECT_THAT(made->dropped, ElementsAre());
    EXPECT_THAT(peer.finish(), testing::Contains("StartTransientUnit").Times(1));
}

TEST(Scope, SignalMayOvertakeTheAnswer)
{
    BusPeer peer([](PeerCall &call) {
        call.job_removed(kJob, "done");
        call.reply_job(kJob);
    });
    EXPECT_TRUE(create(peer));
}

TEST(Scope, OtherJobsAreNotOurs)
{
    BusPeer peer([](PeerCall &call) {
        call.job_removed(kJob, "done", "other.scope");
        call.job_removed("/org/freedesktop/systemd1/job/6", "failed");
        call.reply_job(kJob);
        call.job_removed(kJob, "canceled");
    });
    const auto made = create(peer);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().cause, HasSubstr("cancelled"));
}

TEST(Scope, FallsBackFromDescriptorsToNumbers)
{
    BusPeer peer(manager_without({"PIDFDs"}));
    const auto made = create(peer, {}, std::chrono::seconds(10), true);
    ASSERT_TRUE(made) << to_line(made.error());
    EXPECT_THAT(made->dropped, ElementsAre());
}

TEST(Scope, SendsDescriptorsWhereTheyAreKnown)
{
    BusPeer peer(manager_without({"PIDs"}));
    const auto made = create(peer, {}, std::chrono::seconds(10), true);
    EXPECT_TRUE(made) << to_line(made.error());
}

TEST(Scope, DropsWhatTheManagerDoesNotKnowAndSaysSo)
{
    BusPeer peer(manager_without({"PIDFDs", "OOMPolicy", "MemoryZSwapMax"}));
    const auto made = create(peer,
                             {{"Description", std::string("d")},
                              {"OOMPolicy", std::string("continue")},
                              {"MemoryMax", std::uint64_t{1}, true, true},
                              {"MemoryZSwapMax", std::uint64_t{0}}},
                             std::chrono::seconds(10), true);
    ASSERT_TRUE(made) << to_line(made.error());
    EXPECT_THAT(made->dropped, ElementsAre("OOMPolicy", "MemoryZSwapMax"));
    EXPECT_FALSE(made->limit_dropped);
}

TEST(Scope, SaysThatTheLimitWasDropped)
{
    BusPeer peer(manager_without({"MemoryMax"}));
    const auto made = create(peer, {{"MemoryMax", std::uint64_t{1}, true, true}});
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->limit_dropped);
}

TEST(Scope, NamesAnIndispensableProperty)
{
    BusPeer peer(manager_without({"OOMPolicy"}));
    const auto made = create(peer, {{"MemoryMax", std::uint64_t{1}}, {"OOMPolicy", std::string("kill"), false}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::unsupported);
    EXPECT_THAT(made.error().cause, HasSubstr("OOMPolicy"));
    EXPECT_EQ(made.error().bus_name, kUnknown);
}

TEST(Scope, DoesNotAskForever)
{
    BusPeer peer([](PeerCall &call) { call.refuse(kUnknown); });
    const auto made = create(peer, {{"Description", std::string("d")}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::unsupported);
}

TEST(Scope, ResetsAFailedUnitOnce)
{
    bool reset = false;
    BusPeer peer([&](PeerCall &call) {
        if (call.member == "ResetFailedUnit") {
            reset = true;
            return call.reply_empty();
        }
        return reset ? accept(call) : call.refuse(kExists);
    });
    const auto made = create(peer);
    EXPECT_TRUE(made) << to_line(made.error());
    EXPECT_THAT(peer.finish(), ElementsAre("StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"));
}

TEST(Scope, LeavesAnActiveUnitAlone)
{
    BusPeer peer([](PeerCall &call) { call.member == "ResetFailedUnit" ? call.reply_empty() : call.refuse(kExists); });
    const auto made = create(peer);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::refused);
    EXPECT_EQ(made.error().bus_name, kExists);
    EXPECT_THAT(peer.finish(), ElementsAre("StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"));
}

TEST(Scope, SurvivesThatNothingIsAnswered)
{
    BusPeer peer([](PeerCall &) {});
    const auto made = create(peer, {}, kShort);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::timeout);
    EXPECT_EQ(made.error().subject, "dbgscope-test.scope");
}

TEST(Scope, SurvivesThatTheJobNeverEnds)
{
    BusPeer peer([](PeerCall &call) { call.reply_job(kJob); });
    const auto made = create(peer, {}, kShort);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::timeout);
}

TEST(Scope, SurvivesALostConnectionBeforeTheAnswer)
{
    BusPeer peer([](PeerCall &call) { call.drop_connection(); });
    const auto made = create(peer);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::system);
    EXPECT_THAT(made.error().cause, HasSubstr("closed the connection"));
}

TEST(Scope, SurvivesALostConnectionBeforeTheJobEnds)
{
    BusPeer peer([](PeerCall &call) {
        call.reply_job(kJob);
        call.drop_connection();
    });
    const auto made = create(peer, {}, std::chrono::seconds(3));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::system);
    EXPECT_THAT(made.error().cause, HasSubstr("closed the connection"));
}

TEST(Scope, IsAskedForAgainWhereTheManagerHasForgottenIt)
{
    int asked = 0;
    BusPeer peer([&asked](PeerCall &call) {
        if (call.member == "GetUnit")
            call.refuse("org.freedesktop.systemd1.NoSuchUnit");
        else if (++asked == 1) // it executes itself anew
            call.drop_connection();
        else
            accept(call);
    });
    const auto made = create(peer);
    ASSERT_TRUE(made) << to_line(made.error());
    EXPECT_THAT(peer.finish(), testing::IsSupersetOf({"StartTransientUnit", "GetUnit", "StartTransientUnit"}));
}

TEST(Scope, FailsWithItsJob)
{
    BusPeer peer([](PeerCall &call) {
        call.reply_job(kJob);
        call.job_removed(kJob, "failed");
    });
    const auto made = create(peer);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().cause, HasSubstr("could not move"));
    EXPECT_THAT(made.error().hint, HasSubstr("journalctl -u dbgscope-test.scope"));
}

TEST(Scope, PassesARefusalOn)
{
    BusPeer peer([](PeerCall &call) { call.refuse("org.freedesktop.DBus.Error.AccessDenied"); });
    const auto made = create(peer);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::denied);
    EXPECT_THAT(peer.finish(), ElementsAre("StartTransientUnit"));
}

TEST(Scope, RefusesTextThatNoBusCarries)
{
    BusPeer peer(accept);
    const auto made = create(peer, {{"Description", std::string("\xff")}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().operation, "describe scope");
}

} // namespace
} // namespace dbgscope
