// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <gtest/gtest.h>

#include "dbgscope/time_span.hpp"

namespace dbgscope {
namespace {

using std::chrono::microseconds;

TEST(ParseTimeSpan, ReadsWhatSystemdReads)
{
    const std::pair<const char *, std::int64_t> table[] = {
        {"90", 90'000'000},
        {"0", 0},
        {"500ms", 500'000},
        {"2min 30s", 150'000'000},
        {"2min30s", 150'000'000},
        {"1.5h", 5'400'000'000},
        {".5s", 500'000},
        {"1.2345678s", 1'234'567},
        {"7us", 7},
        {"7\u00b5s", 7},
        {"7\u03bcs", 7},
        {"1h 1 h", 7'200'000'000},
        {" 5 min ", 300'000'000},
        {"1m", 60'000'000},
        {"1M", 2'629'800'000'000},
        {"1w 1d", 691'200'000'000},
        {"1y", 31'557'600'000'000},
        {"9223372036854775806us", 9223372036854775806},
    };
    for (const auto &[text, expected_us] : table) {
        const auto span = parse_time_span(text);
        ASSERT_TRUE(span) << text << ": " << to_line(span.error());
        EXPECT_EQ(span->count(), expected_us) << text;
    }
    EXPECT_EQ(*parse_time_span("infinity"), kForever);
    EXPECT_EQ(*parse_time_span(" infinity "), kForever);
}

TEST(ParseTimeSpan, BareNumberCountsTheDefaultUnit)
{
    EXPECT_EQ(*parse_time_span("500", microseconds(1)), microseconds(500));
    EXPECT_EQ(*parse_time_span("2ms 5", microseconds(1)), microseconds(2005));
}

TEST(ParseTimeSpan, RefusesWhatIsNoSpan)
{
    const std::pair<const char *, const char *> table[] = {
        {"", "empty"},
        {"  ", "empty"},
        {"-5", "negative"},
        {"1h -5min", "negative"},
        {"abc", "not a number"},
        {"5 parsecs", "unknown unit \"parsecs\""},
        {"5S", "unknown unit \"S\""},
        {"1.", "no digit after the point"},
        {".", "no digit after the point"},
        {"1.2.3", "not a number"},
        {"infinityx", "not a number"},
        {"infinity 1s", "not a number"},
        {"99999999999999999999", "too large"},
        {"9223372036854775807us", "too large"},
        {"300000y", "too large"},
        {"292471y 200y", "too large"},
    };
    for (const auto &[text, cause] : table) {
        const auto span = parse_time_span(text);
        ASSERT_FALSE(span) << text;
        EXPECT_EQ(span.error().kind, ErrorKind::usage) << text;
        EXPECT_EQ(span.error().cause, cause) << text;
    }
    EXPECT_FALSE(parse_time_span(std::string(100'000, '9')));
}

TEST(FormatTimeSpan, IsReadBackExactly)
{
    for (const std::int64_t us :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{1'500'000}, std::int64_t{150'000'000},
          std::int64_t{2'592'000'000'000}, kForever.count() - 1, kForever.count()}) {
        const std::string text = format_time_span(microseconds(us));
        const auto back = parse_time_span(text);
        ASSERT_TRUE(back) << text;
        EXPECT_EQ(back->count(), us) << text;
    }
    EXPECT_EQ(format_time_span(microseconds(150'000'000)), "2min 30s");
    EXPECT_EQ(format_time_span(microseconds(500'000)), "500ms");
    EXPECT_EQ(format_time_span(microseconds(0)), "0");
    EXPECT_EQ(format_time_span(kForever), "infinity");
}

} // namespace
} // namespace dbgscope
