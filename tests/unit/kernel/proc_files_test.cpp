// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_files.hpp"

#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/process.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

TEST(ProcessFile, IsWhatTheKernelCallsIt)
{
    for (const auto file : {ProcessFile::auxiliary, ProcessFile::executable, ProcessFile::maps, ProcessFile::memory,
                            ProcessFile::page_counts, ProcessFile::page_map, ProcessFile::root, ProcessFile::status}) {
        struct stat info{};
        EXPECT_EQ(::lstat(process_file(::getpid(), file).c_str(), &info), 0) << process_file(::getpid(), file);
    }
    EXPECT_EQ(process_file(4711, ProcessFile::executable, "/x/proc"), "/x/proc/4711/exe");
    EXPECT_EQ(read_link(process_file(::getpid(), ProcessFile::executable)), read_link(kSelfExecutable));
    EXPECT_TRUE(read_file(std::string("/proc") + kTcpTables.front())); // the other one is not there without IPv6
}

TEST(ProgramEntry, IsWhatTheKernelToldTheProgram)
{
    EXPECT_EQ(program_entry_of(::getpid()).value_or(0), ::getauxval(AT_ENTRY));
    const auto gone = program_entry_of(-1);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().error_number, ENOENT);
}

} // namespace
} // namespace dbgscope
