// SPDX-License-Identifier: Apache-2.0
#include "profile/reaction.hpp"

#include <gtest/gtest.h>

#include "profile/load.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

class Reaction : public testing::Test {
  protected:
    std::string error_of(const LayerSources &sources)
    {
        const auto loaded = load_settings(sources);
        return loaded ? "" : to_line(loaded.error());
    }
    TempTree tree_;
    LayerSources sources_;
};

TEST_F(Reaction, EachEventHasItsActions)
{
    sources_.user_file = tree_.write("config.yaml", "on:\n"
                                                    "  pressure: [say, weight, hold, snapshot, stop]\n"
                                                    "  growth: [say, weight, snapshot, hold, stop]\n"
                                                    "  held: [stop, exec /bin/true]\n"
                                                    "  killed: [stop, \"exec '/a b/c' d\"]\n"
                                                    "  drift: [say]\n"
                                                    "  deadline: 5s\n");
    const auto loaded = load_settings(sources_);
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(loaded->settings.list(Key::on_held), (std::vector<std::string>{"stop", "exec /bin/true"}));
}

TEST_F(Reaction, OthersAreRefusedWithTheirPlace)
{
    const std::pair<const char *, const char *> table[] = {
        {"on: {held: [snapshot]}\n", ":1:13: on.held \"snapshot\": unknown action (it can be stop, exec COMMAND)"},
        {"on: {pressure: [wieght]}\n", "did you mean weight? "},
        {"on: {killed: [execute /x]}\n", "unknown action"},
        {"on: {killed: [exec]}\n", "a command is missing"},
        {"on: {killed: [exec notify]}\n", "the command's path is not absolute"},
        {"on: {killed: [\"exec /x 'y\"]}\n", "on.killed \"exec /x 'y\": "},
        {"on: {killed: stop}\n", "on.killed takes a list"},
        {"on: {kiled: [stop]}\n", "did you mean on.killed?"},
        {"on: {deadline: 0}\n", "zero would end it at once"}};
    for (const auto &[text, line] : table) {
        sources_.user_file = tree_.write("config.yaml", text);
        EXPECT_NE(error_of(sources_).find(line), std::string::npos) << text << error_of(sources_);
    }
}

TEST_F(Reaction, ACommandComesFromTheUsersOwnFilesAlone)
{
    LayerSources project = sources_, variable = sources_, option = sources_;
    project.project_file = tree_.write("work/.dbgscope.yaml", "on:\n  held: [exec /bin/true]\n");
    EXPECT_NE(error_of(project).find(".dbgscope.yaml:2:3: on.held is not taken from a project file"), std::string::npos)
        << error_of(project);
    variable.environment = {{"DBGSCOPE_ON_HELD", "stop\nexec /bin/true"}};
    EXPECT_NE(error_of(variable).find("\"exec /bin/true\" from DBGSCOPE_ON_HELD: a command to be run is taken from "
                                      "configuration files alone"),
              std::string::npos)
        << error_of(variable);
    option.options.set(Key::on_held, {std::vector<std::string>{"exec /bin/true"}, {Layer::option, "--on-held"}});
    EXPECT_NE(error_of(option).find("\"exec /bin/true\" from --on-held: "), std::string::npos) << error_of(option);
    option.options.set(Key::on_held, {std::vector<std::string>{"stop"}, {Layer::option, "--on-held"}});
    EXPECT_EQ(error_of(option), "");
}

TEST_F(Reaction, ACommandThatAnotherUserWroteIsNotRun)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "only root can give a file away";
    sources_.user_file = tree_.write("config.yaml", "on: {held: [exec /bin/true]}\n");
    ASSERT_EQ(::chown(sources_.user_file.c_str(), 12345, 12345), 0);
    EXPECT_NE(error_of(sources_).find("config.yaml:1:12: a command in a file of user 12345, neither you nor root"),
              std::string::npos)
        << error_of(sources_);
    sources_.user_file.clear();
    sources_.profile_dirs = {tree_.root() + "/profiles"};
    const std::string profile = tree_.write("profiles/team.yaml", "on: {held: [exec /bin/true]}\n");
    ASSERT_EQ(::chown(profile.c_str(), 12345, 12345), 0);
    sources_.environment = {{"DBGSCOPE_PROFILE", "team"}};
    EXPECT_NE(error_of(sources_).find("a command in a file of user 12345"), std::string::npos) << error_of(sources_);
}

TEST_F(Reaction, WhatACommandIsToldIsNoUnknownVariable)
{
    sources_.environment = {{"DBGSCOPE_EVENT", "held"}, {"DBGSCOPE_EVENT_TEXT", "x"}};
    const auto loaded = load_settings(sources_);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->warnings.empty());
}

TEST(Reactions, TheSchemaKnowsThem)
{
    EXPECT_NE(profile_schema().find(R"("pattern": "^(stop|exec[ \\t]+[\"']?/.*)$")"), std::string::npos);
}

} // namespace
} // namespace dbgscope
