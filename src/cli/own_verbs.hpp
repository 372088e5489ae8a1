// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "dbgscope/error.hpp"

namespace CLI {
class App;
} // namespace CLI

// Verbs that start no debugger and have options of their own, which may stand anywhere after the verb.
namespace dbgscope {

struct OwnVerb {
    std::string_view name;
    std::string_view form;    ///< "install-shims [DIR] [NAME...]"
    std::string_view summary; ///< one line of --help
    /// Names every option and operand with its help, by add_flag() and add_value().
    void (*declare)(CLI::App &app);
    Result<int> (*run)(const CLI::App &parsed, const Invocation &invocation);
};

/// In the order of --help. Completions and the check of the man pages are made from it.
[[nodiscard]] std::span<const OwnVerb> own_verbs();

/// CLI11 emits its whole class in every file that calls it, five seconds of compiler each: verbs call these instead.
/// How often an option or operand may be given.
enum class Times {
    once,
    required,
    again,         ///< one value each time
    list,          ///< an operand of any number of words
    required_list, ///< of at least one
};
void add_flag(CLI::App &app, const char *names, const char *help);
/// An option ("--with", "-o,--output") or operand ("FILE") that takes a value of a form shown as `type`.
void add_value(CLI::App &app, const char *names, const char *type, const char *help, Times times = Times::once);

[[nodiscard]] bool is_given(const CLI::App &parsed, const std::string &name);
/// The last value given; empty: none.
[[nodiscard]] std::string option_value(const CLI::App &parsed, const std::string &name);
[[nodiscard]] std::vector<std::string> option_values(const CLI::App &parsed, const std::string &name);

/// Parses the words after the verb, and runs it; `-h` and `--help` print its options. Errors: usage.
[[nodiscard]] Result<int> run_own_verb(const OwnVerb &verb, const std::vector<std::string> &words,
                                       const Invocation &invocation);

} // namespace dbgscope
