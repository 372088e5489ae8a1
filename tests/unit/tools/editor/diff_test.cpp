// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/diff.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

TEST(UnifiedDiff, ShowsAChangeWithWhatIsAroundIt)
{
    EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "f", true),
              "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    EXPECT_EQ(unified_diff("same\n", "same\n", "f", true), "");
}

TEST(UnifiedDiff, ANewFileIsAgainstDevNull)
{
    EXPECT_EQ(unified_diff("", "a\nb\n", "d/f", false), "--- /dev/null\n+++ d/f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
}

TEST(UnifiedDiff, AMissingLastLineEndIsSaid)
{
    EXPECT_EQ(unified_diff("{}", "{}\n", "f", true),
              "--- f\n+++ f\n@@ -1 +1 @@\n-{}\n\\ No newline at end of file\n+{}\n");
}

TEST(UnifiedDiff, FarChangesHaveHunksOfTheirOwnAndNearOnesShare)
{
    std::string before;
    for (int i = 0; i < 40; ++i)
        before += std::to_string(i) + "\n";
    std::string far = before;
    far.insert(far.find("30\n"), "new\n").insert(far.find("5\n"), "new\n");
    EXPECT_NE(unified_diff(before, far, "f", true).find("@@ -28,6 +29,7 @@"), std::string::npos);
    std::string near = before;
    near.insert(near.find("11\n"), "new\n").insert(near.find("5\n"), "new\n");
    const std::string diff = unified_diff(before, near, "f", true);
    EXPECT_EQ(diff.find("@@ -3,12 +3,14 @@"), 12U) << diff;
}

/// patch(1) is the judge.
TEST(UnifiedDiff, PatchMakesTheOneOfTheOther)
{
    if (std::system("patch --version >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "patch(1) is not installed";
    std::mt19937 random(7); // the same texts each time
    const auto some_text = [&random] {
        std::string text;
        for (auto i = random() % 40; i > 0; --i)
            text += std::string(1, static_cast<char>('a' + random() % 3)) + "\n";
        return random() % 3 == 0 ? text + "end" : text;
    };
    for (int round = 0; round < 40; ++round) {
        const TempTree tree;
        const std::string before = some_text();
        const std::string after = some_text();
        const std::string file = tree.write("f", before);
        const std::string diff = tree.write("diff", unified_diff(before, after, file, true));
        if (before == after)
            continue;
        ASSERT_EQ(std::system(("patch -s " + file + " <" + diff).c_str()), 0) << before << "---\n" << after;
        std::ifstream in(file, std::ios::binary);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), after);
    }
}

} // namespace
} // namespace dbgscope
