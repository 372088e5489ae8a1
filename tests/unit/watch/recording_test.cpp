// SPDX-License-Identifier: Apache-2.0
#include "watch/recording.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "session/registry.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

using test::TemporaryDirectory;

/// A divided session on v2 whose control files are plain files.
class RecordingTest : public ::testing::Test {
  protected:
    void SetUp() override
    {
        for (const char *place : {"scope/", "scope/debuggee/"}) {
            use(place, 10 * kMiB);
            tree_.write(std::string(place) + "memory.stat", "anon 9437184\nfile 1048576\nkernel 4096\nshmem 0\n");
            tree_.write(std::string(place) + "memory.events", "low 0\nhigh 3\nmax 2\noom 1\noom_kill 1\n");
            tree_.write(
                std::string(place) + "memory.pressure",
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
        }
        session_.place = {.version = 2, .scope = tree_ / "scope", .divided = true, .debugger_leaf = true};
        session_.scope = std::move(*open_at(AT_FDCWD, tree_ / "scope", O_RDONLY | O_DIRECTORY));
        session_.debuggee = std::move(*open_at(AT_FDCWD, tree_ / "scope/debuggee", O_RDONLY | O_DIRECTORY));
        paths_ = {.live = tree_ / "live", .history = tree_ / "history.jsonl"};
        ASSERT_TRUE(Registry::create(paths_));
        record_.id = "s1";
        record_.debugger = {4711, 5};
        record_.cap = Limit(128 * kMiB);
    }
    void use(const std::string &place, std::uint64_t bytes) const
    {
        tree_.write(place + "memory.current", std::to_string(bytes) + '\n');
    }
    [[nodiscard]] Recorded recorded() const
    {
        auto read = read_recording(paths_.live + '/' + recording_name(record_));
        EXPECT_TRUE(read);
        return read ? *read : Recorded{};
    }

    TemporaryDirectory tree_;
    OpenSession session_;
    SessionPaths paths_;
    SessionRecord record_;
};

TEST_F(RecordingTest, HoldsWhatTheControlFilesAndTheRecordSay)
{
    Recording recording(true);
    recording.said("before it began");
    recording.begin(record_, session_, paths_);
    use("scope/debuggee/", 60 * kMiB);
    record_.state = SessionState::held;
    record_.cap = Limit(256 * kMiB);
    record_.verdicts = {"killed"};
    recording.turn(record_);
    recording.end(record_);
    EXPECT_FALSE(recording.failure());
    const Recorded read = recorded();
    EXPECT_EQ(read.header.session.cap, Limit(128 * kMiB));
    ASSERT_EQ(read.points.size(), 2U);
    EXPECT_EQ(read.points[0].current_bytes, 10 * kMiB);
    EXPECT_EQ(read.points[0].anon_bytes, 9 * kMiB);
    EXPECT_EQ(read.points[0].file_bytes, kMiB);
    EXPECT_EQ(read.points[0].kernel_bytes, 4096U);
    EXPECT_EQ(read.points[0].oom_kill, 1U);
    EXPECT_EQ(read.points[0].stall_full_us, 5U);
    EXPECT_EQ(read.points[1].current_bytes, 60 * kMiB) << "at once, because of what has happened";
    std::vector<RecordedKind> kinds;
    for (const RecordedEvent &event : read.events)
        kinds.push_back(event.kind);
    EXPECT_THAT(kinds, ::testing::ElementsAre(RecordedKind::said, RecordedKind::state, RecordedKind::cap,
                                              RecordedKind::verdict, RecordedKind::state));
    ASSERT_TRUE(read.end);
    EXPECT_EQ(read.end->state, SessionState::ended);
}

TEST_F(RecordingTest, WithoutChangeNothingIsWritten)
{
    Recording recording(true);
    recording.begin(record_, session_, paths_);
    for (int i = 0; i < 1000; ++i)
        recording.turn(record_);
    EXPECT_EQ(recorded().points.size(), 1U);
    EXPECT_TRUE(recorded().events.empty());
}

TEST_F(RecordingTest, UnwantedDoesNothing)
{
    Recording recording(false);
    recording.said("x");
    recording.begin(record_, session_, paths_);
    recording.turn(record_);
    recording.end(record_);
    EXPECT_TRUE(list_recordings(paths_.live).empty());
}

TEST_F(RecordingTest, APlaceThatCannotBeWrittenToIsToldAndNoMore)
{
    ASSERT_EQ(::chmod(paths_.live.c_str(), 0777), 0);
    Recording recording(true);
    recording.begin(record_, session_, paths_);
    recording.said("x");
    recording.turn(record_);
    recording.end(record_);
    ASSERT_TRUE(recording.failure());
    EXPECT_EQ(recording.failure()->kind, ErrorKind::refused);
}

TEST_F(RecordingTest, ItsLargestSizeIsKeptAndSaid)
{
    Recording recording(true);
    recording.begin(record_, session_, paths_);
    const std::string line(2000, 'x');
    for (std::size_t bytes = 0; bytes < kRecordingMaxBytes + kMiB; bytes += line.size())
        recording.said(line);
    recording.end(record_);
    struct stat status{};
    ASSERT_EQ(::stat((paths_.live + '/' + recording_name(record_)).c_str(), &status), 0);
    EXPECT_LE(static_cast<std::size_t>(status.st_size), kRecordingMaxBytes + 64 * kKiB);
    const Recorded read = recorded();
    EXPECT_EQ(read.events.back().kind, RecordedKind::full);
    EXPECT_TRUE(read.end) << "the end is written all the same";
}

} // namespace
} // namespace dbgscope
