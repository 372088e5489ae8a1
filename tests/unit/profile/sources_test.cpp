// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_root.hpp"
#include "profile/load.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

/// Changes the working directory for one test.
class Sources : public testing::Test {
  protected:
    void SetUp() override { before_ = std::filesystem::current_path(); }
    void TearDown() override { std::filesystem::current_path(before_); }

    LayerSources find(const std::vector<std::string> &variables, const std::string &cwd) const
    {
        std::filesystem::create_directories(tree_.root() + cwd);
        std::filesystem::current_path(tree_.root() + cwd);
        std::vector<const char *> environment;
        for (const std::string &variable : variables)
            environment.push_back(variable.c_str());
        environment.push_back(nullptr);
        return default_sources(environment.data(), {}, "dlv", tree_.root() + "/etc");
    }

    TempTree tree_;
    std::filesystem::path before_;
};

TEST_F(Sources, FindsNothingWhereNothingIs)
{
    const LayerSources sources = find({"HOME=" + tree_.root() + "/home", "PATH=/bin"}, "/home/work");
    EXPECT_EQ(sources.system_file + sources.user_file + sources.project_file, "");
    EXPECT_TRUE(sources.profile_dirs.empty() && sources.environment.empty());
    EXPECT_EQ(sources.builtin_profile, "dlv");
}

/// What an ordinary user is told of directories that root has closed to him.
class ClosedSources : public Sources {
  protected:
    void SetUp() override
    {
        Sources::SetUp();
        if (::geteuid() != 0)
            GTEST_SKIP() << "needs root, to become another user";
        std::filesystem::permissions(tree_.root(), std::filesystem::perms(0755));
    }

    void close(const std::string &directory) const
    {
        std::filesystem::permissions(tree_.root() + directory, std::filesystem::perms(0700));
    }

    static std::vector<std::string> warnings(const LayerSources &sources)
    {
        const auto loaded = load_settings(sources);
        if (!loaded)
            return {to_line(loaded.error())};
        return loaded->warnings;
    }

    std::vector<std::string> left_out(const std::string &directory) const
    {
        return {tree_.root() + directory + " may not be searched by this user: settings below it are left out"};
    }
};

TEST_F(ClosedSources, LeavesOutAHomeOfAnotherUser)
{
    tree_.write("home/.config/dbgscope/config.yaml", "");
    std::filesystem::create_directories(tree_.root() + "/work");
    close("/home");
    const test::AsOrdinaryUser user;
    const LayerSources sources = find({"HOME=" + tree_.root() + "/home"}, "/work");
    EXPECT_EQ(sources.user_file, "");
    EXPECT_EQ(warnings(sources), left_out("/home"));
    // Whether there is such a home below it cannot be known; that the directory is closed can.
    EXPECT_EQ(warnings(find({"HOME=" + tree_.root() + "/home/nobody"}, "/work")), left_out("/home"));
}

TEST_F(ClosedSources, LeavesOutXdgConfigHomeOfAnotherUser)
{
    tree_.write("other/dbgscope/config.yaml", "");
    tree_.write("other/dbgscope/profiles/dlv.yaml", "");
    tree_.write("own/.config/dbgscope/config.yaml", "");
    std::filesystem::create_directories(tree_.root() + "/work");
    close("/other/dbgscope");
    const test::AsOrdinaryUser user;
    const LayerSources sources =
        find({"HOME=" + tree_.root() + "/own", "XDG_CONFIG_HOME=" + tree_.root() + "/other"}, "/work");
    EXPECT_EQ(sources.user_file, "");
    EXPECT_TRUE(sources.profile_dirs.empty());
    EXPECT_EQ(warnings(sources), left_out("/other/dbgscope"));
}

TEST_F(ClosedSources, LeavesOutFilesThatMayNotBeRead)
{
    tree_.write("home/.config/dbgscope/config.yaml", "memory: {max: 1G}");
    tree_.write("home/.config/dbgscope/profiles/dlv.yaml", "memory: {max: 1G}");
    tree_.write("work/.dbgscope.yaml", "memory: {max: 1G}");
    const std::vector<std::string> files{tree_.root() + "/home/.config/dbgscope/profiles/dlv.yaml",
                                         tree_.root() + "/home/.config/dbgscope/config.yaml",
                                         tree_.root() + "/work/.dbgscope.yaml"};
    std::vector<std::string> expected;
    for (const std::string &file : files) {
        std::filesystem::permissions(file, std::filesystem::perms(0));
        expected.push_back("cannot read " + file + ": Permission denied: left out");
    }
    const test::AsOrdinaryUser user;
    LayerSources sources = find({"HOME=" + tree_.root() + "/home"}, "/work");
    EXPECT_EQ(warnings(sources), expected);
    sources.environment = {{"DBGSCOPE_PROFILE", "dlv"}}; // asked for by name, and not to be had
    EXPECT_FALSE(load_settings(sources));
}

TEST_F(ClosedSources, LooksPastAParentThatMayNotBeSearched)
{
    tree_.write("a/.dbgscope.yaml", "");
    tree_.write("a/closed/open/work/.keep", "");
    close("/a/closed");
    std::filesystem::create_directories(tree_.root() + "/home");
    std::filesystem::current_path(tree_.root() + "/a/closed/open/work");
    const test::AsOrdinaryUser user;
    const std::string home = "HOME=" + tree_.root() + "/home";
    const char *const environment[] = {home.c_str(), nullptr};
    const LayerSources sources = default_sources(environment, {}, "dlv", tree_.root() + "/etc");
    EXPECT_EQ(sources.project_file, tree_.root() + "/a/.dbgscope.yaml");
    EXPECT_EQ(sources.closed_dirs, std::vector<std::string>{tree_.root() + "/a/closed"});
}

