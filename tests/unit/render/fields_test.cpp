// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <type_traits>

#include "dbgscope/facts.hpp"
#include "dbgscope/plan.hpp"
#include "dbgscope/session.hpp"
#include "render/json_reader.hpp"
#include "render/json_writer.hpp"
#include "session/recording.hpp"

namespace dbgscope {
namespace {

struct Anything {
    template <class T> operator T() const { throw 0; } // never called
};

/// How many members an aggregate has.
template <class T, class... Found> consteval std::size_t members_of()
{
    if constexpr (requires { T{Found{}..., Anything{}}; })
        return members_of<T, Found..., Anything>();
    else
        return sizeof...(Found);
}

struct Counter {
    std::size_t fields = 0;
    void operator()(const char * /*name*/, const auto & /*value*/) { ++fields; }
    void schema(int /*version*/) {}
    void word(const char *, bool, const char *, const char *) { ++fields; }
    void tagged(const char *, const char *, const auto &, std::span<const std::string_view>) { ++fields; }
    void inlined(const char *, const auto &, std::span<const std::string_view>) { ++fields; }
    void by_name(const char *, const auto &) { ++fields; }
};

template <class T> class FieldsOf : public testing::Test {};
using Structs =
    testing::Types<PressureLine, Pressure, CgroupLevel, MemoryHierarchy, Delegation, CgroupFacts, MemoryFacts,
                   ManagerFacts, SystemdFacts, HostFacts, ToolFacts, DebuggeeFacts, PortFacts, Facts, PathLimit,
                   StringPair, AddressPrefix, NameFilter, SocketBind, UnitCondition, NftSet, ScopeProperty, CgroupWrite,
                   Division, CreateScope, CreateCgroup, Around, Watch, KeepDapLog, VerifyLimit, InstallFilter,
                   NoHugePages, SetOomScore, SetRlimit, SetNice, SetCredentials, ChangeDirectory, SetEnvironment,
                   Execute, Step, Notice, LaunchPlan, ProcessId, MemoryCounts, SessionRecord, RecordedPoint,
                   RecordedSite, RecordedEvent, RecordingHeader>;
TYPED_TEST_SUITE(FieldsOf, Structs);

/// A member that fields() forgets would be lost on the way through JSON.
TYPED_TEST(FieldsOf, AreAllListed)
{
    Counter counter;
    const TypeParam object{};
    fields(counter, object);
    // A record's place is not nested: four of its members stand among the record's own, the other two follow from them.
    constexpr std::size_t kFlattened = std::is_same_v<TypeParam, SessionRecord> ? 3 : 0;
    EXPECT_EQ(counter.fields, members_of<TypeParam>() + kFlattened);
}

/// With every shape of property.
CreateScope full_scope()
{
    const Division division{1, {"memory"}, {{"memory.low", "1", true}}, {{"memory.max", "2", false}}};
    CreateScope scope{true, "u.scope", "replace", true, "/s", "unix:path=/b", {}, "/m", "/u", division, true};
    const std::vector<BusValue> values{true,
                                       std::int32_t{-1},
                                       std::uint32_t{4294967295U},
                                       ~std::uint64_t{0},
                                       std::string("s"),
                                       std::vector<std::string>{"a", "b"},
                                       std::vector<std::uint8_t>{0, 255},
                                       std::vector<PathLimit>{{"/dev/sda", 7}},
                                       std::vector<StringPair>{{"x", "y"}},
                                       std::vector<AddressPrefix>{{2, {127, 0, 0, 1}, 8}},
                                       NameFilter{true, {"eth0"}},
                                       std::vector<SocketBind>{{10, 6, 2, 80}},
                                       std::vector<UnitCondition>{{"ConditionHost", true, false, "h"}},
                                       std::vector<NftSet>{{3, 1, "t", "s"}}};
    for (const BusValue &value : values)
        scope.properties.push_back({"P" + std::to_string(value.index()), value, false, true});
    return scope;
}

Watch full_watch()
{
    return {.wait = true,
            .session = "id",
            .backend = "cgroupfs",
            .tool = "dlv",
            .command = {"dlv", "exec"},
            .split = true,
            .split_required = true,
            .debuggee_oom_score_adj = 500,
            .cap = Limit(kGiB),
            .fuse = FuseAction::warn,
            .fuse_line = Limit(kMiB),
            .pressure = PressureAction::weight,
            .pressure_some_permyriad = 1,
            .pressure_full_permyriad = 2,
            .growth_period = 128,
            .alloc = {.large_mapping_bytes = 1, .reclaim_stall_us = 2, .kernel_memory_bytes = 3, .oom_victims = true},
            .use_pidfd = false,
            .use_cgroup_kill = false,
            .go_version = "go1.19",
            .gomemlimit = Limit(),
            .gomemlimit_ours = Limit(kMiB),
            .builds = true,
            .client_timeout_ms = 90'000,
            .on = {.pressure = {"weight"},
                   .growth = {"say"},
                   .held = {"exec /bin/true"},
                   .killed = {"stop"},
                   .drift = {"say"},
                   .deadline_ms = 5},
            .drift_permyriad = 1500,
            .history_textfile = "/t",
            .notify = DesktopNotice::on,
            .quiet = true,
            .log_file = "/l"};
}

/// A plan with every kind of step.
LaunchPlan full_plan()
{
    LaunchPlan plan;
    plan.backend = Backend::cgroupfs;
    plan.backend_reason = "r";
    plan.session = "s", plan.cap = Limit();
    plan.on_scope_failure = plan.on_limit_failure = OnFailure::fail;
    const std::vector<Action> actions{
        StartWatcher{full_watch()},
        KeepDapLog{"/f", {"--log"}, "V", true},
        full_scope(),
        CreateCgroup{1, "/p", "n", true, {"cpu"}, {{"a", "b", true}}, "/up", std::nullopt},
        VerifyLimit{Limit(kGiB), true},
        InstallFilter{true},
        NoHugePages{},
        SetOomScore{-5, true, true},
        SetRlimit{"NOFILE", 1, ~std::uint64_t{0}},
        SetNice{-20},
        SetCredentials{"u", "g"},
        ChangeDirectory{"/d"},
        SetEnvironment{{{"A", "1"}, {"B", std::nullopt}}},
        WriteInitFile{"/i", "set a = 1\n"},
        Execute{"/x", {"x", "\u00fc"}, true}};
    for (const Action &action : actions)
        plan.steps.push_back({action, "why"});
    plan.fallback = {LaunchPlan{.backend_reason = "none left"}};
    plan.notices = {{"id", "text"}};
    plan.left_out = {{"id2", "text2"}};
    plan.announcement = "says";
    return plan;
}

TEST(PlanJson, ComesBackEqual)
{
    const LaunchPlan plan = full_plan();
    ASSERT_EQ(plan.steps.size(), std::variant_size_v<Action>);
    const auto document = parse_json(JsonWriter::encode(plan, kPlanSpelling).dump());
    ASSERT_TRUE(document);
    JsonReader reader(kPlanSpelling, JsonFaults::fail, "read plan", "");
    LaunchPlan again;
    reader.read(*document, again);
    EXPECT_FALSE(reader.error()) << to_line(*reader.error());
    EXPECT_TRUE(again == plan) << JsonWriter::encode(again, kPlanSpelling).dump({.indent = 1});
}

/// What a plan's JSON says of limits: null is none, of the debuggee's GOMEMLIMIT "infinity" is none and null not ours.
TEST(PlanJson, SaysWhatItAlwaysSaid)
{
    const Json plan = JsonWriter::encode(full_plan(), kPlanSpelling);
    const Json &watch = plan.find("steps")->items()->front();
    EXPECT_EQ(watch.find("action")->dump(), "\"start-watcher\"");
    EXPECT_EQ(watch.find("cap_bytes")->dump(), "1073741824");
    EXPECT_EQ(watch.find("scope_limit_bytes")->dump(), "null");
    EXPECT_EQ(watch.find("gomemlimit_bytes")->dump(), "\"infinity\"");
    EXPECT_EQ(watch.find("reason")->dump(), "\"why\"");
    const Json &scope = plan.find("steps")->items()->at(2);
    EXPECT_EQ(scope.find("manager")->dump(), "\"user\"");
    EXPECT_EQ(scope.find("properties")->items()->at(9).dump(),
              R"x({"type":"a(iayu)","value":[[2,[127,0,0,1],8]],"name":"P9","droppable":false,"limit":true})x");
    EXPECT_EQ(plan.find("steps")->items()->at(12).find("changes")->dump(), R"({"A":"1","B":null})");
    EXPECT_EQ(plan.find("fallback")->items()->front().find("schema")->dump(), "1");
}

TEST(PlanJson, NamesThePlaceAndTheCause)
{
    const std::pair<const char *, const char *> table[] = {
        {R"({"schema": 1, "steps": [{"action": "dance"}]})", "/steps/0/action: expected one of \"start-watcher\", "},
        {R"({"schema": 1, "steps": [{"action": "set-nice", "value": "x"}]})",
         "/steps/0/value: expected a whole number"},
        {R"({"schema": 1, "steps": [{"action": "set-nice", "soft": 1}]})", "/steps/0/soft: unknown key"},
        {R"({"schema": 1, "steps": [{"action": "create-scope", "manager": "mine"}]})",
         "/steps/0/manager: expected \"system\" or \"user\""},
        {R"x({"schema": 1, "steps": [{"action": "create-scope", "properties": [{"type": "(bas)", "value": [true]}]}]})x",
         "/steps/0/properties/0/value: expected 2 items"},
        {R"({"schema": 1, "steps": [{"action": "set-environment", "changes": []}]})",
         "/steps/0/changes: expected an object"}};
    for (const auto &[text, line] : table) {
        JsonReader reader(kPlanSpelling, JsonFaults::fail, "read", "");
        LaunchPlan plan;
        reader.read(*parse_json(text), plan);
        ASSERT_TRUE(reader.error()) << text;
        EXPECT_TRUE(to_line(*reader.error()).starts_with(std::string("cannot read ") + line))
            << to_line(*reader.error());
    }
}

} // namespace
} // namespace dbgscope
