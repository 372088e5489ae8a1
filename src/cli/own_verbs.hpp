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
class Option;
} // namespace CLI

// Verbs that start no debugger and have options of their own, which may stand anywhere after the verb.
namespace dbgscope {

struct OwnVerb {
    std::string_view name;
    std::string_view form;    ///< "install-shims [DIR] [NAME...]"
    std::string_view summary; ///< one line of --help
    /// Names every option and positional with its help; keeps no storage: read them by App::count and Option::as.
    void (*declare)(CLI::App &app);
    Result<int> (*run)(const CLI::App &parsed, const Invocation &invocation);
};

/// In the order of --help. Completions and the check of the man pages are made from it.
[[nodiscard]] std::span<const OwnVerb> own_verbs();

/// An option that takes one value, to be read by option_value().
CLI::Option &add_value(CLI::App &app, const char *name, const char *type, const char *help);
/// The last value given to the option; empty: none.
[[nodiscard]] std::string option_value(const CLI::App &parsed, const std::string &name);

/// Parses the words after the verb, and runs it; `-h` and `--help` print its options. Errors: usage.
[[nodiscard]] Result<int> run_own_verb(const OwnVerb &verb, const std::vector<std::string> &words,
                                       const Invocation &invocation);

} // namespace dbgscope
