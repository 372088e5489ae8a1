// SPDX-License-Identifier: Apache-2.0
// tests/golden/machines/M.json + arguments + configuration → the plan in words, compared with what the case file holds.
// GOLDEN_UPDATE=1 writes what came out instead; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/options.hpp"
#include "debugger/call.hpp"
#include "plan/plan.hpp"
#include "probe/assume.hpp"
#include "profile/load.hpp"
#include "render/facts_json.hpp"
#include "render/json_reader.hpp"
#include "render/plan_text.hpp"

namespace dbgscope {
namespace {

namespace fs = std::filesystem;

/// A case file: "key: value" lines, `config:` or `project:` followed by indented YAML, then "---" and the expected
/// text.
struct Case {
    std::string machine, arguments, debuggee, environment, config, expected;
    bool setuid = false;  ///< the debugger's file is
    bool project = false; ///< `config` is the project's file
};

std::string slurp(const fs::path &path)
{
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

Case read_case(const std::string &text)
{
    Case out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line) && line != "---";) {
        const auto colon = line.find(": ");
        const std::string key = line.substr(0, colon);
        const std::string value = colon == std::string::npos ? "" : line.substr(colon + 2);
        if (line.starts_with("  "))
            out.config += line.substr(2) + '\n';
        else if (line == "project:")
            out.project = true;
        else if (key == "machine")
            out.machine = value;
        else if (key == "arguments")
            out.arguments = value;
        else if (key == "debuggee")
            out.debuggee = value;
        else if (key == "debugger")
            out.setuid = value == "setuid";
        else if (key == "environment")
            out.environment = value;
    }
    const auto mark = text.find("\n---\n");
    out.expected = mark == std::string::npos ? "" : text.substr(mark + 5);
    return out;
}

std::vector<std::string> words_of(const std::string &text)
{
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// "go1.19.8 12M", "c 1M", "toolchain go1.24.4".
std::optional<DebuggeeFacts> debuggee_of(const std::string &text)
{
    const std::vector<std::string> words = words_of(text);
    if (words.size() != 2)
        return std::nullopt;
    DebuggeeFacts facts;
    facts.path = "prog";
    facts.from_toolchain = words[0] == "toolchain";
    facts.is_go = words[0] != "c";
    if (facts.from_toolchain)
        facts.go_version = words[1];
    else
        facts.size_bytes = parse_size(words[1])->value;
    if (facts.is_go && !facts.from_toolchain)
        facts.go_version = words[0];
    return facts;
}

/// Its JSON says all of it: what is read back is the plan itself.
std::string through_json(const LaunchPlan &plan)
{
    const auto document = parse_json(plan_json(plan));
    if (!document)
        return to_line(document.error());
    JsonReader reader(kPlanSpelling, JsonFaults::fail, "read plan", "");
    LaunchPlan again;
    reader.read(*document, again);
    if (reader.error())
        return to_line(*reader.error());
    return again == plan ? "" : "another plan came back: " + plan_json(again);
}

std::string plan_of(const Case &c)
{
    auto options = parse_options(words_of(c.arguments));
    if (!options)
        return "error: " + to_line(options.error()) + '\n';
    Request request;
    std::vector<std::string> rest = options->rest;
    request.tool = tool_from_name(rest.front()).value_or(Tool::none);
    rest.erase(rest.begin());
    LayerSources sources;
    sources.options = options->settings;
    if (request.tool == Tool::none) { // `run`: its own options
        auto own = parse_options(rest);
        if (!own)
            return "error: " + to_line(own.error()) + '\n';
        rest = own->rest;
        sources.options = own->settings;
    } else {
        request.call = read_call(request.tool, rest);
    }
    request.arguments = rest;
    sources.builtin_profile = profile_name(request.tool);
    const fs::path config = fs::temp_directory_path() / ("golden-" + std::to_string(::getpid()) + ".yaml");
    if (!c.config.empty()) {
        std::ofstream(config) << c.config;
        (c.project ? sources.project_file : sources.user_file) = config.string();
    }
    auto loaded = load_settings(sources);
    fs::remove(config);
    if (!loaded)
        return "error: " + to_line(loaded.error()) + '\n';
    request.settings = loaded->settings;
    request.pid = 4242;
    request.start_ticks = 777;
    request.random = "00000000cafe0001";
    request.dap_logs = "/state/dap";
    request.own_directory = "/run/user/1000/dbgscope";
    for (const std::string &pair : words_of(c.environment))
        request.environment.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    for (const auto &[name, value] : request.environment)
        if (name == "DBGSCOPE_SESSION")
            request.session = value;
    auto facts = facts_from_json(slurp(fs::path(GOLDEN_DIR) / "machines" / (c.machine + ".json")));
    if (!facts)
        return "error: " + to_line(facts.error()) + '\n';
    const std::string name = request.tool == Tool::none ? rest.front() : tool_name(request.tool);
    facts->tools = {{.name = name, .path = "/usr/bin/" + name, .gains_privilege = c.setuid}};
    apply_assume(request.settings.list(Key::assume), *facts);
    facts->debuggee = debuggee_of(c.debuggee);
    auto plan = make_plan(*facts, request);
    if (!plan)
        return "error: " + to_line(plan.error()) + '\n';
    EXPECT_EQ(through_json(*plan), "");
    return plan_text(*plan);
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, PlanIsAsWritten)
{
    const fs::path file = fs::path(GOLDEN_DIR) / "cases" / (GetParam() + ".txt");
    const std::string text = slurp(file);
    const Case c = read_case(text);
    std::string got = plan_of(c);
    const std::string path = fs::temp_directory_path().string() + "/golden-" + std::to_string(::getpid()) + ".yaml";
    for (auto at = got.find(path); at != std::string::npos; at = got.find(path))
        got.replace(at, path.size(), "CONFIG");
    if (std::getenv("GOLDEN_UPDATE") != nullptr)
        std::ofstream(file) << text.substr(0, text.find("\n---\n")) << "\n---\n" << got;
    else
        EXPECT_EQ(got, c.expected) << file;
}

class Machine : public testing::TestWithParam<std::string> {};

TEST_P(Machine, ItsFactsComeBackEqual)
{
    const auto facts = facts_from_json(slurp(fs::path(GOLDEN_DIR) / "machines" / (GetParam() + ".json")));
    ASSERT_TRUE(facts) << to_line(facts.error());
    const auto again = facts_from_json(facts_json_text(*facts));
    ASSERT_TRUE(again) << to_line(again.error());
    EXPECT_TRUE(*again == *facts);
}

std::vector<std::string> names_in(const char *directory, const char *extension)
{
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(fs::path(GOLDEN_DIR) / directory))
        if (entry.path().extension() == extension)
            names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string test_name(const testing::TestParamInfo<std::string> &test)
{
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Plans, Golden, testing::ValuesIn(names_in("cases", ".txt")), test_name);
INSTANTIATE_TEST_SUITE_P(Facts, Machine, testing::ValuesIn(names_in("machines", ".json")), test_name);

} // namespace
} // namespace dbgscope
