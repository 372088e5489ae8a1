// SPDX-License-Identifier: Apache-2.0
// tests/report/*.jsonl, recordings of real sessions and hostile ones, and what is made of them beside each.
// GOLDEN_UPDATE=1 writes what came out instead; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "dbgscope/utf8.hpp"
#include "text/json.hpp"
#include "tools/report/report_text.hpp"
#include "unit/profile/source_root.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

const fs::path kRecordings = DBGSCOPE_SOURCE_ROOT "/tests/report";

std::string slurp(const fs::path &path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void compare(const fs::path &recording, const char *ending, const std::string &made)
{
    fs::path expected = recording;
    expected.replace_extension(ending);
    if (std::getenv("GOLDEN_UPDATE") != nullptr)
        std::ofstream(expected) << made;
    EXPECT_EQ(slurp(expected), made) << expected;
}

class Reports : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override
    {
        (void)::setenv("TZ", "UTC", 1);
        ::tzset();
        auto recorded = read_recording(path());
        ASSERT_TRUE(recorded);
        timeline_ = timeline_of(std::move(*recorded));
    }
    [[nodiscard]] static fs::path path() { return kRecordings / GetParam(); }
    Timeline timeline_;
};

TEST_P(Reports, ForATerminal)
{
    const std::string text = report_text(timeline_, 100);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_TRUE(std::ranges::none_of(
        text, [](char c) { return c == '\x1b' || c == '\x7f' || (c < ' ' && c > 0 && c != '\n'); }));
    compare(path(), ".txt", text);
    for (const std::size_t width : {0U, 1U, 20U, 1000U})
        EXPECT_FALSE(report_text(timeline_, width).empty());
}

/// Every tag is one of the page's own, and all that is opened is closed.
TEST_P(Reports, ForABrowser)
{
    const std::string page = report_html(timeline_);
    EXPECT_TRUE(is_utf8(page));
    const std::set<std::string> own{"!DOCTYPE", "html", "head",  "meta", "title", "style", "body",
                                    "h1",       "p",    "code",  "svg",  "line",  "rect",  "path",
                                    "text",     "g",    "table", "tr",   "td",    "th",    "b"};
    for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
        const auto begin = page[at + 1] == '/' ? at + 2 : at + 1;
        const std::string name = page.substr(begin, page.find_first_of(" >/", begin) - begin);
        const std::string tag = page.substr(at, page.find('>', at) - at);
        ASSERT_TRUE(own.contains(name)) << tag;
        for (const char *outside : {"http:", "src=", "href", " on"})
            ASSERT_EQ(tag.find(outside), std::string::npos) << tag;
    }
    EXPECT_EQ(page.find("@import") & page.find("url("), std::string::npos);
    compare(path(), ".html", page);
}

TEST_P(Reports, ForOtherPrograms)
{
    const auto json = parse_json(report_json(timeline_));
    ASSERT_TRUE(json);
    EXPECT_EQ(json->find("points")->items()->size(), timeline_.points.size());
    EXPECT_EQ(json->find("columns")->items()->size(), 16U);
    const auto trace = parse_json(report_trace(timeline_));
    ASSERT_TRUE(trace);
    for (const Json &event : *trace->find("traceEvents")->items())
        ASSERT_TRUE(event.find("ph") != nullptr && event.find("name") != nullptr && event.find("pid") != nullptr);
    compare(path(), ".metrics", report_openmetrics(timeline_));
}

INSTANTIATE_TEST_SUITE_P(Recordings, Reports,
                         testing::Values("held.jsonl", "older.jsonl", "hostile.jsonl", "torn.jsonl", "newer.jsonl",
                                         "collector.jsonl"),
                         [](const auto &each) { return each.param.substr(0, each.param.find('.')); });

} // namespace
} // namespace dbgscope
