// SPDX-License-Identifier: Apache-2.0
#include "session/registry.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "kernel/process.hpp"
#include "record.hpp"
#include "session/record_json.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

/// A place for records with a /proc of its own, in which 10 and 11 live.
class Place {
  public:
    Place()
    {
        tree_.write("proc/sys/kernel/random/boot_id", "boot\n");
        for (const char *pid : {"10", "11"})
            tree_.write("proc/" + std::string(pid) + "/stat",
                        std::string(pid) + " (dlv) S 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 500 1 1\n");
        tree_.write("proc/12/stat", "12 (dlv) Z 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 500 1 1\n");
    }
    [[nodiscard]] SessionPaths paths() const { return {.live = tree_ / "live"}; }
    [[nodiscard]] std::string proc() const { return tree_ / "proc"; }
    [[nodiscard]] std::string live(const std::string &name) const { return tree_ / ("live/" + name); }
    [[nodiscard]] const TemporaryDirectory &tree() const { return tree_; }

  private:
    TemporaryDirectory tree_;
};

SessionRecord record_of(const std::string &id, int pid, std::uint64_t ticks = 500)
{
    SessionRecord record;
    record.id = id;
    record.boot_id = "boot";
    record.debugger = {pid, ticks};
    return record;
}

unsigned mode_of(const std::string &path)
{
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(LiveFileName, IsUniqueAndShortEnough)
{
    EXPECT_EQ(live_file_name(record_of("run-p1-0a", 10)), "run-p1-0a.10-500.json");
    EXPECT_NE(live_file_name(record_of("same", 10)), live_file_name(record_of("same", 11)));
    EXPECT_EQ(live_file_name(record_of("../a\\x2d/b", 10)), ".._a\\x2d_b.10-500.json");
    const std::string longest =
        live_file_name(record_of(std::string(249, 'x'), 4194304, 18446744073709551615U)) + ".new";
    EXPECT_LE(longest.size(), 255U);
}

TEST(Registry, WritesRewritesAndRemoves)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    ASSERT_TRUE(registry) << to_line(registry.error());
    EXPECT_EQ(mode_of(place.live("")), 0700U);
    SessionRecord record = record_of("a\\x2db", 10);
    record.watcher = {11, 500};
    ASSERT_TRUE(registry->write_live(record));
    EXPECT_EQ(mode_of(place.live("a\\x2db.10-500.json")), 0600U);
    record.fuse_trips = 3;
    ASSERT_TRUE(registry->write_live(record));
    const auto sessions = registry->list_live(place.proc());
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(sessions[0].record.fuse_trips, 3U);
    EXPECT_TRUE(sessions[0].debugger_alive);
    EXPECT_TRUE(sessions[0].watcher_alive);
    EXPECT_TRUE(registry->has_live(record));

    EXPECT_TRUE(registry->remove_live(record));
    EXPECT_TRUE(registry->remove_live(record)); // nothing there: no error
    EXPECT_FALSE(registry->has_live(record));
    EXPECT_TRUE(std::filesystem::is_empty(place.live("")));
}

TEST(Registry, TellsWhoIsAlive)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    SessionRecord unwatched = record_of("unwatched", 10);
    unwatched.watcher = {12, 500}; // a zombie
    SessionRecord reused = record_of("reused", 11, 400);
    reused.watcher = {99, 1};
    ASSERT_TRUE(registry->write_live(unwatched));
    ASSERT_TRUE(registry->write_live(reused));
    const auto sessions = registry->list_live(place.proc());
    ASSERT_EQ(sessions.size(), 2U);
    EXPECT_EQ(sessions[0].record.id, "reused"); // the older first
    EXPECT_FALSE(sessions[0].debugger_alive);
    EXPECT_FALSE(sessions[0].watcher_alive);
    EXPECT_TRUE(sessions[1].debugger_alive);
    EXPECT_FALSE(sessions[1].watcher_alive);
}

TEST(Registry, GoesElsewhereWhereItsPlaceIsTaken)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to give a directory away";
    const Place place;
    SessionPaths paths = place.paths();
    const std::string instead = place.live("") + "../state/dbgscope/live";
    paths.instead = {"/proc/nowhere", instead};
    ASSERT_FALSE(Registry::open(paths)); // nothing was ever recorded
    std::filesystem::create_directories(paths.live);
    ASSERT_EQ(::chown(paths.live.c_str(), 4711, 4711), 0);
    const auto registry = Registry::create(paths);
    ASSERT_TRUE(registry) << to_line(registry.error());
    ASSERT_TRUE(registry->write_live(record_of("squatted", 10)));
    const auto reader = Registry::open(paths);
    ASSERT_TRUE(reader) << to_line(reader.error());
    EXPECT_EQ(reader->list_live(place.proc()).size(), 1U);
    EXPECT_EQ(mode_of(instead), 0700U);
    EXPECT_EQ(reader->path(), instead);
    EXPECT_TRUE(std::filesystem::is_empty(paths.live));
}

TEST(Registry, LeavesSessionsOfAnotherTimeNamespaceAlone)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    std::filesystem::create_directories(place.proc() + "/self/ns");
    std::filesystem::create_symlink("time:[1]", place.proc() + "/self/ns/time");
    SessionRecord here = record_of("here", 10), before_5_6 = record_of("old", 11),
                  elsewhere = record_of("elsewhere", 99);
    here.time_namespace = "time:[1]";
    elsewhere.time_namespace = "time:[2]";
    for (const SessionRecord *record : {&here, &before_5_6, &elsewhere})
        ASSERT_TRUE(registry->write_live(*record));
    const auto sessions = registry->list_live(place.proc());
    ASSERT_EQ(sessions.size(), 2U);
    EXPECT_EQ(sessions[0].record.id, "here");
    EXPECT_EQ(sessions[1].record.id, "old");
}

