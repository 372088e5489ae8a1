// SPDX-License-Identifier: Apache-2.0
#include "session/recording_file.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <utime.h>

#include <algorithm>

#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "record.hpp"
#include "session/recording_guest.hpp"
#include "session/registry.hpp"

namespace dbgscope {
namespace {

using test::slurp;
using test::TemporaryDirectory;

struct Places {
    TemporaryDirectory tree;
    SessionPaths paths{.live = tree / "live", .history = tree / "state/history.jsonl"};
    Places()
    {
        (void)Registry::create(paths).has_value();
        (void)::mkdir((tree / "state").c_str(), 0700);
    }
    [[nodiscard]] std::string kept(const SessionRecord &record) const
    {
        return recordings_directory(paths.history) + '/' + recording_name(record);
    }
};

SessionRecord numbered(int number)
{
    SessionRecord record;
    record.id = "s" + std::to_string(number);
    record.debugger = {number, 1};
    return record;
}

TEST(RecordingFile, IsItsOwnersAlone)
{
    const Places places;
    auto file = RecordingFile::make(places.paths, test::full_record());
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->append("one\n"));
    EXPECT_TRUE(file->append("two\n"));
    EXPECT_EQ(file->bytes(), 8U);
    const std::string path = places.paths.live + "/dlv-debug-p4711-5f0c9b1d8e7a2c34.4711-123456.jsonl";
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(slurp(path), "one\ntwo\n");
    EXPECT_FALSE(RecordingFile::make(places.paths, test::full_record())) << "another's file is taken over";
}

/// Who takes a snapshot adds a line beside the watcher; neither cuts off what the other has written.
TEST(RecordingFile, AGuestAddsALine)
{
    const Places places;
    RecordedEvent taken{.kind = RecordedKind::snapshot, .text = "/tmp/taken"};
    EXPECT_EQ(add_to_recording(places.paths.live, numbered(1), taken, 1500), false) << "it is not recorded";
    auto file = RecordingFile::make(places.paths, numbered(1));
    ASSERT_TRUE(file);
    EXPECT_EQ(add_to_recording(places.paths.live, numbered(1), taken, 1500), false) << "no first line yet";
    ASSERT_TRUE(file->append(recording_line(RecordingHeader{.monotonic_ms = 1000, .session = numbered(1)})));
    const std::size_t first = file->bytes();
    EXPECT_EQ(add_to_recording(places.paths.live, numbered(1), taken, 1500), true);
    ASSERT_TRUE(file->append("last\n"));
    taken.at_ms = 500;
    const std::string path = places.paths.live + '/' + recording_name(numbered(1)), whole = slurp(path);
    EXPECT_EQ(whole.substr(first), recording_line(taken) + "last\n");
    EXPECT_EQ(file->bytes(), whole.size());
    ASSERT_TRUE(file->append(std::string(kRecordingMaxBytes - whole.size() - 10, 'x') + '\n'));
    EXPECT_EQ(add_to_recording(places.paths.live, numbered(1), taken, 1500), false) << "it is full";
    EXPECT_EQ(::unlink(path.c_str()) + ::symlink("/etc/passwd", path.c_str()), 0);
    EXPECT_FALSE(add_to_recording(places.paths.live, numbered(1), taken, 1500));
    EXPECT_EQ(::unlink(path.c_str()) + ::mkfifo(path.c_str(), 0600), 0);
    EXPECT_FALSE(add_to_recording(places.paths.live, numbered(1), taken, 1500));
}

TEST(RecordingFile, ADirectoryThatOthersMayWriteToIsRefused)
{
    const Places places;
    ASSERT_EQ(::chmod(places.paths.live.c_str(), 0777), 0);
    const auto file = RecordingFile::make(places.paths, test::full_record());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().kind, ErrorKind::refused);
}

TEST(RecordingFile, IsMovedToTheOthersAtTheEnd)
{
    const Places places;
    auto file = RecordingFile::make(places.paths, numbered(1));
    ASSERT_TRUE(file && file->append("one\n"));
    ASSERT_TRUE(keep_recording(places.paths.live, places.paths.history, numbered(1)));
    EXPECT_EQ(slurp(places.kept(numbered(1))), "one\n");
    EXPECT_TRUE(list_recordings(places.paths.live).empty());
    EXPECT_TRUE(keep_recording(places.paths.live, places.paths.history, numbered(2))) << "none is no error";
}

