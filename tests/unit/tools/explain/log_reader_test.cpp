// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/log_reader.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

UniqueFd file_of(std::string_view content)
{
    UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
    return file;
}

struct Kept {
    std::string text;
    bool cut = false;
};

std::vector<Kept> lines_of(std::string_view content)
{
    std::vector<Kept> lines;
    auto log = LogReader::from(file_of(content), "x.log");
    EXPECT_TRUE(log) << (log ? "" : to_line(log.error()));
    while (log) {
        const auto line = log->next();
        if (!line || !*line)
            break;
        EXPECT_EQ((*line)->number, lines.size() + 1);
        lines.push_back({std::string((*line)->text), (*line)->cut});
    }
    return lines;
}

std::string refusal(std::string_view content)
{
    const auto log = LogReader::from(file_of(content), "x.log");
    return log ? "" : to_line(log.error());
}

TEST(LogReader, LineEnds)
{
    const auto lines = lines_of("one\r\n\ntwo\nlast without an end");
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_EQ(lines[1].text, "");
    EXPECT_EQ(lines[2].text, "two");
    EXPECT_EQ(lines[3].text, "last without an end");
    EXPECT_EQ(lines_of("").size(), 0U);
    EXPECT_EQ(lines_of("\n").size(), 1U);
    EXPECT_EQ(lines_of("\xef\xbb\xbf"
                       "bom\n")[0]
                  .text,
              "bom");
}

TEST(LogReader, LongLinesAreCutAndTheNextOnesWhole)
{
    for (const std::size_t length :
         {kMaxLineBytes - 1, kMaxLineBytes, kMaxLineBytes + 1, 4 * kMaxLineBytes, 5 * kMaxLineBytes + 7}) {
        const auto lines = lines_of(std::string(length, 'a') + "\nnext\n" + std::string(length, 'b'));
        ASSERT_EQ(lines.size(), 3U) << length;
        EXPECT_EQ(lines[0].text.size(), std::min(length, kMaxLineBytes));
        EXPECT_EQ(lines[0].cut, length > kMaxLineBytes);
        EXPECT_EQ(lines[1].text, "next");
        EXPECT_FALSE(lines[1].cut);
        EXPECT_EQ(lines[2].text, std::string(std::min(length, kMaxLineBytes), 'b'));
    }
}

TEST(LogReader, OddBytesInText)
{
    const auto lines = lines_of(std::string("a\0b\xff\x1b[31m\n", 10) + std::string(20, '\0') + "after a torn block\n" +
                                std::string(100, 'x') + "\n");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].text, std::string_view("a\0b\xff\x1b[31m", 9));
}

TEST(LogReader, WhatIsNoTextIsRefusedWithWhatToDo)
{
    EXPECT_NE(refusal("\x1f\x8b\x08rest").find("zcat"), std::string::npos);
    EXPECT_NE(refusal(std::string("go 1.23 trace\0\0\0\1\1", 18)).find("go tool trace"), std::string::npos);
    EXPECT_EQ(refusal("go 1.23 trace is what I ran\n"), "");
    EXPECT_NE(refusal("\x7f"
                      "ELF\x02")
                  .find("ELF"),
              std::string::npos);
    EXPECT_NE(refusal(std::string_view("\xff\xfeh\0i\0", 6)).find("iconv"), std::string::npos);
    EXPECT_NE(refusal(std::string(4096, '\x01')).find("binary data"), std::string::npos);
    const auto directory = LogReader::open("/tmp");
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().error_number, EISDIR);
    const auto missing = LogReader::open("/nonexistent/\x1b[31mx");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    EXPECT_EQ(to_line(missing.error()).find('\x1b'), std::string::npos);
}

TEST(LogReader, APipeOfAnyLengthInConstantMemory)
{
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    constexpr std::size_t kBlocks = 2000;
    std::thread writer([fd = UniqueFd(ends[1])] {
        std::string block(64 * 1024 - 1, 'x');
        block[100] = '\n';
        block += '\n';
        for (std::size_t i = 0; i < kBlocks; ++i)
            for (std::size_t done = 0; done < block.size();) // in pieces that tear lines
                if (const ssize_t n =
                        ::write(fd.get(), block.data() + done, std::min<std::size_t>(7001, block.size() - done));
                    n > 0)
                    done += static_cast<std::size_t>(n);
    });
    auto log = LogReader::from(UniqueFd(ends[0]), "pipe");
    ASSERT_TRUE(log);
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    std::uint64_t lines = 0;
    for (auto line = log->next(); line && *line; line = log->next())
        ++lines;
    ::getrusage(RUSAGE_SELF, &after);
    writer.join();
    EXPECT_EQ(lines, 2 * kBlocks);
    EXPECT_EQ(log->bytes(), kBlocks * 64 * 1024);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 4096) << "KiB";
}

} // namespace
} // namespace dbgscope
