// SPDX-License-Identifier: Apache-2.0
#include "text/secrets.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(Secrets, AreMaskedInAssignments)
{
    EXPECT_EQ(without_secret("-token=abc def"), "-token=…");
    EXPECT_EQ(without_secret("--db.Password=a=b"), "--db.Password=…");
    EXPECT_EQ(without_secret("GITHUB_TOKEN=x"), "GITHUB_TOKEN=…");
    EXPECT_EQ(without_secret("host=db password=x user=y"), "host=db password=… user=y");
    EXPECT_EQ(without_secret("-ldflags=-X main.apiKey=x -s"), "-ldflags=-X main.apiKey=… -s");
    EXPECT_EQ(without_secret("a?api_key=1&b=2"), "a?api_key=…&b=2");
}

TEST(Secrets, AreMaskedInUrlsAndHeaders)
{
    EXPECT_EQ(without_secret("-dsn=postgres://me:p@ss:w@db:5432/x"), "-dsn=postgres://me:…@db:5432/x");
    EXPECT_EQ(without_secret("https://host/a:b@c"), "https://host/a:b@c");
    EXPECT_EQ(without_secret("ssh://git@host:22/x"), "ssh://git@host:22/x");
    EXPECT_EQ(without_secret("Authorization: Bearer x"), "Authorization: …");
}

TEST(Secrets, AreMaskedInTheNextWord)
{
    const std::vector<std::string> words{"x", "--password", "hunter2", "--secret", "-v", "--max-tokens", "5"};
    const std::vector<std::string> shown{"x", "--password", "…", "--secret", "-v", "--max-tokens", "5"};
    EXPECT_EQ(without_secrets(words), shown);
}

TEST(Secrets, OtherWordsStay)
{
    for (const char *word : {"", "dlv", "--max-tokens=5", "-o=a", "=", "://", "a://b", "x:y@z", "tokenize"})
        EXPECT_EQ(without_secret(word), word);
}

} // namespace
} // namespace dbgscope