TEST(Registry, ListsTheOldestFirst)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    for (const int ticks : {5, 3, 8, 1, 7, 2, 6, 4})
        ASSERT_TRUE(registry->write_live(record_of("s", 10, static_cast<std::uint64_t>(ticks))));
    std::uint64_t expected = 0;
    for (const LiveSession &session : registry->list_live(place.proc()))
        EXPECT_EQ(session.record.debugger.start_ticks, ++expected);
    EXPECT_EQ(expected, 8U);
}

TEST(Registry, PassesOverWhatIsNoRecordOfThisBoot)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    SessionRecord old = record_of("old", 10);
    old.boot_id = "another";
    ASSERT_TRUE(registry->write_live(old));
    ASSERT_TRUE(registry->write_live(record_of("good", 10)));
    const std::string good = test::slurp(place.live("good.10-500.json"));
    place.tree().write("live/broken.10-500.json", "{\"id\": \"bro");
    place.tree().write("live/other-name.10-500.json", good);
    place.tree().write("live/good.10-500.json.new", good);
    std::filesystem::create_directory(place.live("directory.10-500.json"));
    std::filesystem::create_symlink("good.10-500.json", place.live("link.10-500.json"));
    ASSERT_EQ(::mkfifo(place.live("fifo.10-500.json").c_str(), 0600), 0);
    const auto sessions = registry->list_live(place.proc());
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(sessions[0].record.id, "good");
}

TEST(Registry, PassesOverAnotherUsersFile)
{
    DBGSCOPE_NEEDS_ROOT();
    const Place place;
    const auto registry = Registry::create(place.paths());
    ASSERT_TRUE(registry->write_live(record_of("a", 10)));
    ASSERT_EQ(::chown(place.live("a.10-500.json").c_str(), 65534, 65534), 0);
    EXPECT_TRUE(registry->list_live(place.proc()).empty());
}

TEST(Registry, OfNobodyIsNotFound)
{
    const Place place;
    const auto registry = Registry::open(place.paths());
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().kind, ErrorKind::not_found);
    EXPECT_FALSE(std::filesystem::exists(place.live("")));
}

TEST(Registry, RefusesATrap)
{
    const Place place;
    std::filesystem::create_directory(place.tree() / "elsewhere");
    std::filesystem::create_symlink("elsewhere", place.tree() / "live");
    auto registry = Registry::create(place.paths());
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().kind, ErrorKind::refused);
    EXPECT_EQ(registry.error().cause, "it is a symbolic link");

    std::filesystem::remove(place.tree() / "live");
    place.tree().write("live", "a file");
    registry = Registry::create(place.paths());
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().cause, "it is no directory");

    std::filesystem::remove(place.tree() / "live");
    std::filesystem::create_directory(place.tree() / "live");
    ASSERT_EQ(::chmod((place.tree() / "live").c_str(), 0777), 0);
    registry = Registry::create(place.paths());
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().cause, "its mode is 0777: others may write there");
}

TEST(Registry, RefusesAnotherUsersDirectory)
{
    DBGSCOPE_NEEDS_ROOT();
    const Place place;
    std::filesystem::create_directory(place.tree() / "live");
    ASSERT_EQ(::chown((place.tree() / "live").c_str(), 65534, 65534), 0);
    const auto registry = Registry::open(place.paths());
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().kind, ErrorKind::refused);
    EXPECT_EQ(registry.error().cause, "it belongs to user 65534");
}

TEST(Registry, SurvivesTheEndOfItsDirectory)
{
    const Place place;
    const auto registry = Registry::create(place.paths());
    std::filesystem::remove_all(place.tree() / "live");
    const auto written = registry->write_live(record_of("a", 10));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().error_number, ENOENT);
    EXPECT_EQ(written.error().subject, place.live("a.10-500.json"));
    EXPECT_TRUE(registry->remove_live(record_of("a", 10)));
    EXPECT_TRUE(registry->list_live(place.proc()).empty());
}

TEST(Registry, KeepsTheOldRecordWhenTheDiskIsFull)
{
    DBGSCOPE_NEEDS_ROOT();
    const Place place;
    std::filesystem::create_directory(place.tree() / "live");
    const auto child = test::in_child([&] {
        // A tmpfs of one page of data, in a mount namespace of our own.
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", (place.tree() / "live").c_str(), "tmpfs", 0, "size=4k,mode=0700") != 0)
            return 77;
        const auto registry = Registry::create(place.paths());
        if (!registry || !registry->write_live(record_of("a", 10)))
            return 1;
        const auto again = registry->write_live(record_of("a", 10));
        if (again || again.error().error_number != ENOSPC)
            return 2;
        return registry->list_live(place.proc()).size() == 1 &&
                       !std::filesystem::exists(place.live("a.10-500.json.new"))
                   ? 0
                   : 3;
    });
    if (child.status == 77)
        GTEST_SKIP() << "cannot mount a tmpfs";
    EXPECT_EQ(child.status, 0);
}

} // namespace
} // namespace dbgscope
