// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "profile/load.hpp"
#include "profile/profile_store.hpp"
#include "unit/profile/temp_tree.hpp"

namespace dbgscope {
namespace {

std::string shown(const Settings &settings, Key key)
{
    const Setting *setting = settings.find(key);
    return setting == nullptr ? "-" : format_value(key_info(key), setting->value) + " from " + setting->origin.where;
}

Settings option(Key key, std::string_view text, const std::string &where)
{
    Settings options;
    options.set(key, {*parse_value(key_info(key), text), {Layer::option, where}});
    return options;
}

TEST(LoadSettings, BuiltinAlone)
{
    const auto loaded = load_settings({});
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_TRUE(loaded->warnings.empty());
    EXPECT_EQ(shown(loaded->settings, Key::memory_share), "75% from built-in profile default");
    EXPECT_EQ(loaded->settings.find(Key::memory_share)->origin.layer, Layer::builtin);
    EXPECT_EQ(shown(loaded->settings, Key::name_prefix), "-");
}

TEST(LoadSettings, TheToolsOwnProfileLiesOnDefault)
{
    LayerSources sources;
    sources.builtin_profile = "dlv";
    const auto loaded = load_settings(sources);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(shown(loaded->settings, Key::name_prefix), "dlv-debug from built-in profile dlv");
    EXPECT_EQ(shown(loaded->settings, Key::pressure_action), "warn from built-in profile default");
}

/// One key set in every layer; taking the layers away from the top shows each in its turn.
TEST(LoadSettings, EachLayerWinsOverThoseBelow)
{
    const TempTree tree;
    LayerSources sources;
    sources.system_file = tree.write("etc/config.yaml", "memory:\n  share: 60%\n");
    sources.user_file = tree.write("home/config.yaml", "# mine\n\nmemory:\n  share: 50%\n");
    sources.project_file = tree.write("work/.dbgscope.yaml", "memory: {share: 40%}\n");
    sources.environment = {{"DBGSCOPE_MEMORY_SHARE", "30%"}};
    sources.options = option(Key::memory_share, "20%", "--memory-share");
    const auto share = [&] {
        const auto loaded = load_settings(sources);
        EXPECT_TRUE(loaded && loaded->warnings.empty());
        return loaded ? shown(loaded->settings, Key::memory_share) +
                            std::to_string(static_cast<int>(loaded->settings.find(Key::memory_share)->origin.layer))
                      : "";
    };
    EXPECT_EQ(share(), "20% from --memory-share5");
    sources.options = {};
    EXPECT_EQ(share(), "30% from DBGSCOPE_MEMORY_SHARE4");
    sources.environment.clear();
    EXPECT_EQ(share(), "40% from " + sources.project_file + ":1:17" + "3");
    sources.project_file.clear();
    EXPECT_EQ(share(), "50% from " + sources.user_file + ":4:10" + "2");
    sources.user_file.clear();
    EXPECT_EQ(share(), "60% from " + sources.system_file + ":2:10" + "1");
    sources.system_file.clear();
    EXPECT_EQ(share(), "75% from built-in profile default0");
}

TEST(LoadSettings, ListsAddUp)
{
    const TempTree tree;
    LayerSources sources;
    sources.user_file = tree.write("config.yaml", "profile: gc-trace\ngo: {debug: [schedtrace=1000]}\n");
    sources.environment = {{"DBGSCOPE_GO_DEBUG", "a=1\n\nb=2,c=3\n"}};
    sources.options = option(Key::go_debug, "d=4", "--go-debug");
    const auto loaded = load_settings(sources);
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(loaded->settings.list(Key::go_debug),
              (std::vector<std::string>{"gctrace=1", "schedtrace=1000", "a=1", "b=2,c=3", "d=4"}));
    EXPECT_EQ(loaded->settings.find(Key::go_debug)->origin.where,
              "built-in profile gc-trace, " + sources.user_file + ":2:13, DBGSCOPE_GO_DEBUG, --go-debug");
    EXPECT_EQ(loaded->settings.find(Key::go_debug)->origin.layer, Layer::option);
}

/// Under the values of the layer that named it, over those of the layers below.
TEST(LoadSettings, AProfileLiesJustBelowTheLayerThatNamesIt)
{
    const TempTree tree;
    LayerSources sources;
    sources.system_file = tree.write("etc.yaml", "memory: {share: 90%}\npressure: {some: 90%, full: 90%}\n");
    sources.user_file = tree.write("user.yaml", "pressure: {some: 33%}\nprofile: low-memory\n");
    sources.environment = {{"DBGSCOPE_PRESSURE_ACTION", "refuse"}};
    auto loaded = load_settings(sources);
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(shown(loaded->settings, Key::memory_share), "50% from built-in profile low-memory");
    EXPECT_EQ(loaded->settings.find(Key::memory_share)->origin.layer, Layer::user);
    EXPECT_EQ(shown(loaded->settings, Key::pressure_some), "33% from " + sources.user_file + ":1:18");
    EXPECT_EQ(shown(loaded->settings, Key::pressure_full), "5% from built-in profile low-memory");
    EXPECT_EQ(shown(loaded->settings, Key::pressure_action), "refuse from DBGSCOPE_PRESSURE_ACTION");
    sources.options = option(Key::profile, "ci", "--profile");
    loaded = load_settings(sources);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(shown(loaded->settings, Key::pressure_action), "off from built-in profile ci");
    EXPECT_EQ(shown(loaded->settings, Key::profile), "ci from --profile");
    EXPECT_EQ(loaded->settings.list(Key::require), std::vector<std::string>{"limit"});
}

TEST(LoadSettings, AFileInAProfileDirectoryWinsOverAShippedProfile)
{
    const TempTree tree;
    const std::string mine = tree.write("user/ci.yaml", "slice: mine\n");
    tree.write("etc/ci.yaml", "slice: theirs\n");
    tree.write("etc/team.yaml", "slice: team\n");
    LayerSources sources;
    sources.profile_dirs = {tree.root() + "/user", tree.root() + "/etc", tree.root() + "/absent"};
    sources.environment = {{"DBGSCOPE_PROFILE", "ci"}};
    auto loaded = load_settings(sources);
    ASSERT_TRUE(loaded) << to_line(loaded.error());
    EXPECT_EQ(shown(loaded->settings, Key::slice), "mine from " + mine + ":1:8");
    EXPECT_EQ(loaded->settings.find(Key::require), nullptr);
    sources.environment = {{"DBGSCOPE_PROFILE", "team"}};
    loaded = load_settings(sources);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->settings.text(Key::slice), "team");
}

TEST(LoadSettings, VariablesAreCheckedAndNamed)
{
    LayerSources sources;
    sources.environment = {{"DBGSCOPE_MEMORY_MAX", "12Q"}};
    const auto bad = load_settings(sources);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().kind, ErrorKind::usage);
    EXPECT_TRUE(to_line(bad.error()).starts_with("cannot read DBGSCOPE_MEMORY_MAX \"12Q\": unknown unit \"Q\" ("))
        << to_line(bad.error());
    sources.environment = {
        {"DBGSCOPE_MEMORY_MAXX", "1G"},   {"DBGSCOPE_QUATERNION", "1"}, {"DBGSCOPE_SESSION", "x"},
        {"DBGSCOPE_MUST_RUN", "1"},       {"DBGSCOPE_TEST_ENV", "1"},   {"DBGSCOPE_VM_KVM", "1"},
        {"DBGSCOPE_PROGRAMS_GO", "/tmp"}, {"DBGSCOPE_UNIT", ""},        {"DBGSCOPE_memory_max", "1G"}};
    const auto odd = load_settings(sources);
    ASSERT_TRUE(odd) << to_line(odd.error());
    EXPECT_EQ(odd->warnings,
              (std::vector<std::string>{
                  "unknown variable DBGSCOPE_MEMORY_MAXX: ignored (did you mean DBGSCOPE_MEMORY_MAX?)",
                  "unknown variable DBGSCOPE_QUATERNION: ignored", "unknown variable DBGSCOPE_memory_max: ignored"}));
    EXPECT_EQ(odd->settings.find(Key::unit), nullptr); // empty is unset
}

