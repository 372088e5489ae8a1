// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tools/editor/lint.hpp"

namespace dbgscope {
namespace {

using enum LintSeverity;

// clang-format off
constexpr auto kRules = std::to_array<RuleInfo>({
    {LintRule::syntax, "syntax", error, "the file cannot be read as what it is"},
    {LintRule::duplicate_key, "duplicate-key", warning, "a key stands twice in one object; the last one counts"},
    {LintRule::misspelt_attribute, "misspelt-attribute", warning, "an unknown attribute much like a known one"},
    {LintRule::unknown_attribute, "unknown-attribute", note, "an attribute that VS Code, the Go extension and dlv do not know"},
    {LintRule::legacy_adapter, "legacy-adapter", note, "the deprecated adapter is chosen"},
    {LintRule::ignored_attribute, "ignored-attribute", warning, "an attribute that has no effect with this adapter"},
    {LintRule::newer_attribute, "newer-attribute", warning, "an attribute that the dlv at hand does not know yet"},
    {LintRule::removed_api, "removed-api", error, "an API version that the dlv at hand does not have any more"},
    {LintRule::unknown_flag, "unknown-flag", error, "a word of dlvFlags that ends dlv dap at its start"},
    {LintRule::ignored_flag, "ignored-flag", warning, "a word of dlvFlags that has no effect"},
    {LintRule::log_output_without_log, "log-output-without-log", error, "--log-output without --log ends dlv at its start"},
    {LintRule::open_to_others, "open-to-others", warning, "other users of the machine may take the session"},
    {LintRule::deep_recursion, "deep-recursion", warning, "maxVariableRecurse makes each stop read far too much"},
    {LintRule::large_load, "large-load", warning, "strings or arrays of any size are read at each stop"},
    {LintRule::negative_load, "negative-load", warning, "a negative limit shows nothing, or an error"},
    {LintRule::gomemlimit, "gomemlimit", error, "a GOMEMLIMIT that ends every Go program at its start"},
    {LintRule::goflags, "goflags", error, "a GOFLAGS that ends every go command"},
    {LintRule::godebug_fatal, "godebug-fatal", error, "a GODEBUG setting that ends the program"},
    {LintRule::godebug_harmful, "godebug-harmful", warning, "a GODEBUG setting that hurts under a memory limit"},
    {LintRule::godebug_dead, "godebug-dead", warning, "a GODEBUG setting that does nothing"},
    {LintRule::env_not_string, "env-not-string", error, "a variable whose value is no string, which dlv refuses"},
    {LintRule::dbgscope_variable, "dbgscope-variable", warning, "a setting that dbgscope does not have"},
    {LintRule::dbgscope_value, "dbgscope-value", error, "a value that dbgscope refuses"},
    {LintRule::missing_path, "missing-path", error, "a file or directory that is not there, or is not what it should be"},
    {LintRule::external_server, "external-server", warning, "a port: nothing is started, so dbgscope is not used"},
    {LintRule::log_dest, "log-dest", error, "logDest is no absolute path"},
    {LintRule::as_root, "as-root", warning, "asRoot has no effect outside a terminal"},
    {LintRule::build_flags_joined, "build-flags-joined", warning, "buildFlags whose parts are torn at their blanks"},
    {LintRule::overwritten_link, "overwritten-link", warning, "a link where tool updates overwrite it"},
    {LintRule::server_stream, "server-stream", error, "cpptools waits on stdout for what gdbserver says on stderr"},
    {LintRule::server_started, "server-started", warning, "the first line of gdbserver counts as ready"},
    {LintRule::server_environment, "server-environment", warning, "environment does not reach a debugServerPath"},
    {LintRule::wrong_type, "wrong-type", error, "a value of a kind the attribute does not take"},
    {LintRule::wrong_value, "wrong-value", error, "a word that is none of the attribute's values"},
    {LintRule::missing_attribute, "missing-attribute", error, "what the rest of the configuration cannot do without"},
    {LintRule::foreign_attribute, "foreign-attribute", warning, "another debugger's attribute, with the name it has here"},
    {LintRule::wrong_request, "wrong-request", warning, "a launch of what can only be attached to"},
    {LintRule::substitute_path, "substitute-path", error, "substitutePath that is no list of from and to"},
    {LintRule::build_strips, "build-strips", error, "the linker or the compiler is told to leave out the debug information"},
    {LintRule::build_trims, "build-trims", warning, "the build replaces the paths breakpoints are set by"},
    {LintRule::joined_flags, "joined-flags", error, "several words of dlvFlags or runArgs in one, which is taken for one flag"},
    {LintRule::test_flag, "test-flag", error, "a flag of go test that a test program does not know like that"},
    {LintRule::source_as_program, "source-as-program", error, "a source file in the place of the program built from it"},
    {LintRule::unknown_name, "unknown-name", warning, "a task or configuration of that name is not there"},
    {LintRule::not_built, "not-built", note, "the program is not there yet"},
});
// clang-format on

constexpr bool rows_follow_the_enum()
{
    for (std::size_t i = 0; i < kRules.size(); ++i)
        if (kRules[i].rule != static_cast<LintRule>(i))
            return false;
    return true;
}
static_assert(rows_follow_the_enum());
static_assert(kRules.size() == static_cast<std::size_t>(LintRule::not_built) + 1);

} // namespace

std::span<const RuleInfo> lint_rules()
{
    return kRules;
}

const RuleInfo &rule_info(LintRule rule)
{
    return kRules[static_cast<std::size_t>(rule)];
}

std::string_view severity_name(LintSeverity severity)
{
    return severity == error ? "error" : severity == warning ? "warning" : "note";
}

} // namespace dbgscope
