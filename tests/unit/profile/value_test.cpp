// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "dbgscope/profile.hpp"
#include "patterns.hpp"

namespace dbgscope {
namespace {

struct Good {
    Key key;
    const char *text;
    const char *formatted;
};

TEST(ParseValue, ReadsAndWritesBackEveryType)
{
    const Good table[] = {
        {Key::memory_max, "512M", "512M"},
        {Key::memory_max, "1.5G", "1536M"},
        {Key::memory_max, "40%", "40%"},
        {Key::memory_max, "1G 512M", "1536M"},
        {Key::memory_max, "125\u2030", "12.50%"},
        {Key::tasks_max, "12.5\u2030", "1.25%"},
        {Key::cpu_quota, "12500\u2031", "125%"},
        {Key::collect, "y", "yes"},
        {Key::nice, "+5", "5"},
        {Key::memory_max, "max", "infinity"},
        {Key::memory_swap_max, "0", "0"},
        {Key::memory_share, "75", "75%"},
        {Key::memory_share, "12.5%", "12.5%"},
        {Key::memory_share, "0.01e", nullptr},
        {Key::cpu_quota, "250%", "250%"},
        {Key::cpu_quota, "100000%", "100000%"},
        {Key::pressure_some, "0.05%", "0.05%"},
        {Key::cpu_weight, "idle", "idle"},
        {Key::cpu_weight, "10000", "10000"},
        {Key::io_weight, "1", "1"},
        {Key::tasks_max, "200", "200"},
        {Key::tasks_max, "2048", "2048"},
        {Key::tasks_max, "40%", "40%"},
        {Key::tasks_max, "infinity", "infinity"},
        {Key::runtime_max, "90", "1min 30s"},
        {Key::runtime_max, "infinity", "infinity"},
        {Key::collect, "on", "yes"},
        {Key::collect, "0", "no"},
        {Key::oom_score_adjust, "-1000", "-1000"},
        {Key::nice, "19", "19"},
        {Key::pressure_action, "refuse", "refuse"},
        {Key::require, "limit,scope,limit", "limit,scope"},
        {Key::setenv, "A=1,B=2\nC", "A=1,B=2\nC"},
        {Key::go_memlimit, "auto", "auto"},
        {Key::go_memlimit, "400M", "400M"},
        {Key::unit, "a b", "a b"},
    };
    for (const auto &[key, text, formatted] : table) {
        const auto value = parse_value(key_info(key), text);
        if (formatted == nullptr) {
            EXPECT_FALSE(value) << text;
            continue;
        }
        ASSERT_TRUE(value) << text << ": " << to_line(value.error());
        EXPECT_EQ(format_value(key_info(key), *value), formatted);
        const auto again = parse_value(key_info(key), formatted);
        ASSERT_TRUE(again) << formatted;
        EXPECT_EQ(*again, *value) << formatted;
    }
}

TEST(ParseValue, StoresUnitsAsDeclared)
{
    EXPECT_EQ(std::get<std::int64_t>(*parse_value(key_info(Key::memory_share), "12.5")), 1250);
    EXPECT_EQ(std::get<std::int64_t>(*parse_value(key_info(Key::cpu_weight), "idle")), 0);
    EXPECT_EQ(std::get<SizeSpec>(*parse_value(key_info(Key::tasks_max), "200")),
              (SizeSpec{SizeSpec::Kind::bytes, 200}));
    EXPECT_EQ(std::get<std::chrono::microseconds>(*parse_value(key_info(Key::runtime_max), "infinity")),
              std::chrono::microseconds::max());
    EXPECT_EQ(std::get<std::vector<std::string>>(*parse_value(key_info(Key::property), "A=1,2")),
              std::vector<std::string>{"A=1,2"});
}

/// The values that the text of --help (and of the man pages, which quote it) offers by name for `info`.
std::vector<std::string> named_values(const KeyInfo &info)
{
    std::vector<std::string> named;
    const std::string choices = std::string(info.choices) + '|' + std::string(info.metavar);
    const std::string help(info.help);
    const auto add = [&named](const std::string &text, const std::string &pattern, int group) {
        for (const std::string &found : test::all_matches(text, pattern, group))
            if (found.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ[") > 0)
                named.push_back(found);
    };
    add(choices, "[^|]+", 0);
    if (info.type != ValueType::flag) // "exit with 137" names no value of --wait
        add(help, R"((-?\d+%?)(?=[ :,]|$)(?! s\b))", 1);
    if (info.type == ValueType::weight)
        add(help, R"(, or (\w+)$)", 1);
    std::erase_if(named, [](const std::string &text) { return text.find('=') != text.npos || text == "no-FEATURE"; });
    return named;
}

TEST(ParseValue, TakesEveryValueThatAHelpTextNames)
{
    std::map<Key, std::vector<std::string>> all;
    for (const KeyInfo &info : key_table())
        for (const std::string &text : all[info.key] = named_values(info)) {
            const auto value = parse_value(info, text);
            EXPECT_TRUE(value) << info.name << ' ' << text << ": " << to_line(value.error());
        }
    using Texts = std::vector<std::string>;
    EXPECT_EQ(all[Key::client_timeout], Texts{"0"}); // "0: never"
    EXPECT_EQ(all[Key::cpu_weight], (Texts{"1", "10000", "idle"}));
    EXPECT_EQ(all[Key::cpu_quota], Texts{"100%"});
    EXPECT_EQ(all[Key::nice], (Texts{"-20", "19"}));
    EXPECT_EQ(all[Key::go_memlimit], (Texts{"auto", "off"}));
    EXPECT_EQ(all[Key::split], (Texts{"off", "auto"}));
}

struct Bad {
    Key key;
    std::string_view text;
    const char *line;
};

TEST(ParseValue, RefusesWithTheAllowedForm)
{
    using namespace std::string_view_literals;
    const Bad table[] = {
        {Key::memory_max, "12Q",
         "cannot read memory.max \"12Q\": unknown unit \"Q\" (sizes are like 512M, 2G, 40% or infinity (K, M, G, T are "
         "powers of 1024))"},
        {Key::memory_max, "0",
         "cannot read memory.max \"0\": zero leaves nothing to run with (leave it out for no limit, or say infinity)"},
        {Key::memory_share, "101%", "cannot read memory.share \"101%\": out of range (it can be 1% to 100%)"},
        {Key::memory_share, "0", "cannot read memory.share \"0\": out of range (it can be 1% to 100%)"},
        {Key::cpu_quota, "100001%", "cannot read cpu.quota \"100001%\": out of range (it can be 0.01% to 100000%)"},
        {Key::cpu_quota, "99999999999%",
         "cannot read cpu.quota \"99999999999%\": out of range (it can be 0.01% to 100000%)"},
        {Key::cpu_weight, "0", "cannot read cpu.weight \"0\": out of range (it can be 1 to 10000, or idle)"},
        {Key::io_weight, "idle", "cannot read io.weight \"idle\": not a number (it can be 1 to 10000)"},
        {Key::tasks_max, "200M", "cannot read tasks.max \"200M\": not a count (counts are like 200, 40% or infinity)"},
        {Key::tasks_max, "-1", "cannot read tasks.max \"-1\": negative (counts are like 200, 40% or infinity)"},
        {Key::collect, "maybe", "cannot read collect \"maybe\": neither yes nor no (it can be yes or no)"},
        {Key::nice, "20", "cannot read nice \"20\": out of range (it can be -20 to 19)"},
        {Key::nice, "5x", "cannot read nice \"5x\": not a number (it can be -20 to 19)"},
        {Key::backend, "systemd-usr",
         "cannot read backend \"systemd-usr\": unknown word \"systemd-usr\" (did you mean systemd-user? it can be "
         "auto, systemd-user, systemd-system, cgroupfs, none)"},
        {Key::require, "scope,limt",
         "cannot read require \"scope,limt\": unknown word \"limt\" (did you mean limit? it can be scope, limit, "
         "split, fuse)"},
        {Key::require, "scope,", "cannot read require \"scope,\": empty (it can be scope, limit, split, fuse)"},
        {Key::go_memlimit, "40%",
         "cannot read go.memlimit \"40%\": not an amount of bytes (it can be auto, off or a size like 400M)"},
        {Key::unit, "", "cannot read unit \"\": empty (leave it out instead)"},
        {Key::unit, "a\0b"sv, "cannot read unit \"a\": a NUL byte inside"},
    };
    for (const auto &[key, text, line] : table) {
        const auto value = parse_value(key_info(key), text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().kind, ErrorKind::usage);
        EXPECT_EQ(to_line(value.error()), line);
    }
    for (const char *text : {"", "%", ".", ".5", "5.", "1.234", "-5%", "5 %", "+5", "0x5", "nan", "1.-5"})
        EXPECT_FALSE(parse_value(key_info(Key::pressure_some), text)) << text;
    for (const char *text : {"0", "-1", "1 parsec", ""})
        EXPECT_FALSE(parse_value(key_info(Key::runtime_max), text)) << text;
    EXPECT_LT(parse_value(key_info(Key::memory_max), std::string(100000, '9')).error().subject.size(), 100u);
}

TEST(Suggest, NamesTheNearestWord)
{
    const std::vector<std::string> words = {"memory.max", "memory.min", "slice", "uid", "gid", "go.debug_force"};
    EXPECT_EQ(suggest("memory.mx", words), "memory.max");
    EXPECT_EQ(suggest("memroy.max", words), "memory.max");
    EXPECT_EQ(suggest("silce", words), "slice");
    EXPECT_EQ(suggest("uidd", words), "uid");
    EXPECT_EQ(suggest("udi", words), "uid"); // a swap is one slip
    EXPECT_EQ(suggest("godebugforce", words), "go.debug_force");
    for (const char *far : {"", "x", "foo", "quaternion", "memory"})
        EXPECT_EQ(suggest(far, words), "") << far;
    EXPECT_EQ(suggest(std::string(1000000, 'x'), words), "");
}

} // namespace
} // namespace dbgscope
