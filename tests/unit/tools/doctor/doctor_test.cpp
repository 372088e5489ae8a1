// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/doctor.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

#include "doctor_input.hpp"

namespace dbgscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> ids(const std::vector<const Check *> &chosen)
{
    std::vector<std::string> names;
    for (const Check *check : chosen)
        names.emplace_back(check->id);
    return names;
}

CheckResult result(CheckLevel level, std::string found)
{
    return {checks().data(),
            {.level = level, .looked_at = "/proc/x", .found = std::move(found), .matters = "because", .cure = "act"}};
}

TEST(Doctor, IdsAreDistinctAndNoGroupBearsTheNameOfAnothersCheck)
{
    std::set<std::string_view> seen;
    for (const Check &check : checks()) {
        EXPECT_TRUE(seen.insert(check.id).second) << check.id;
        for (const Check &other : checks())
            EXPECT_TRUE(check.id != other.group || other.group == check.group) << check.id;
    }
}

TEST(Doctor, RunsAllButFidelityUnlessNamed)
{
    const auto all = choose_checks({});
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), checks().size() - 1);
    EXPECT_THAT(ids(*all), Not(testing::Contains("fidelity")));
    EXPECT_THAT(ids(*choose_checks({"fidelity"})), ElementsAre("fidelity"));
    EXPECT_THAT(ids(*choose_checks({"rights"})),
                ElementsAre("ptrace", "inside", "ulimits", "noexec", "core", "kernel-log"));
    EXPECT_THAT(ids(*choose_checks({"gdb", "ptrace", "gdb"})), ElementsAre("ptrace", "gdb")) << "in the table's order";
}

TEST(Doctor, RefusesAnUnknownName)
{
    const auto chosen = choose_checks({"ptrace", "yama"});
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().kind, ErrorKind::usage);
    EXPECT_THAT(to_line(chosen.error()), HasSubstr("yama"));
}

TEST(Doctor, OnlyWarningsAndFailuresMakeTheStatus)
{
    EXPECT_EQ(doctor_status({}), 0);
    EXPECT_EQ(doctor_status({result(CheckLevel::note, ""), result(CheckLevel::unknown, "")}), 0);
    EXPECT_EQ(doctor_status({result(CheckLevel::ok, ""), result(CheckLevel::warn, "")}), 1);
    EXPECT_EQ(doctor_status({result(CheckLevel::fail, "")}), 1);
}

TEST(Doctor, TextShowsTheCureOfWhatIsNotOk)
{
    EXPECT_EQ(doctor_text({result(CheckLevel::ok, "fine"), result(CheckLevel::warn, "bad")}),
              "ok      hierarchy     fine\n"
              "warn    hierarchy     bad\n"
              "                      looked  /proc/x\n"
              "                      why     because\n"
              "                      do      act\n"
              "\n1 ok, 0 to know, 1 warned of, 0 wrong, 0 not seen\n");
}

TEST(Doctor, TextIsWrappedAndEscaped)
{
    std::string words;
    for (int i = 0; i < 60; ++i)
        words += "word ";
    const std::string text = doctor_text({result(CheckLevel::note, words + "\x1b[31m\xff")});
    EXPECT_THAT(text, HasSubstr("\\x1b[31m\\xff"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    std::string_view rest = text;
    while (!rest.empty()) {
        EXPECT_LE(rest.substr(0, rest.find('\n')).size(), 100U);
        rest.remove_prefix(rest.find('\n') + 1);
    }
}

TEST(Doctor, JsonHasEveryField)
{
    const auto json = nlohmann::json::parse(doctor_json({result(CheckLevel::fail, "caf\xc3\xa9 \xff")}));
    EXPECT_EQ(json["schema"], 1);
    ASSERT_EQ(json["findings"].size(), 1U);
    EXPECT_EQ(json["findings"][0], nlohmann::json({{"check", "hierarchy"},
                                                   {"group", "cgroup"},
                                                   {"level", "fail"},
                                                   {"looked_at", "/proc/x"},
                                                   {"found", "caf\xc3\xa9 \\xff"},
                                                   {"matters", "because"},
                                                   {"do", "act"}}));
}

/// 0 wrong statements: what is not ok says why it matters; what is ok asks for nothing.
TEST(Doctor, EveryFindingOfEveryMachineIsComplete)
{
    for (const Machine &machine : machines()) {
        FakeRoot tree;
        const DoctorInput input = input_for(machine.build(tree));
        for (const CheckResult &one : run_checks(*choose_checks({}), input)) {
            SCOPED_TRACE(std::string(machine.name) + " " + std::string(one.check->id) + ": " + one.finding.found);
            EXPECT_FALSE(one.finding.looked_at.empty());
            EXPECT_FALSE(one.finding.found.empty());
            EXPECT_EQ(one.finding.matters.empty(), one.finding.level == CheckLevel::ok);
            EXPECT_TRUE(one.finding.level != CheckLevel::ok || one.finding.cure.empty());
            const bool wrong = one.finding.level == CheckLevel::warn || one.finding.level == CheckLevel::fail;
            EXPECT_FALSE(wrong && one.finding.cure.empty());
        }
    }
}

} // namespace
} // namespace dbgscope::test
