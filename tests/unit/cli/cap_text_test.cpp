// SPDX-License-Identifier: Apache-2.0
#include "cli/cap_text.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

SessionRecord record_of(bool split)
{
    SessionRecord record;
    record.id = "dlv-x";
    record.backend = "cgroupfs";
    record.tool = "dlv";
    record.place.version = 2;
    record.place.divided = split;
    record.cap = Limit(512 * kMiB);
    record.fuse = fuse_line_for(record.cap);
    record.scope_limit = Limit(768 * kMiB);
    record.go_version = "go1.19.8";
    record.gomemlimit = Limit(460 * kMiB);
    return record;
}

std::string text_of(const SessionRecord &record, const Usage &usage, Limit wanted, const std::string &outer = "",
                    bool watched = true)
{
    const LiveSession session{.record = record, .debugger_alive = true, .watcher_alive = watched};
    return cap_change_text(session, usage, plan_cap_change(record, usage, wanted), outer);
}

TEST(CapChangeText, OfARaiseInGo)
{
    EXPECT_EQ(text_of(record_of(true), {}, Limit(kGiB)),
              "dlv-x: cap 512M -> 1G, fuse at 972.8M, whole session 768M -> 1.2G\n"
              "The Go program has read GOMEMLIMIT at its start. To change it there too, in dlv while it is stopped:\n"
              "    set runtime.gcController.memoryLimit.value = 966367642\n");
}

TEST(CapChangeText, NothingOfAGomemlimitThatIsNotOurs)
{
    SessionRecord record = record_of(true);
    record.gomemlimit = Limit();
    EXPECT_EQ(text_of(record, {}, Limit(kGiB)), "dlv-x: cap 512M -> 1G, fuse at 972.8M, whole session 768M -> 1.2G\n");
}

TEST(LiveMemlimit, IsChangedWhereTheClientIs)
{
    SessionRecord record = record_of(true);
    EXPECT_EQ(live_memlimit(record, Limit(kGiB))->client, "dlv");
    record.tool = "gdbserver";
    EXPECT_EQ(live_memlimit(record, Limit(kGiB))->client, "gdb");
    record.gomemlimit = Limit(); // over DAP, and where the user has set it
    EXPECT_FALSE(live_memlimit(record, Limit(kGiB)));
}

TEST(CapChangeText, SaysWhatStandsInTheWay)
{
    SessionRecord record = record_of(true);
    record.go_version.clear();
    Usage usage;
    usage.current_bytes = 250 * kMiB;
    EXPECT_EQ(text_of(record, usage, Limit(256 * kMiB), "128M of /sys/fs/cgroup/debug.slice"),
              "dlv-x: cap 512M -> 256M, fuse at 243.2M\n"
              "The limit 128M of /sys/fs/cgroup/debug.slice is lower, and counts.\n"
              "250M is in use and cannot be dropped: the debuggee will be held at once.\n");
}

TEST(CapChangeText, PromisesNothingOfAWatcherThatIsGone)
{
    SessionRecord record = record_of(true);
    record.go_version.clear();
    EXPECT_EQ(text_of(record, {}, Limit(600 * kMiB), "", false),
              "dlv-x: cap 512M -> 600M, whole session 768M -> 856M\n"
              "Its watcher is gone: nobody holds it before the cap any more.\n");
}

TEST(CapChangeText, WithoutASplitTellsOfTheWhole)
{
    SessionRecord record = record_of(false);
    record.go_version.clear();
    record.fuse = Limit();
    EXPECT_EQ(text_of(record, {}, Limit(kGiB)), "dlv-x: limit of the session 768M -> 1.2G\n");
}

} // namespace
} // namespace dbgscope
