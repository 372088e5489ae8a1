// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/load.hpp"
#include "unit/profile/temp_tree.hpp"

// What a .dbgscope.yaml that came with somebody's repository can do: tighten limits and name a profile.
namespace dbgscope {
namespace {

class Project : public testing::Test {
  protected:
    Result<Loaded> load(const std::string &project, const std::string &user = "")
    {
        sources_.project_file = tree_.write("work/.dbgscope.yaml", project);
        if (!user.empty())
            sources_.user_file = tree_.write("config.yaml", user);
        return load_settings(sources_);
    }

    /// The only warning, nothing, or the error.
    std::string warnings() const
    {
        const auto loaded = load_settings(sources_);
        if (!loaded)
            return to_line(loaded.error());
        return loaded->warnings.empty() ? "" : loaded->warnings.front();
    }

    TempTree tree_;
    LayerSources sources_;
};

TEST_F(Project, MayTightenLimits)
{
    const auto loaded = load("memory: {max: 512M}\ntasks: {max: 64}\npressure: {action: refuse}\nrequire: [limit]\n",
                             "memory: {max: 1G}\nrequire: [scope]\n");
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_TRUE(loaded->warnings.empty());
    EXPECT_EQ(loaded->settings.get<SizeSpec>(Key::memory_max)->value, 512 * kMiB);
    EXPECT_EQ(loaded->settings.find(Key::memory_max)->origin.layer, Layer::project);
    EXPECT_EQ(loaded->settings.list(Key::require), (std::vector<std::string>{"scope", "limit"}));
    EXPECT_EQ(loaded->settings.text(Key::pressure_action), "refuse");
}

TEST_F(Project, LooserValuesAreKeptOutWithAWarning)
{
    const auto loaded = load("memory:\n  max: 4G\n  share: 50%\n", "memory: {max: 1G}\n");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->settings.get<SizeSpec>(Key::memory_max)->value, kGiB);
    EXPECT_EQ(loaded->settings.get<std::int64_t>(Key::memory_share), 5000);
    ASSERT_EQ(loaded->warnings.size(), 1u);
    EXPECT_EQ(loaded->warnings[0], sources_.project_file +
                                       ":2:8: memory.max 4G is ignored: a project file may only "
                                       "tighten, and it is 1G from " +
                                       sources_.user_file + ":1:15");
}

TEST_F(Project, SaysNothingAboutTheWatcher)
{
    for (const char *text : {"watch: no\n", "wait: yes\n", "split: auto\n", "fuse: {action: off}\n",
                             "debugger: {oom_score_adjust: 0}\n", "debuggee: {oom_score_adjust: 1000}\n"})
        EXPECT_FALSE(load(text)) << text;
    EXPECT_EQ(load("pressure: {watch: hold}\nrequire: [split]\n")->settings.text(Key::pressure_watch), "hold");
    EXPECT_NE(load("pressure: {watch: 'off'}\n")->warnings.size(), 0u);
}

TEST_F(Project, InvalidIsAnError)
{
    for (const char *text : {"memory: {max: 12Q}\n", "setenv: [A=1]\n", "debuggers: {dlv: ./evil}\n", "\tx", "x: *y\n"})
        EXPECT_FALSE(load(text)) << text;
}

TEST_F(Project, MayNameAProfileWhoseLimitsOnlyTightenToo)
{
    tree_.write("profiles/team.yaml", "memory: {max: 8G, share: 10%}\nname_prefix: team\n");
    sources_.profile_dirs = {tree_.root() + "/profiles"};
    auto loaded = load("profile: team\n", "memory: {max: 1G}\n");
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(loaded->settings.get<SizeSpec>(Key::memory_max)->value, kGiB);
    EXPECT_EQ(loaded->settings.get<std::int64_t>(Key::memory_share), 1000);
    EXPECT_EQ(loaded->settings.text(Key::name_prefix), "team"); // the profile is the user's own
    ASSERT_EQ(loaded->warnings.size(), 1u);
    EXPECT_TRUE(loaded->warnings[0].starts_with(tree_.root() + "/profiles/team.yaml:1:15, named by " +
                                                sources_.project_file + ":1:10: memory.max 8G is ignored"))
        << loaded->warnings[0];
    tree_.write("work/evil.yaml", "shell: yes\n");
    loaded = load("profile: ../work/evil\n");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::config);
    EXPECT_FALSE(load("profile: evil\n"));
}

TEST_F(Project, AFileOfSomebodyElseIsLeftAlone)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root to make a file of another user";
    sources_.project_file = tree_.write("work/.dbgscope.yaml", "setenv: [A=1]\n"); // would be an error
    ASSERT_EQ(::chown(sources_.project_file.c_str(), 12345, 12345), 0);
    const std::string warning = sources_.project_file + ": belongs to user 12345, neither you nor root: ignored";
    auto loaded = load_settings(sources_);
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(loaded->warnings, std::vector<std::string>{warning});
    // A link of theirs to a file of ours, and a link of ours to a file of theirs.
    const std::string theirs = sources_.project_file;
    const std::string ours = tree_.write("ours.yaml", "memory: {max: 1G}\n");
    sources_.project_file = tree_.root() + "/link";
    ASSERT_EQ(::symlink(ours.c_str(), sources_.project_file.c_str()), 0);
    EXPECT_EQ(warnings(), "");
    ASSERT_EQ(::lchown(sources_.project_file.c_str(), 12345, 12345), 0);
    const std::string ignored = sources_.project_file + ": belongs to user 12345, neither you nor root: ignored";
    EXPECT_EQ(warnings(), ignored);
    ASSERT_EQ(::unlink(sources_.project_file.c_str()), 0);
    ASSERT_EQ(::symlink(theirs.c_str(), sources_.project_file.c_str()), 0);
    EXPECT_EQ(warnings(), ignored);
}

} // namespace
} // namespace dbgscope