TEST(LoadSettings, SaysWhichProfileIsMissingAndWhoNamedIt)
{
    const TempTree tree;
    LayerSources sources;
    sources.user_file = tree.write("config.yaml", "profile: low-memroy\n");
    auto loaded = load_settings(sources);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::config);
    EXPECT_EQ(to_line(loaded.error()), "cannot use profile \"low-memroy\", named by " + sources.user_file +
                                           ":1:10: there is none of that name (did you mean low-memory?)");
    sources = {};
    for (const char *name : {"../../etc/shadow", "a/b", "..", ".hidden", "a b", "x."}) {
        sources.options = option(Key::profile, name, "--profile");
        loaded = load_settings(sources);
        ASSERT_FALSE(loaded) << name;
        EXPECT_EQ(loaded.error().kind, ErrorKind::usage);
        EXPECT_EQ(loaded.error().cause, "not a profile's name: letters, digits, '-', '_' and inner dots");
    }
}

TEST(LoadSettings, ABrokenFileIsAnError)
{
    const TempTree tree;
    LayerSources sources;
    sources.user_file = tree.write("config.yaml", "memory:\n  max: 12Q\n");
    auto loaded = load_settings(sources);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(to_line(loaded.error()).starts_with(sources.user_file + ":2:8: memory.max \"12Q\": "))
        << loaded.error().cause;
    sources = {};
    sources.profile_dirs = {tree.root()};
    tree.write("mine.yaml", "profile: ci\n");
    sources.options = option(Key::profile, "mine", "--profile");
    loaded = load_settings(sources);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(to_line(loaded.error()),
              tree.root() + "/mine.yaml:1:1, named by --profile: a profile cannot name another profile");
}

TEST(BuiltinProfiles, RowsOfOneListAreItsItems)
{
    constexpr BuiltinRow rows[] = {{"go.debug", "a=1"}, {"go.debug", "b=2"}, {"require", "limit"}, {"slice", "x"}};
    const auto settings = builtin_settings({"mine", "", rows});
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->size(), 3u);
    EXPECT_EQ(settings->front().value, Value(std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_EQ(settings->front().where, "built-in profile mine");
    constexpr BuiltinRow unknown[] = {{"silce", "x"}};
    EXPECT_FALSE(builtin_settings({"mine", "", unknown}));
}

TEST(BuiltinProfiles, AllHoldGoodValues)
{
    ASSERT_EQ(builtin_profiles().size(), 7u);
    for (const BuiltinProfile &profile : builtin_profiles()) {
        const auto values = find_profile({}, std::string(profile.name));
        EXPECT_TRUE(values) << profile.name << ' ' << (values ? "" : to_line(values.error()));
        EXPECT_FALSE(profile.summary.empty()) << profile.name;
    }
    // design: the default profile sets no GODEBUG key, and nothing that `run` would take as asked for.
    const auto settings = find_profile({}, "default");
    ASSERT_TRUE(settings);
    for (const FileSetting &setting : *settings)
        EXPECT_TRUE(setting.key != Key::go_debug && setting.key != Key::go_memlimit && setting.key != Key::memory_max);
}

} // namespace
} // namespace dbgscope
