// SPDX-License-Identifier: Apache-2.0
#include "launch/scope_errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using testing::HasSubstr;

const ManagerRequest kSystem{"create scope", "run-p1-0.scope", false};
const ManagerRequest kUser{"create scope", "run-p1-0.scope", true};

TEST(ManagerError, SaysWhatToDoWhenNotAllowed)
{
    for (const char *name :
         {"org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"}) {
        const Error error = manager_error(kSystem, name, "Access denied");
        EXPECT_EQ(error.kind, ErrorKind::denied);
        EXPECT_EQ(error.bus_name, name);
        EXPECT_THAT(error.hint, HasSubstr("--user"));
        EXPECT_THAT(error.hint, HasSubstr("sudo"));
    }
    // Root cannot use another user's manager, so neither word would help there.
    EXPECT_THAT(manager_error(kUser, "org.freedesktop.DBus.Error.AccessDenied", "").hint, HasSubstr("not with sudo"));
}

TEST(ManagerError, KeepsTheManagersSentenceWhereItIsBetter)
{
    const Error error = manager_error(kSystem, "org.freedesktop.DBus.Error.InvalidArgs", "Invalid OOMPolicy: perhaps");
    EXPECT_EQ(error.kind, ErrorKind::refused);
    EXPECT_EQ(to_line(error), "cannot create scope run-p1-0.scope: Invalid OOMPolicy: perhaps");
    EXPECT_EQ(manager_error(kSystem, "org.example.Strange", "").cause, "org.example.Strange");
}

TEST(ManagerError, PointsToTheUnitThatIsInTheWay)
{
    const Error error = manager_error(kUser, "org.freedesktop.systemd1.UnitExists", "");
    EXPECT_EQ(error.kind, ErrorKind::refused);
    EXPECT_THAT(error.hint, HasSubstr("systemctl --user status run-p1-0.scope"));
}

TEST(JobError, HasWordsForEveryResult)
{
    for (const char *result : {"canceled", "timeout", "dependency", "failed", "skipped", "invalid", "assert",
                               "unsupported", "collected", "once", "frozen", "concurrency"}) {
        const Error error = job_error(kSystem, result);
        EXPECT_THAT(error.cause, testing::Not(HasSubstr("ended with"))) << result;
        EXPECT_THAT(error.hint, HasSubstr("journalctl -u run-p1-0.scope")) << result;
    }
    EXPECT_EQ(job_error(kSystem, "timeout").kind, ErrorKind::timeout);
    EXPECT_EQ(job_error(kSystem, "of-the-future").cause, "its job ended with \"of-the-future\"");
}

TEST(JobError, TellsWhyTheUnitHasFailed)
{
    EXPECT_THAT(failed_error(kSystem, "oom-kill").cause, HasSubstr("killed for memory at once"));
    EXPECT_THAT(failed_error(kSystem, "resources").cause, HasSubstr("could not move the processes"));
    EXPECT_EQ(failed_error(kSystem, "of-the-future").cause, "the unit failed with the result \"of-the-future\"");
    EXPECT_EQ(failed_error(kSystem, "").cause, job_error(kSystem, "failed").cause);
    EXPECT_THAT(failed_error(kSystem, "oom-kill").hint, HasSubstr("journalctl -u"));
}

TEST(JobError, NamesTheSystemBusToAUser)
{
    EXPECT_THAT(job_error(kUser, "failed").hint, HasSubstr("journalctl --user -u"));
    EXPECT_THAT(job_error(kUser, "failed").hint, HasSubstr("system bus"));
    EXPECT_THAT(job_error(kSystem, "failed").hint, testing::Not(HasSubstr("system bus")));
}

TEST(ErrorNames, AreComparedWhole)
{
    EXPECT_TRUE(is_unknown_property("org.freedesktop.DBus.Error.PropertyReadOnly"));
    EXPECT_TRUE(is_unknown_property("org.freedesktop.DBus.Error.UnknownProperty"));
    EXPECT_FALSE(is_unknown_property("org.freedesktop.DBus.Error.UnknownPropertyX"));
    EXPECT_FALSE(is_unknown_property("org.freedesktop.DBus.Error.InvalidArgs"));
    EXPECT_FALSE(is_unknown_property(""));
    EXPECT_TRUE(is_unit_exists("org.freedesktop.systemd1.UnitExists"));
    EXPECT_FALSE(is_unit_exists("org.freedesktop.systemd1.UnitExistsNot"));
}

} // namespace
} // namespace dbgscope
