// SPDX-License-Identifier: Apache-2.0
#include "debugger/go_environment.hpp"

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(GoMinorVersion, ReadsWhatGoWrites)
{
    EXPECT_EQ(go_minor_version("go1.19.8"), 19);
    EXPECT_EQ(go_minor_version("go1.27rc1"), 27);
    EXPECT_EQ(go_minor_version("go1.24.4 X:nocoverageredesign"), 24);
    EXPECT_EQ(go_minor_version("devel go1.28-a1b2c3 Mon Jan 1 00:00:00 2026 +0000"), 28);
    EXPECT_EQ(go_minor_version("go1.26-devel_a1b2c3"), 26);
    EXPECT_EQ(go_minor_version("go1"), 0);
    for (const char *text :
         {"", "go", "1.19", "go2.0", "go1.", "go1.x", "go10.1", "devel +a1b2c3", "go1.99999999999999999999"})
        EXPECT_FALSE(go_minor_version(text)) << text;
}

struct Case {
    const char *godebug;
    std::optional<int> minor;
    std::optional<GodebugVerdict> verdict; ///< of the only finding; nothing: no finding
};

TEST(JudgeGodebug, Table)
{
    using enum GodebugVerdict;
    const Case cases[] = {
        {"gctrace=1", 19, std::nullopt},
        {"panicnil=1,http2client=0", 27, std::nullopt},
        {"gcstoptheworld=0", std::nullopt, dead},
        {"gcstoptheworld=1", std::nullopt, harmful},
        {"gcstoptheworld=2", 17, std::nullopt},
        {"gcstoptheworld=2", 18, fatal},
        {"gcstoptheworld=2", 21, fatal},
        {"gcstoptheworld=2", 22, harmful},
        {"gcstoptheworld=2", std::nullopt, std::nullopt},
        {"memstats=1", std::nullopt, dead},
        {"madvdontneed=1", 15, std::nullopt},
        {"madvdontneed=1", 16, dead},
        {"madvdontneed=0", 19, harmful},
        {"allocfreetrace=1", 22, std::nullopt},
        {"allocfreetrace=1", 23, dead},
        {"decoratemappings=1", 24, dead},
        {"decoratemappings=1", 25, std::nullopt},
        {"cgocheck=2", 20, std::nullopt},
        {"cgocheck=2", 21, fatal},
        {"cgocheck=1", 27, std::nullopt},
        {"sbrk=1", std::nullopt, harmful},
        {"gctrace", 19, dead},
        {"asynctimerchan=1", 26, std::nullopt},
        {"asynctimerchan=1", 27, fatal},
        {"asynctimerchan=2", 27, fatal},
        {"asynctimerchan=0", 27, std::nullopt},
        {"gotypesalias=0", 27, fatal},
        {"tls10server=1", 27, fatal},
        {"tls3des=1", 27, fatal},
        {"tlskyber=0", 27, fatal},
        {"tlsrsakex=1", 28, fatal},
        {"tlsunsafeekm=1", 27, fatal},
        {"x509keypairleaf=0", 27, fatal},
        {"x509sha1=1", 27, fatal},
        {"cgocheck=2,cgocheck=1", 27, std::nullopt}, // the last one is used
        {"cgocheck=1,cgocheck=2", 27, fatal},
        {",,", 27, std::nullopt},
        {"", 27, std::nullopt},
    };
    for (const Case &one : cases) {
        SCOPED_TRACE(one.godebug);
        const std::vector<GodebugFinding> found = judge_godebug(one.godebug, one.minor);
        ASSERT_EQ(found.size(), one.verdict ? 1U : 0U);
        if (one.verdict) {
            EXPECT_EQ(found[0].verdict, *one.verdict);
            EXPECT_FALSE(found[0].reason.empty());
        }
    }
}

TEST(JudgeGodebug, NamesKeyValueAndReasonInOrder)
{
    const std::vector<GodebugFinding> found = judge_godebug("allocfreetrace=1,gctrace=1,cgocheck=2", 23);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].key, "allocfreetrace");
    EXPECT_EQ(found[0].reason, "removed in Go 1.23");
    EXPECT_EQ(found[1].key, "cgocheck");
    EXPECT_EQ(found[1].value, "2");
}

TEST(AppendGodebug, KeepsTheUsersOwn)
{
    EXPECT_EQ(append_godebug("", {"gctrace=1"}), "gctrace=1");
    EXPECT_EQ(append_godebug("panicnil=1", {"gctrace=1", "inittrace=1"}), "panicnil=1,gctrace=1,inittrace=1");
    EXPECT_EQ(append_godebug("panicnil=1,", {"gctrace=1"}), "panicnil=1,gctrace=1");
    EXPECT_EQ(append_godebug("panicnil=1", {}), "panicnil=1");
}

TEST(ParseGomemlimit, GoesByTheRuntimesGrammar)
{
    const auto bytes = [](const char *text) {
        const std::optional<Limit> limit = parse_gomemlimit(text);
        return limit && limit->finite() ? std::optional<std::uint64_t>(limit->bytes()) : std::nullopt;
    };
    EXPECT_EQ(bytes("0"), 0U);
    EXPECT_EQ(bytes("-0"), 0U);
    EXPECT_EQ(bytes("1048576"), kMiB);
    EXPECT_EQ(bytes("1048576B"), kMiB);
    EXPECT_EQ(bytes("0512KiB"), 512 * kKiB);
    EXPECT_EQ(bytes("64MiB"), 64 * kMiB);
    EXPECT_EQ(bytes("2GiB"), 2 * kGiB);
    EXPECT_EQ(bytes("1TiB"), 1024 * kGiB);
    EXPECT_EQ(bytes("9223372036854775807"), 9223372036854775807U);
    EXPECT_EQ(parse_gomemlimit("off"), Limit());
    EXPECT_EQ(parse_gomemlimit(""), Limit());
    for (const char *text :
         {"512M", "512MB", "0.5GiB", "512mib", "512 MiB", "-1", "+1", "B", "iB", "KiB", "-", "OFF", "1PiB",
          "9223372036854775808", "8796093022208MiB", "9007199254740992KiB", "1e9", " 1", "1 "})
        EXPECT_FALSE(parse_gomemlimit(text)) << text;
}

TEST(GomemlimitFor, LeavesTenPercentOrSixteenMebibytes)
{
    EXPECT_EQ(gomemlimit_for(Limit(64 * kMiB), false), 48 * kMiB);
    EXPECT_EQ(gomemlimit_for(Limit(128 * kMiB), false), 112 * kMiB);
    EXPECT_EQ(gomemlimit_for(Limit(512 * kMiB), false), 512 * kMiB - 512 * kMiB / 10);
    EXPECT_EQ(gomemlimit_for(Limit(64 * kMiB - 1), false), std::nullopt);
    EXPECT_EQ(gomemlimit_for(Limit(256 * kMiB - 1), true), std::nullopt);
    EXPECT_EQ(gomemlimit_for(Limit(256 * kMiB), true), 256 * kMiB - 256 * kMiB / 10);
    EXPECT_EQ(gomemlimit_for(Limit(), false), std::nullopt);
}

} // namespace
} // namespace dbgscope