TEST(RecordingFile, TheOldestGoFirst)
{
    const Places places;
    for (int i = 1; i <= 5; ++i) {
        auto file = RecordingFile::make(places.paths, numbered(i));
        ASSERT_TRUE(file && file->append("line\n"));
        const utimbuf at{1000 + i, 1000 + i};
        ASSERT_EQ(::utime((places.paths.live + '/' + recording_name(numbered(i))).c_str(), &at), 0);
        ASSERT_TRUE(keep_recording(places.paths.live, places.paths.history, numbered(i), {.count = 3, .bytes = kMiB}));
    }
    const auto left = list_recordings(recordings_directory(places.paths.history));
    ASSERT_EQ(left.size(), 3U);
    EXPECT_EQ(left.front().path, places.kept(numbered(5)));
    EXPECT_EQ(left.back().path, places.kept(numbered(3)));
    auto large = RecordingFile::make(places.paths, numbered(6));
    ASSERT_TRUE(large && large->append(std::string(1000, 'x')));
    ASSERT_TRUE(keep_recording(places.paths.live, places.paths.history, numbered(6), {.count = 3, .bytes = 500}));
    const auto last = list_recordings(recordings_directory(places.paths.history));
    ASSERT_EQ(last.size(), 1U) << "the newest stays, however large";
    EXPECT_EQ(last.front().path, places.kept(numbered(6)));
}

TEST(RecordingFile, WithoutALiveRecordItIsKeptByTheNextStart)
{
    const Places places;
    const auto registry = Registry::open(places.paths);
    for (int i = 1; i <= 2; ++i) {
        auto file = RecordingFile::make(places.paths, numbered(i));
        ASSERT_TRUE(file && file->append("line\n"));
    }
    ASSERT_TRUE(registry && registry->write_live(numbered(2)));
    keep_orphaned_recordings(places.paths.live, places.paths.history);
    EXPECT_EQ(slurp(places.kept(numbered(1))), "line\n");
    ASSERT_EQ(list_recordings(places.paths.live).size(), 1U) << "of a session that runs";
}

TEST(RecordingFile, WithoutAPlaceForAHistoryNothingIsLeft)
{
    const Places places;
    ASSERT_TRUE(RecordingFile::make(places.paths, numbered(1)));
    EXPECT_TRUE(keep_recording(places.paths.live, "", numbered(1)));
    EXPECT_TRUE(list_recordings(places.paths.live).empty());
}

TEST(RecordingFile, IsMovedFromOneFileSystemToAnother)
{
    const Places places;
    if (::mount("none", places.paths.live.c_str(), "tmpfs", 0, "size=1m,mode=0700") != 0)
        GTEST_SKIP() << "no mount";
    auto file = RecordingFile::make(places.paths, numbered(1));
    const std::string line = std::string(10'000, 'x') + '\n'; // more than is copied at once
    EXPECT_TRUE(file && file->append(line));
    EXPECT_TRUE(keep_recording(places.paths.live, places.paths.history, numbered(1)));
    EXPECT_EQ(slurp(places.kept(numbered(1))), line);
    EXPECT_TRUE(list_recordings(places.paths.live).empty());
    (void)::umount2(places.paths.live.c_str(), MNT_DETACH);
}

TEST(RecordingFile, ALineThatDoesNotFitOnTheDiskLeavesNothingBehind)
{
    const TemporaryDirectory tree;
    if (::mount("none", tree.path().c_str(), "tmpfs", 0, "size=64k,mode=0700") != 0)
        GTEST_SKIP() << "no mount";
    const SessionPaths paths{.live = tree.path(), .history = {}};
    auto file = RecordingFile::make(paths, numbered(1));
    ASSERT_TRUE(file && file->append("one\n"));
    const auto written = file->append(std::string(100'000, 'x'));
    EXPECT_FALSE(written);
    EXPECT_EQ(written.error().error_number, ENOSPC);
    EXPECT_EQ(slurp(tree.path() + '/' + recording_name(numbered(1))), "one\n");
    (void)::umount2(tree.path().c_str(), MNT_DETACH);
}

} // namespace
} // namespace dbgscope
