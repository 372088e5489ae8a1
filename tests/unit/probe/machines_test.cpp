// SPDX-License-Identifier: Apache-2.0
#include "machines.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "render/facts_json.hpp"
#include "unit/probe/golden_machines.h"

namespace dbgscope::test {
namespace {

std::string slurp(const std::filesystem::path &path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// The first line that differs, instead of two whole documents.
std::string first_difference(const std::string &found, const std::string &wanted)
{
    std::istringstream left(found), right(wanted);
    std::string a, b;
    for (int line = 1; std::getline(left, a) && std::getline(right, b); ++line)
        if (a != b)
            return "line " + std::to_string(line) + ": \"" + a + "\" instead of \"" + b + '"';
    return "one is longer";
}

class Machines : public testing::TestWithParam<Machine> {};

/// DBGSCOPE_UPDATE_GOLDEN=1 writes the files instead.
TEST_P(Machines, ProbedFactsAreTheGoldenDump)
{
    const std::string text = facts_json_text(facts_of(GetParam()));
    const auto path = std::filesystem::path(DBGSCOPE_GOLDEN_MACHINES) / (std::string(GetParam().name) + ".json");
    if (std::getenv("DBGSCOPE_UPDATE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    const std::string golden = slurp(path);
    EXPECT_TRUE(text == golden) << path << ' ' << first_difference(text, golden)
                                << "\nDBGSCOPE_UPDATE_GOLDEN=1 rewrites it";
}

TEST_P(Machines, DumpReadsBackAsTheSameFacts)
{
    const std::string text = facts_json_text(facts_of(GetParam()));
    const auto facts = facts_from_json(text);
    ASSERT_TRUE(facts) << to_line(facts.error());
    EXPECT_EQ(facts_json_text(*facts), text);
}

TEST_P(Machines, TheFakeTreeDoesNotLeakIntoTheDump)
{
    EXPECT_EQ(facts_json_text(facts_of(GetParam())).find("dbgscope-test-"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(, Machines, testing::ValuesIn(machines().begin(), machines().end()), [](const auto &test) {
    std::string name = test.param.name;
    std::erase(name, '-');
    return name;
});

} // namespace
} // namespace dbgscope::test
