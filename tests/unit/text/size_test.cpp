// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

TEST(ParseSize, ReadsSystemdSizes)
{
    const std::pair<const char *, std::uint64_t> table[] = {
        {"0", 0},         {"4096", 4096},        {"1K", kKiB}, {"512M", 512 * kMiB},
        {"2G", 2 * kGiB}, {"1.5G", 1536 * kMiB}, {"7B", 7}};
    for (const auto &[text, bytes] : table) {
        const auto size = parse_size(text);
        ASSERT_TRUE(size) << text;
        EXPECT_EQ(size->value, bytes) << text;
    }
    EXPECT_EQ(parse_size("40%")->value, 4000u);
    EXPECT_EQ(parse_size("12.5%")->resolve(1000).bytes(), 125u);
    EXPECT_FALSE(parse_size("infinity")->resolve(1000).finite());
}

/// What `-p MemoryMax=` takes, an option and a profile take too: one grammar, systemd's.
TEST(ParseSize, AddsUpTermsAndTakesEveryPercentSign)
{
    EXPECT_EQ(parse_size("1G 512M"), (SizeSpec{SizeSpec::Kind::bytes, 1536 * kMiB}));
    EXPECT_EQ(parse_size("1G512M 1"), (SizeSpec{SizeSpec::Kind::bytes, 1536 * kMiB + 1}));
    EXPECT_EQ(parse_size("512 M"), (SizeSpec{SizeSpec::Kind::bytes, 512 * kMiB}));
    for (const char *text : {"12.5%", "125\u2030", "1250\u2031"})
        EXPECT_EQ(parse_size(text), (SizeSpec{SizeSpec::Kind::permyriad, 1250})) << text;
    EXPECT_EQ(parse_size("12.5\u2030"), (SizeSpec{SizeSpec::Kind::permyriad, 125}));
    for (const char *text : {"512M 1G", "1G 1G", "1G 40%", "1G infinity", "1001\u2030", "1.5\u2031", "1.25\u2030"})
        EXPECT_FALSE(parse_size(text)) << text;
    EXPECT_EQ(parse_size("1MB").error().cause, "unknown unit \"MB\"");
}

TEST(ParseSize, RefusesWhatIsNotASize)
{
    for (const char *text : {"", "-1", "12Q", "M", "1MB", "99999999999999999999", "17179869184G", "101%", "%", "1.G",
                             " 1", "0x10", "18446744073709551615"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(FormatSize, RoundTrips)
{
    for (const char *text : {"512M", "2G", "40%", "12.50%", "infinity", "1536M", "4097"})
        EXPECT_EQ(format_size(*parse_size(text)), text);
}

TEST(FormatBytes, OneDecimalWhereAUnitDoesNotDivide)
{
    EXPECT_EQ(format_bytes(1536 * kMiB), "1.5G");
    EXPECT_EQ(format_bytes(512 * kMiB), "512M");
    EXPECT_EQ(format_bytes(1023), "1023");
}

} // namespace
} // namespace dbgscope
