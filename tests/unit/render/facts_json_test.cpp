// SPDX-License-Identifier: Apache-2.0
#include "render/facts_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "not_asked.hpp"

namespace dbgscope {
namespace {

/// Every field is different from its default, and every reason and both kinds of limit occur.
Facts full_facts()
{
    CgroupLevel level;
    level.path = "/a b\n\x1b[31m";
    level.dir = "/sys/fs/cgroup/a b\n\x1b[31m";
    level.max = Limit(kGiB);
    level.high = Limit();
    level.swap_max = Fact<Limit>(Why::absent, "read x: No such file");
    level.current = 18446744073709551614ULL;
    level.swap_current = Fact<std::uint64_t>(Why::denied, "d");
    level.peak = Fact<std::uint64_t>(Why::malformed, "bytes \xff\xfe\\");
    level.inactive_file = Fact<std::uint64_t>(Why::assumed);
    level.memory_pressure = Pressure{{0.1, 2.25, 100, 1}, {0.01, 0, 3, ~std::uint64_t{0}}};

    Facts facts;
    facts.cgroup.layout = Layout::hybrid;
    facts.cgroup.memory = {1, "/m", {level, level}, Limit(kGiB), 1, Fact<std::uint64_t>(Why::disabled, "x")};
    facts.cgroup.delegation = {true, true, true, true, {"cpu", "memory"}, {"pids"}, 7, "why"};
    facts.cgroup.unified_mount = "/u\xff";
    facts.cgroup.unified_dir = "/u/d";
    facts.cgroup.system_place = facts.cgroup.memory;
    facts.cgroup.user_place = facts.cgroup.memory;
    facts.cgroup.self = "0::/\xc3\x28\n";
    facts.memory = {1, 2, 3, 4, 5, Pressure{}, Fact<Pressure>(Why::disabled, "psi=0"), Fact<Pressure>(Why::absent)};
    facts.systemd.booted = true;
    facts.systemd.version = 252;
    facts.systemd.system = {std::string("/run/systemd/private"), Fact<std::string>(Why::absent), {}};
    facts.systemd.user = {Fact<std::string>(Why::denied, "no"), std::string("unix:path=/b"),
                          std::vector<std::string>{"cpu"}};
    facts.host = {1000, 100,   "6.1", std::string("docker"),         Wsl::wsl1, true, true, true, true, true, 1, 3,
                  2,    -1000, true,  Fact<bool>(Why::assumed, "x"), true,      true, true};
    facts.tools = {{"dlv", std::string("/bin/dlv"), std::string("1.20"), true, true}, {}};
    facts.debuggee = DebuggeeFacts{"/p", 42, true, std::string("go1.19"), std::string("a=1"), true};
    facts.taken_port = PortFacts{4040, "dlv (pid 1)", "id"};
    facts.attached = AttachedFacts{4711, "/../b", Limit(1024)};
    return facts;
}

TEST(FactsJson, RoundTripIsExact)
{
    for (const Facts &facts : {full_facts(), Facts{}}) {
        const auto again = facts_from_json(facts_json_text(facts));
        ASSERT_TRUE(again) << to_line(again.error());
        EXPECT_EQ(*again, facts);
    }
    const auto again = facts_from_json(facts_json_text(full_facts()));
    const CgroupLevel &level = again->cgroup.memory.chain.at(1);
    EXPECT_EQ(level.path, "/a b\n\x1b[31m");
    EXPECT_EQ(level.max.value_or(Limit()), Limit(kGiB));
    EXPECT_TRUE(level.high && !level.high->finite());
    EXPECT_EQ(level.current.value_or(0), 18446744073709551614ULL);
    EXPECT_EQ(level.peak.why(), Why::malformed);
    EXPECT_EQ(level.peak.detail(), "bytes \xff\xfe\\");
    EXPECT_EQ(level.inactive_file.why(), Why::assumed);
    EXPECT_EQ(*level.memory_pressure, *full_facts().cgroup.memory.chain[0].memory_pressure);
    EXPECT_EQ(again->cgroup.unified_mount, "/u\xff");
    EXPECT_EQ(again->cgroup.self, "0::/\xc3\x28\n");
    EXPECT_EQ(again->host.oom_score_adj, -1000);
    EXPECT_TRUE(test::not_asked(again->tools.at(1).path));
    EXPECT_EQ(again->debuggee->go_version.value_or(""), "go1.19");
}

/// A field that fields() forgets keeps its default on the way back: the keys show it.
TEST(FactsJson, EveryFieldIsWritten)
{
    const auto json = nlohmann::json::parse(facts_json_text(full_facts()));
    const auto defaults = nlohmann::json::parse(facts_json_text(Facts{}));
    for (const char *const room : {"cgroup", "memory", "systemd", "host"})
        for (const auto &[key, value] : json[room].items())
            EXPECT_NE(value, defaults[room][key]) << room << '/' << key;
    EXPECT_EQ(json["cgroup"]["memory"]["chain"][0].size(), 10U);
    EXPECT_EQ(json["cgroup"].size() + json["memory"].size() + json["systemd"].size() + json["host"].size(), 39U);
    EXPECT_EQ(json["tools"][0].size(), 5U);
    EXPECT_EQ(json["debuggee"].size(), 6U);
    EXPECT_EQ(json["schema"], 1);
}

TEST(FactsJson, TextIsAsciiWithoutControlCharacters)
{
    Facts facts = full_facts();
    facts.cgroup.unified_dir = "/\xc2\x9b"
                               "31m\xe2\x80\xae\x7f"; // C1 control, right-to-left override
    const std::string text = facts_json_text(facts);
    for (const char c : text)
        ASSERT_TRUE((c >= 0x20 && c <= 0x7f) || c == '\n') << static_cast<int>(c);
    EXPECT_EQ(facts_from_json(text)->cgroup.unified_dir, facts.cgroup.unified_dir);
}

TEST(FactsJson, AMissingKeyKeepsItsDefault)
{
    const auto facts = facts_from_json(R"({"schema": 1, "memory": {"total_bytes": 4096}})");
    ASSERT_TRUE(facts) << to_line(facts.error());
    EXPECT_EQ(facts->memory.total_bytes.value_or(0), 4096U);
    EXPECT_TRUE(test::not_asked(facts->memory.available_bytes));
    EXPECT_FALSE(facts->systemd.booted);
}

struct Bad {
    const char *text;
    const char *message; ///< without the hint
};
class BadFacts : public testing::TestWithParam<Bad> {};

TEST_P(BadFacts, NamesThePlaceAndTheCause)
{
    const auto facts = facts_from_json(GetParam().text);
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().kind, ErrorKind::config);
    EXPECT_EQ(to_line(facts.error()),
              std::string(GetParam().message) + " (`dbgscope status --json` writes a good one)");
}

INSTANTIATE_TEST_SUITE_P(
    , BadFacts,
    testing::Values(
        Bad{"", "cannot read facts line 1, column 1: not JSON"},
        Bad{"{\n  \"schema\": 1,\n  oops\n}", "cannot read facts line 3, column 3: not JSON"},
        Bad{"\xff\xfe", "cannot read facts line 1, column 1: not JSON"},
        Bad{"[]", "cannot read facts (the whole document): expected an object"},
        Bad{"{}", "cannot read facts /schema: expected 1"},
        Bad{R"({"schema": 2})", "cannot read facts /schema: expected 1"},
        Bad{R"({"schema": "1"})", "cannot read facts /schema: expected 1"},
        Bad{R"({"schema": 1, "memroy": {}})", "cannot read facts /memroy: unknown key"},
        Bad{R"({"schema": 1, "a/b~c": 1})", "cannot read facts /a~1b~0c: unknown key"},
        Bad{R"({"schema": 1, "host": {"schema": 1}})", "cannot read facts /host/schema: unknown key"},
        Bad{R"({"schema": 1, "host": 7})", "cannot read facts /host: expected an object"},
        Bad{R"({"schema": 1, "host": {"uid": -1}})",
            "cannot read facts /host/uid: expected a whole number from 0 to 4294967295"},
        Bad{R"({"schema": 1, "host": {"uid": 4294967296}})",
            "cannot read facts /host/uid: expected a whole number from 0 to 4294967295"},
        Bad{R"({"schema": 1, "host": {"uid": 1.5}})",
            "cannot read facts /host/uid: expected a whole number from 0 to 4294967295"},
        Bad{R"({"schema": 1, "host": {"wsl": "wsl3"}})",
            R"(cannot read facts /host/wsl: expected one of "no", "wsl1", "wsl2")"},
        Bad{R"({"schema": 1, "host": {"no_new_privs": 1}})",
            "cannot read facts /host/no_new_privs: expected true or false"},
        Bad{R"({"schema": 1, "host": {"container": 1}})", "cannot read facts /host/container: expected a string"},
        Bad{R"({"schema": 1, "host": {"kernel": {"escaped": "\\q"}}})",
            "cannot read facts /host/kernel/escaped: a backslash must be followed by xNN, two hexadecimal digits"},
        Bad{R"({"schema": 1, "host": {"container": {"unknown": "gone"}}})",
            R"(cannot read facts /host/container/unknown: expected one of "not asked", "absent", "denied", "disabled", )"
            R"("malformed", "assumed")"},
        Bad{R"({"schema": 1, "host": {"container": {"unknown": "absent", "why": "x"}}})",
            "cannot read facts /host/container/why: unknown key"},
        Bad{R"({"schema": 1, "memory": {"pressure": {"some": {"avg10": "x"}}}})",
            "cannot read facts /memory/pressure/some/avg10: expected a number"},
        Bad{R"({"schema": 1, "memory": {"total_bytes": -4096}})",
            "cannot read facts /memory/total_bytes: expected a whole number from 0 to 18446744073709551615"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"effective": "max"}}})",
            R"(cannot read facts /cgroup/memory/effective: expected bytes or "infinity")"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"chain": {}}}})",
            "cannot read facts /cgroup/memory/chain: expected an array"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"chain": [{}, {"max": "12M"}]}}})",
            R"(cannot read facts /cgroup/memory/chain/1/max: expected bytes or "infinity")"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"version": 3}}})",
            "cannot read facts /cgroup/memory/version: expected 0, 1 or 2"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"version": 2}}})",
            "cannot read facts /cgroup/memory/chain: empty although version is not 0"},
        Bad{R"({"schema": 1, "cgroup": {"memory": {"binding": 0}}})",
            "cannot read facts /cgroup/memory/binding: no such level in chain"}));

} // namespace
} // namespace dbgscope