TEST_F(ClosedSources, FindsTheFileOfAWorkingDirectoryBelowAClosedOne)
{
    tree_.write("closed/work/.dbgscope.yaml", "memory: {max: 1G}");
    std::filesystem::current_path(tree_.root() + "/closed/work");
    close("/closed");
    const test::AsOrdinaryUser user;
    const char *const environment[] = {nullptr};
    const LayerSources sources = default_sources(environment, {}, "dlv", tree_.root() + "/etc");
    EXPECT_EQ(sources.project_file, ".dbgscope.yaml");
    EXPECT_TRUE(sources.closed_dirs.empty());
}

TEST_F(ClosedSources, AWorkingDirectoryThatMayNotBeSearchedIsSaid)
{
    std::filesystem::create_directories(tree_.root() + "/work");
    std::filesystem::current_path(tree_.root() + "/work");
    close("/work");
    const test::AsOrdinaryUser user;
    const char *const environment[] = {nullptr};
    EXPECT_EQ(warnings(default_sources(environment, {}, "dlv", tree_.root() + "/etc")), left_out("/work"));
}

TEST_F(Sources, FindsEveryFile)
{
    const std::string root = tree_.root();
    tree_.write("etc/config.yaml", "");
    tree_.write("etc/profiles/a.yaml", "");
    tree_.write("home/.config/dbgscope/config.yaml", "");
    tree_.write("home/.config/dbgscope/profiles/a.yaml", "");
    tree_.write("home/src/.dbgscope.yaml", "");
    const LayerSources sources = find(
        {"HOME=" + root + "/home/", "DBGSCOPE_MEMORY_MAX=1G=2", "DBGSCOPE_QUIET=", "XDBGSCOPE_A=1"}, "/home/src/a/b");
    EXPECT_EQ(sources.system_file, root + "/etc/config.yaml");
    EXPECT_EQ(sources.user_file, root + "/home/.config/dbgscope/config.yaml");
    EXPECT_EQ(sources.project_file, root + "/home/src/.dbgscope.yaml");
    EXPECT_EQ(sources.profile_dirs,
              (std::vector<std::string>{root + "/home/.config/dbgscope/profiles", root + "/etc/profiles"}));
    using Pair = std::pair<std::string, std::string>;
    EXPECT_EQ(sources.environment, (std::vector<Pair>{{"DBGSCOPE_MEMORY_MAX", "1G=2"}, {"DBGSCOPE_QUIET", ""}}));
}

TEST_F(Sources, TheConfigDirectoryFollowsXdg)
{
    const std::string root = tree_.root();
    tree_.write("xdg/dbgscope/config.yaml", "");
    tree_.write("home/.config/dbgscope/config.yaml", "");
    EXPECT_EQ(find({"HOME=" + root + "/home", "XDG_CONFIG_HOME=" + root + "/xdg"}, "/w").user_file,
              root + "/xdg/dbgscope/config.yaml");
    EXPECT_EQ(find({"XDG_CONFIG_HOME=xdg", "HOME=" + root + "/home"}, "").user_file,
              root + "/home/.config/dbgscope/config.yaml");
    EXPECT_EQ(find({"HOME="}, "/home").user_file, "");
    EXPECT_EQ(find({}, "/home").user_file, "");
}

TEST_F(Sources, TheProjectFileIsLookedForNoHigherThanHome)
{
    const std::string above = tree_.write(".dbgscope.yaml", "");
    const std::string home = "HOME=" + tree_.root() + "/home";
    EXPECT_EQ(find({home}, "/home/src/a").project_file, "");
    EXPECT_EQ(find({home}, "/elsewhere/a").project_file, above);
    EXPECT_EQ(find({home}, "/homely").project_file, above);
    const std::string at_home = tree_.write("home/.dbgscope.yaml", "");
    EXPECT_EQ(find({home}, "/home/src/a").project_file, at_home);
}

/// A mount of its own in a child's namespace: what lies above it was put there by somebody else.
TEST_F(Sources, TheProjectFileIsLookedForOnOneFileSystem)
{
    tree_.write(".dbgscope.yaml", "");
    const std::string mount_point = tree_.root() + "/mnt";
    std::filesystem::create_directory(mount_point);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", mount_point.c_str(), "tmpfs", 0, nullptr) != 0)
            ::_exit(77);
        const bool stops = find({}, "/mnt/a").project_file.empty();
        const std::string inside = tree_.write("mnt/.dbgscope.yaml", "");
        ::_exit(stops && find({}, "/mnt/a").project_file == inside ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "needs root and a mount namespace";
    EXPECT_EQ(status, 0);
}

TEST_F(Sources, ADeletedWorkingDirectoryHasNoProject)
{
    tree_.write(".dbgscope.yaml", "");
    std::filesystem::create_directory(tree_.root() + "/gone");
    std::filesystem::current_path(tree_.root() + "/gone");
    std::filesystem::remove(tree_.root() + "/gone");
    const char *const none[] = {nullptr};
    EXPECT_EQ(default_sources(none, {}, "default", tree_.root() + "/etc").project_file, "");
}

TEST_F(Sources, ADanglingLinkIsThere)
{
    std::filesystem::create_directories(tree_.root() + "/etc");
    std::filesystem::create_symlink("nowhere", tree_.root() + "/etc/config.yaml");
    const LayerSources sources = find({}, "");
    EXPECT_EQ(sources.system_file, tree_.root() + "/etc/config.yaml");
    EXPECT_FALSE(load_settings(sources));
}

} // namespace
} // namespace dbgscope
