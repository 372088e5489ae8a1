// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// What can stand on a command line of dbgscope, read from the option tree, for the completion scripts.
namespace dbgscope {

/// What a shell offers in a place.
enum class Offer { nothing, words, files, directories, users, groups, commands, profiles, sessions };

struct OptionEntry {
    std::vector<std::string> names; ///< "-q", "--quiet": short ones first
    std::string help;               ///< one line
    std::string metavar;            ///< "SIZE"
    bool takes_value = false;
    bool repeats = false; ///< each use adds to the others
    bool hidden = false;  ///< the --no-x of a flag: offered only to who has begun to type it
    Offer offer = Offer::nothing;
    std::vector<std::string> words; ///< with Offer::words
};

/// A word that is no option, and may follow `after`: the verb, or another operand; "": whatever the others do not
/// follow.
struct OperandEntry {
    std::string after;
    Offer offer = Offer::nothing;
    std::vector<std::string> words;
};

struct VerbEntry {
    enum class Kind {
        tool,    ///< what follows belongs to the debugger of that name
        run,     ///< common options, then a command and what belongs to it
        builtin, ///< common options may stand after it too
        own,     ///< only `options`
    };
    std::string name, help;
    Kind kind = Kind::builtin;
    std::vector<OptionEntry> options; ///< own: all it has; builtin: what it has beside the common ones
    std::vector<OperandEntry> operands;
};

/// The options that may stand before every verb.
[[nodiscard]] std::vector<OptionEntry> common_options();

/// Every verb, in the order of --help.
[[nodiscard]] std::vector<VerbEntry> verb_entries();

} // namespace dbgscope
