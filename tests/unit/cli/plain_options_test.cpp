// SPDX-License-Identifier: Apache-2.0
#include "cli/plain_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;
using Words = std::vector<std::string>;

/// All that was read, as text: what two ways of reading have to agree on.
std::string shown(const ParsedOptions &options)
{
    std::string text;
    for (const KeyInfo &info : key_table())
        if (const Setting *setting = options.settings.find(info.key))
            text += std::string(info.name) + '=' + format_value(info, setting->value) + " from " +
                    setting->origin.where + '\n';
    for (const std::string &word : options.rest)
        text += '[' + word + ']';
    return text;
}

TEST(PlainOptions, AreReadAsTheTreeReadsThem)
{
    const Words cases[] = {
        {"--quiet", "--memory-max=512M", "--", "true"},
        {"--memory-max=512M", "true", "--memory-max=1G", "--", "x"},
        {"--memory-max=1G", "--memory-max=512M", "dlv", "exec", "--", "./a"},
        {"--memory-max=12Q", "--memory-max=512M", "dlv"}, // the last counts, and only it is looked at
        {"--no-watch", "--split=off", "--client-timeout=0", "gdb"},
        {"--property=MemoryMax=1G", "--property=TasksMax=5", "--setenv=A=b=c", "--setenv=PATH", "env"},
        {"--require=scope", "--require=limit", "--slice=debug", "-"},
        {"--description=a b, c", "--unit=x.scope"},
        {"--quiet", "--", "--memory-max=1G"},
        {"--quiet"},
        {},
    };
    for (const Words &words : cases) {
        const auto plain = read_plain_options(words);
        const auto tree = parse_with_tree(words, "the test");
        ASSERT_TRUE(plain && tree) << ::testing::PrintToString(words);
        EXPECT_EQ(shown(*plain), shown(*tree)) << ::testing::PrintToString(words);
    }
}

TEST(PlainOptions, LeaveToTheTreeWhatIsNotPlain)
{
    const Words cases[] = {
        {"--help"},
        {"--dry-run", "run"},
        {"--user", "run"},
        {"-q"},
        {"--memory-max=12Q"},
        {"--memory-max"},
        {"--memory-max="},
        {"--slice", "", "env"},
        {"--no-memory-max=1G"},
        {"--watch=no"},
        {"--watch", "--no-watch"},
        {"--setenv=1BAD=3"},
        {"--memory_max=1G"},
        {"--memory.max=1G"},
        {"--memory-maxi=1G"},
        {"--=1G"},
        {"--no-"},
    };
    for (const Words &words : cases)
        EXPECT_FALSE(read_plain_options(words)) << ::testing::PrintToString(words);
}

TEST(PlainOptions, NameEveryKeyAsItsOptionIsCalled)
{
    for (const KeyInfo &info : key_table()) {
        EXPECT_TRUE(is_name_of(option_name(info).substr(2), info)) << info.name;
        EXPECT_FALSE(option_name(info).starts_with("--no-")) << info.name << " would be the opposite of another";
    }
    EXPECT_FALSE(is_name_of("memory", key_info(Key::memory_max)));
    EXPECT_FALSE(is_name_of("memory-max-x", key_info(Key::memory_max)));
    EXPECT_FALSE(is_name_of("memory.max", key_info(Key::memory_max)));
}

} // namespace
} // namespace dbgscope
