// SPDX-License-Identifier: Apache-2.0
#include "launch/init_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

struct InitFile : testing::Test {
    std::string home = testing::TempDir() + "init-file-" + std::to_string(::getpid());
    WriteInitFile file{.path = home + "/own/heap.dlv", .text = "set a = 1\n"};
    void SetUp() override { fs::create_directories(home); }
    void TearDown() override { fs::remove_all(home); }
};

TEST_F(InitFile, IsWrittenForItsOwnerAndWrittenAnew)
{
    ASSERT_TRUE(write_init_file(file));
    EXPECT_EQ(read_file(file.path).value_or(""), file.text);
    struct stat status{};
    ASSERT_EQ(::stat((home + "/own").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    std::ofstream(file.path) << "half";
    ASSERT_TRUE(write_init_file(file));
    EXPECT_EQ(read_file(file.path).value_or(""), file.text);
    EXPECT_EQ(std::distance(fs::directory_iterator(home + "/own"), fs::directory_iterator()), 1);
}

TEST_F(InitFile, IsNotWrittenWhereOthersMayWrite)
{
    fs::create_directory(home + "/own");
    ASSERT_EQ(::chmod((home + "/own").c_str(), 0777), 0);
    const auto open = write_init_file(file);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().kind, ErrorKind::refused);
    fs::remove(home + "/own");
    fs::create_directory(home + "/elsewhere");
    fs::create_directory_symlink(home + "/elsewhere", home + "/own");
    EXPECT_FALSE(write_init_file(file));
    EXPECT_TRUE(fs::is_empty(home + "/elsewhere"));
}

TEST_F(InitFile, WithoutItTheDebuggerIsStartedAsAsked)
{
    const Execute asked{.path = "/usr/bin/dlv", .arguments = {"dlv", "exec", "./prog"}};
    Execute with = asked;
    with.arguments.insert(with.arguments.begin() + 1, {"--init", file.path});
    EXPECT_EQ(without_init_file(with, file.path), asked);
    EXPECT_EQ(without_init_file(asked, file.path), asked);
}

} // namespace
} // namespace dbgscope
