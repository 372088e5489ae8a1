// SPDX-License-Identifier: Apache-2.0
// What --help shows is what each script completes: nothing is missing, nothing is made up.
#include "cli/completion_verb.hpp"

#include <set>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include "cli/completion_tree.hpp"
#include "cli/options.hpp"
#include "patterns.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

using Names = std::set<std::string>;

Names all_matches(const std::string &text, const std::string &pattern)
{
    const auto found = test::all_matches(text, pattern);
    return {found.begin(), found.end()};
}

/// "  -q,--quiet  Say …" → -q, --quiet.
Names names_in_help(const std::string &help)
{
    Names names;
    for (const std::string &spellings : all_matches(help, "^  (-[^ ]+)")) {
        std::istringstream stream(spellings);
        for (std::string name; std::getline(stream, name, ',');)
            names.insert(name);
    }
    return names;
}

/// What stands between the first `from` and the next `to`.
std::string between(const std::string &text, const std::string &from, const std::string &to)
{
    const auto start = text.find(from);
    if (start == std::string::npos)
        return {};
    const auto begin = start + from.size();
    return text.substr(begin, text.find(to, begin) - begin);
}

/// The options a script offers behind an own verb, or, where `verb` is empty, before any.
Names offered(const std::string &shell, const std::string &verb)
{
    const std::string script = completion_script(shell);
    if (shell == "bash") {
        const std::string line =
            verb.empty() ? between(script, "    echo '", "'\n") : between(script, "\n    " + verb + ") echo '", "'");
        return all_matches(line, "(-[^ =]+)");
    }
    if (shell == "zsh") {
        const std::string list = verb.empty() ? between(script, "    common=(\n", "\n    )")
                                              : between(script, "\n        " + verb + ")\n", "\n            )");
        return all_matches(list, R"(^ *'(?:\([^)]*\)|\*)?(-[a-zA-Z0-9-]+)[=+]?\[)");
    }
    Names names;
    const std::string condition = verb.empty() ? "__dbgscope_common" : "__dbgscope_in " + verb;
    for (const std::string &line : all_matches(script, "^complete -c dbgscope -n '" + condition + "'(.*) -d '")) {
        for (const std::string &name : all_matches(line, " -l ([^ ]+)"))
            names.insert("--" + name);
        for (const std::string &name : all_matches(line, " -s ([^ ]+)"))
            names.insert("-" + name);
    }
    return names;
}

class Completion : public testing::TestWithParam<const char *> {};

TEST_P(Completion, HoldsTheOptionsOfHelp)
{
    EXPECT_EQ(offered(GetParam(), ""), names_in_help(options_help()));
}

TEST_P(Completion, HoldsTheOptionsOfEachVerbOfItsOwn)
{
    for (const OwnVerb &verb : own_verbs()) {
        CLI::App app;
        verb.declare(app);
        EXPECT_EQ(offered(GetParam(), std::string(verb.name)), names_in_help(app.help())) << verb.name;
    }
}

TEST_P(Completion, LeavesNoMark)
{
    EXPECT_THAT(all_matches(completion_script(GetParam()), "(@[A-Z_]+@)"), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh", "fish"),
                         [](const auto &shell) { return std::string(shell.param); });

OptionEntry common(const std::string &name)
{
    for (OptionEntry &option : common_options())
        if (option.names.back() == name)
            return option;
    ADD_FAILURE() << "no " << name;
    return {};
}

TEST(CompletionTree, KnowsWhatAValueMayBe)
{
    EXPECT_EQ(common("--backend").words, choice_words(key_info(Key::backend)));
    EXPECT_EQ(common("--require").words, choice_words(key_info(Key::require)));
    EXPECT_THAT(common("--go-memlimit").words, testing::ElementsAre("auto", "off")); // of auto|off|SIZE
    EXPECT_EQ(common("--memory-max").offer, Offer::nothing);
    EXPECT_EQ(common("--facts").offer, Offer::files);
    EXPECT_EQ(common("--working-directory").offer, Offer::directories);
    EXPECT_EQ(common("--uid").offer, Offer::users);
    EXPECT_EQ(common("--profile").offer, Offer::profiles);
    EXPECT_FALSE(common("--quiet").takes_value);
    EXPECT_TRUE(common("--setenv").repeats);
}

TEST(CompletionTree, HidesTheOppositeOfAFlag)
{
    EXPECT_TRUE(common("--no-watch").hidden);
    EXPECT_EQ(common("--no-watch").help, "the opposite of --watch");
    EXPECT_FALSE(common("--watch").hidden);
}

TEST(CompletionScript, KnowsNoOtherShell)
{
    EXPECT_EQ(completion_script("ksh"), "");
}

} // namespace
} // namespace dbgscope
