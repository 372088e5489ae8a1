// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/profile.hpp"

namespace CLI {
class Option;
}

namespace dbgscope {

/// What may stand before the verb, or between `run` and its command.
struct ParsedOptions {
    Settings settings; ///< layer `option`
    bool help = false;
    bool version = false;
    bool dry_run = false;
    bool json = false;
    bool scope = false;            ///< --scope, as systemd-run wants it: a scope is all we make
    bool as_systemd_run = false;   ///< called by that name
    std::string called;            ///< the debugger, as it was called: Request::called
    bool all = false;              ///< stop: every session
    std::string port;              ///< stop: the session that listens there; empty: not given
    std::string facts_file;        ///< --facts FILE; empty: probe this machine
    std::vector<std::string> rest; ///< from the first word that is no option, byte for byte
};

/// Reads options until the first other word or `--` (which is dropped). Errors: usage, with a suggestion; `source` is
/// what they call the place the words came from.
[[nodiscard]] Result<ParsedOptions> parse_options(std::span<const std::string> arguments,
                                                  std::string_view source = "the command line");

/// The same of words in the form of getopt_words(), by CLI11: what parse_options() does where there is more to them
/// than keys and their values.
[[nodiscard]] Result<ParsedOptions> parse_with_tree(std::span<const std::string> words, std::string_view source);

/// The options as --help shows them, one per line, grouped.
[[nodiscard]] std::string options_help();

/// Every option, in the order of --help; those that --help leaves out have no group.
void for_each_option(const std::function<void(const CLI::Option &)> &take);

} // namespace dbgscope
