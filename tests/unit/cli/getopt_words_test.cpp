// SPDX-License-Identifier: Apache-2.0
#include "cli/getopt_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::ElementsAre;

const std::vector<GetoptOption> kKnown{
    {"--unit", 'u', true}, {"--description", 0, true},    {"--quiet", 'q', false},     {"--collect", 'G', false},
    {"--slice", 0, true},  {"--slice-inherit", 0, false}, {"--dap-log", 0, true, "on"}};

std::vector<std::string> read(const std::vector<std::string> &words,
                              Abbreviations abbreviations = Abbreviations::accepted)
{
    auto read = getopt_words(words, kKnown, abbreviations);
    return read ? *read : std::vector<std::string>{to_line(read.error())};
}

TEST(GetoptWords, AnEmptyValueIsAValue)
{
    EXPECT_THAT(read({"--description=", "env", "echo"}), ElementsAre("--description", "", "env", "echo"));
    EXPECT_THAT(read({"--description", "", "env"}), ElementsAre("--description", "", "env"));
    EXPECT_THAT(read({"-u", "", "env"}), ElementsAre("--unit", "", "env"));
}

TEST(GetoptWords, TheNextWordIsTheValueWhateverItLooksLike)
{
    EXPECT_THAT(read({"--unit", "-q", "env"}), ElementsAre("--unit=-q", "env"));
    EXPECT_THAT(read({"-u", "--", "env"}), ElementsAre("--unit=--", "env"));
    EXPECT_THAT(read({"--unit"}), ElementsAre("--unit")) << "none is left: the parser says so";
}

TEST(GetoptWords, AValueThatNeedNotBeGivenIsNeverTheNextWord)
{
    EXPECT_THAT(read({"--dap-log", "dlv", "dap"}), ElementsAre("--dap-log=on", "dlv", "dap"));
    EXPECT_THAT(read({"--dap-log=f", "dlv"}), ElementsAre("--dap-log=f", "dlv"));
}

TEST(GetoptWords, LettersAreTakenApart)
{
    EXPECT_THAT(read({"-qGuNAME", "x"}), ElementsAre("--quiet", "--collect", "--unit=NAME", "x"));
    EXPECT_THAT(read({"-qZu", "x"}), ElementsAre("--quiet", "-Zu", "x")) << "what nobody knows stays";
}

TEST(GetoptWords, ADashIsNoLetter)
{
    for (const std::string word : {"-q-", "-qq-x", "-q--"})
        EXPECT_THAT(read({word, "--", "true"}), ElementsAre("cannot read the command line: unknown option " + word));
}

TEST(GetoptWords, AnUnambiguousBeginningIsTheName)
{
    EXPECT_THAT(read({"--qui", "--un=a", "x"}), ElementsAre("--quiet", "--unit=a", "x"));
    EXPECT_THAT(read({"--slice=a", "x"}), ElementsAre("--slice=a", "x")) << "a whole name goes before longer ones";
    EXPECT_THAT(read({"--sl=a"}),
                ElementsAre("cannot read the command line: --sl may be any of --slice, --slice-inherit"));
    EXPECT_THAT(read({"--qui", "x"}, Abbreviations::refused), ElementsAre("--qui", "x"));
}

TEST(GetoptWords, NothingChangesBehindTheFirstOtherWord)
{
    EXPECT_THAT(read({"-q", "env", "--description=", "-u", ""}),
                ElementsAre("--quiet", "env", "--description=", "-u", ""));
    EXPECT_THAT(read({"-q", "--", "--unit", "x"}), ElementsAre("--quiet", "--", "--unit", "x"));
    EXPECT_THAT(read({"", "--unit"}), ElementsAre("", "--unit"));
    EXPECT_THAT(read({"-", "-q"}), ElementsAre("-", "-q"));
}

TEST(GetoptWords, AFlagWithAValueStaysForTheParser)
{
    EXPECT_THAT(read({"--quiet=yes", "x"}), ElementsAre("--quiet=yes", "x"));
}

} // namespace
} // namespace dbgscope
