// SPDX-License-Identifier: Apache-2.0
#include "session/journal.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../launch/host.hpp"
#include "record.hpp"

namespace dbgscope {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

/// A journald that is there but reads only when asked.
class Journald {
  public:
    explicit Journald(const std::string &path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    }
    std::string receive() const
    {
        std::string text(256 * 1024, '\0');
        const ssize_t got = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
        text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return text;
    }

  private:
    UniqueFd socket_;
};

TEST(JournalEntry, Whole)
{
    SessionRecord record = test::full_record();
    record.verdicts = {"the cap was hit", "two\nlines"};
    record.command = {"dlv", "debug"};
    EXPECT_EQ(journal_entry(record), "MESSAGE\n\x5c\0\0\0\0\0\0\0"
                                     "session dlv-debug-p4711-5f0c9b1d8e7a2c34 (dlv) ended after 754 s; the "
                                     "cap was hit; two\nlines\n"
                                     "PRIORITY=5\n"
                                     "SYSLOG_IDENTIFIER=dbgscope\n"
                                     "DBGSCOPE_SESSION=dlv-debug-p4711-5f0c9b1d8e7a2c34\n"
                                     "DBGSCOPE_TOOL=dlv\n"
                                     "DBGSCOPE_BACKEND=systemd-user\n"
                                     "DBGSCOPE_DEBUGGER_PID=4711\n"
                                     "DBGSCOPE_DURATION_MS=754321\n"
                                     "DBGSCOPE_CAP=512M\n"
                                     "DBGSCOPE_DEBUGGEE_PEAK_BYTES=524288000\n"
                                     "DBGSCOPE_DEBUGGER_PEAK_BYTES=94371840\n"
                                     "DBGSCOPE_HIGH=7\n"
                                     "DBGSCOPE_MAX=3\n"
                                     "DBGSCOPE_OOM=2\n"
                                     "DBGSCOPE_OOM_KILL=1\n"
                                     "DBGSCOPE_STALL_SOME_US=1000\n"
                                     "DBGSCOPE_STALL_FULL_US=900\n"
                                     "DBGSCOPE_FUSE_TRIPS=2\n"
                                     "DBGSCOPE_EXIT_STATUS=-9\n"
                                     "DBGSCOPE_VERDICT=the cap was hit\n"
                                     "DBGSCOPE_VERDICT\n\x09\0\0\0\0\0\0\0two\nlines\n"
                                     "DBGSCOPE_COMMAND=dlv debug\n"s);
}

TEST(JournalEntry, IsQuietWithoutAVerdict)
{
    SessionRecord record;
    record.id = "a";
    const std::string entry = journal_entry(record);
    EXPECT_THAT(entry, HasSubstr("PRIORITY=6\n"));
    EXPECT_THAT(entry, Not(HasSubstr("EXIT_STATUS")));
    EXPECT_THAT(entry, Not(HasSubstr("VERDICT")));
}

TEST(JournalEntry, FitsIntoADatagram)
{
    SessionRecord record;
    record.command.assign(5000, std::string(100, 'x'));
    record.verdicts.assign(1000, std::string(5000, 'y'));
    EXPECT_LT(journal_entry(record).size(), 140U * 1024);
    EXPECT_THAT(journal_entry(record), HasSubstr('=' + std::string(4096, 'y') + '\n'));
}

TEST(SendToJournal, Arrives)
{
    const test::TemporaryDirectory tree;
    const Journald journald(tree / "socket");
    SessionRecord large = test::full_record();
    large.verdicts.assign(100, std::string(5000, 'y'));
    for (const SessionRecord &record : {test::full_record(), large}) {
        EXPECT_TRUE(send_to_journal(record, (tree / "socket").c_str()));
        EXPECT_EQ(journald.receive(), journal_entry(record));
    }
}

TEST(SendToJournal, WithoutJournaldIsNothing)
{
    const test::TemporaryDirectory tree;
    EXPECT_FALSE(send_to_journal(test::full_record(), (tree / "socket").c_str()));
    EXPECT_FALSE(send_to_journal(test::full_record(), (tree / std::string(200, 'x')).c_str()));
}

TEST(SendToJournal, NeverWaitsForAJournaldThatDoesNotRead)
{
    const test::TemporaryDirectory tree;
    const Journald journald(tree / "socket");
    bool sent = true;
    for (int i = 0; i < 10000 && sent; ++i) // net.unix.max_dgram_qlen is 10 to 512
        sent = send_to_journal(test::full_record(), (tree / "socket").c_str());
    EXPECT_FALSE(sent);
}

} // namespace
} // namespace dbgscope
