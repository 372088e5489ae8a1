// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "profile/key_names.hpp"
#include "unit/profile/source_root.hpp"

namespace dbgscope {
namespace {

TEST(KeyTable, HasOneRowForEachKey)
{
    ASSERT_EQ(key_table().size(), kKeyCount);
    std::set<std::string_view> names;
    for (const KeyInfo &info : key_table()) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_EQ(&key_info(info.key), &info);
        EXPECT_EQ(find_key(info.name), &info);
        EXPECT_EQ(info.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz._"), std::string_view::npos) << info.name;
        EXPECT_FALSE(info.help.empty() || info.help.ends_with('.') || info.group.empty()) << info.name;
        EXPECT_EQ(info.metavar.empty(), info.type == ValueType::flag) << info.name;
    }
    EXPECT_EQ(find_key("memory"), nullptr);
    EXPECT_EQ(find_key(""), nullptr);
}

TEST(KeyTable, NoKeyIsAlsoASection)
{
    for (const KeyInfo &key : key_table())
        for (const KeyInfo &other : key_table())
            EXPECT_FALSE(other.name.starts_with(std::string(key.name) + '.')) << key.name << " and " << other.name;
}

TEST(KeyTable, DerivesOptionsAndVariables)
{
    EXPECT_EQ(option_name(key_info(Key::memory_swap_max)), "--memory-swap-max");
    EXPECT_EQ(option_name(key_info(Key::oom_policy)), "--oom-policy");
    EXPECT_EQ(variable_name(key_info(Key::memory_swap_max)), "DBGSCOPE_MEMORY_SWAP_MAX");
    EXPECT_EQ(variable_name(key_info(Key::debuggers_lldb_server)), "DBGSCOPE_DEBUGGERS_LLDB_SERVER");
}

TEST(KeyTable, OptionsVariablesAndAliasesAreUnique)
{
    std::set<std::string> spellings;
    for (const KeyInfo &info : key_table()) {
        EXPECT_TRUE(spellings.insert(option_name(info)).second) << info.name;
        EXPECT_TRUE(spellings.insert(variable_name(info)).second) << info.name;
        std::istringstream aliases{std::string(info.aliases)};
        for (std::string alias; std::getline(aliases, alias, ',');) {
            EXPECT_TRUE(alias.starts_with('-')) << alias;
            EXPECT_TRUE(spellings.insert(alias).second) << alias;
        }
    }
}

TEST(KeyTable, AProjectNeverTouchesEnvironmentPathsOrTools)
{
    for (const Key key : {Key::setenv,
                          Key::property,
                          Key::uid,
                          Key::gid,
                          Key::working_directory,
                          Key::log_file,
                          Key::debuggers_dlv,
                          Key::debuggers_gdb,
                          Key::go_debug,
                          Key::go_memlimit,
                          Key::slice,
                          Key::unit,
                          Key::shell,
                          Key::backend,
                          Key::assume,
                          Key::oom_score_adjust,
                          Key::nice,
                          Key::watch,
                          Key::wait,
                          Key::split,
                          Key::fuse_action,
                          Key::debugger_oom_score_adjust,
                          Key::debuggee_oom_score_adjust})
        EXPECT_EQ(key_info(key).project, ProjectRule::forbidden) << key_info(key).name;
    EXPECT_EQ(key_info(Key::profile).project, ProjectRule::allowed);
    EXPECT_EQ(std::ranges::count(key_table(), ProjectRule::allowed, &KeyInfo::project), 1);
    for (const KeyInfo &info : key_table()) // what tightens() has no order for
        if (info.type == ValueType::text || info.type == ValueType::list || info.type == ValueType::flag) {
            EXPECT_NE(info.project, ProjectRule::tighten) << info.name;
        }
}

TEST(KeyTable, TheManPageNamesEveryKeyAndItsWords)
{
    std::ifstream file(DBGSCOPE_SOURCE_ROOT "/man/dbgscope-profile.5");
    std::ostringstream content;
    content << file.rdbuf();
    const std::string page = content.str();
    for (const KeyInfo &info : key_table()) {
        const auto at = page.find("\n.It Ic " + std::string(info.name) + " : ");
        ASSERT_NE(at, std::string::npos) << info.name;
        const std::string item = page.substr(at, page.find("\n.It Ic ", at + 1) - at);
        for (const std::string &word : choice_words(info))
            EXPECT_NE(item.find(word), std::string::npos) << info.name << ' ' << word;
    }
    for (auto at = page.find("\n.It Ic "); at != std::string::npos; at = page.find("\n.It Ic ", at + 1)) {
        const std::string name = page.substr(at + 8, page.find(' ', at + 8) - at - 8);
        EXPECT_NE(find_key(name), nullptr) << name;
    }
}

} // namespace
} // namespace dbgscope
