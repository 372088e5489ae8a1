// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "tools/editor/lint_schema.hpp"

// Configurations of cpptools: type cppdbg.
namespace dbgscope {
namespace {

/// {"name": …, "value": …}, both strings.
void lint_pairs(LintRun &run, const JsonNode *environment)
{
    if (environment == nullptr || environment->kind != JsonKind::array) // wrong_type has said so
        return;
    for (const JsonNode &pair : environment->children) {
        const JsonNode *name = pair.find("name"), *value = pair.find("value");
        if (name == nullptr || value == nullptr)
            run.report(LintRule::missing_attribute, pair.begin,
                       R"(a variable has two members: {"name": "NAME", "value": "VALUE"})");
        else if (!value->string() || !name->string())
            run.report(LintRule::wrong_type, (value->string() ? name : value)->begin,
                       "name and value of a variable are strings; write them in quotes");
        else
            lint_variable(run, value->begin, name->text, value->text, std::nullopt);
    }
}

/// {"text": …}: what gdb is to do.
void lint_commands(LintRun &run, const JsonNode *commands)
{
    if (commands == nullptr || commands->kind != JsonKind::array)
        return;
    for (const JsonNode &command : commands->children)
        if (string_of(command, "text").empty())
            run.report(LintRule::missing_attribute, command.begin,
                       R"(a command has its words in text: {"text": "-enable-pretty-printing"})");
}

void lint_program(LintRun &run, const JsonNode &configuration)
{
    constexpr std::string_view kSources[] = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".h", ".hpp", ".rs", ".go"};
    const JsonNode *program = configuration.find("program");
    if (program == nullptr || program->string() == "") {
        run.report(LintRule::missing_attribute, program == nullptr ? configuration.begin : program->begin,
                   "cppdbg needs program, the built one");
        return;
    }
    const std::string_view path = program->string().value_or("");
    const bool source = path == "${file}" || path == "${relativeFile}" || path.ends_with("${fileBasename}") ||
                        std::ranges::any_of(kSources, [path](auto end) { return path.ends_with(end); });
    if (source)
        run.report(LintRule::source_as_program, program->begin,
                   fmt::format("{} is a source file: name the program that is built from it", path));
    else if (configuration.find("preLaunchTask") == nullptr)
        lint_path(run, program, Wanted::any, "program", true);
}

void lint_server(LintRun &run, const JsonNode &configuration)
{
    const JsonNode *server = configuration.find("debugServerPath");
    if (server == nullptr || !server->string() || server->text.empty())
        return;
    if (server->text.starts_with('/'))
        lint_path(run, server, Wanted::executable, "debugServerPath");
    const std::string line = server->text + " " + std::string(string_of(configuration, "debugServerArgs"));
    const JsonNode *stderr_too = configuration.find("filterStderr");
    if (line.find("gdbserver") != std::string::npos) {
        if (stderr_too == nullptr || !stderr_too->is_literal("true"))
            run.report(
                LintRule::server_stream, server->key_begin,
                "gdbserver says \"Listening on port\" on stderr, and cpptools reads stdout: the session fails after "
                "10 s; write \"filterStderr\": true");
        else if (configuration.find("serverStarted") == nullptr)
            run.report(LintRule::server_started, server->key_begin,
                       "without serverStarted the first line counts as ready, before gdbserver listens; write "
                       "\"serverStarted\": \"Listening on port\"");
    }
    const JsonNode *environment = configuration.find("environment");
    if (environment != nullptr && !environment->children.empty())
        run.report(
            LintRule::server_environment, environment->key_begin,
            "environment does not reach the program of a debugServerPath; use gdbserver --wrapper env NAME=VALUE --");
}

} // namespace

void lint_cppdbg_configuration(LintRun &run, const JsonNode &configuration)
{
    lint_attributes(run, configuration, cppdbg_attributes(), "its C++ extension", true);
    lint_pairs(run, configuration.find("environment"));
    for (const std::string_view name : {"setupCommands", "postRemoteConnectCommands", "customLaunchSetupCommands"})
        lint_commands(run, configuration.find(name));
    lint_task_names(run, configuration);
    const bool elsewhere =
        configuration.find("pipeTransport") != nullptr || configuration.find("miDebuggerServerAddress") != nullptr;
    if (string_of(configuration, "request") == "launch")
        if (configuration.find("pipeTransport") == nullptr)
            lint_program(run, configuration);
    if (!elsewhere && configuration.find("preLaunchTask") == nullptr)
        lint_path(run, configuration.find("cwd"), Wanted::directory, "cwd");
    const JsonNode *gdb = configuration.find("miDebuggerPath");
    if (configuration.find("pipeTransport") == nullptr && gdb != nullptr && gdb->text.find('/') != std::string::npos)
        lint_path(run, gdb, Wanted::executable, "miDebuggerPath");
    lint_server(run, configuration);
}

} // namespace dbgscope
