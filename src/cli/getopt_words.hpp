// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"

// getopt_long(3)'s rules, which callers of systemd-run rely on and CLI11 has not: an empty value is a value.
namespace dbgscope {

struct GetoptOption {
    std::string name; ///< "--description"
    char letter = 0;  ///< 'p' of "-p"; 0: none
    bool takes_value = false;
    std::string_view otherwise = {}; ///< the value of the bare word, where one need not be given; else it is required
};

enum class Abbreviations : bool { refused, accepted };

/// The words with every option before the first other word (or "--") in one unambiguous form: "--name=VALUE", or
/// "--name" and "" where the value is empty, clusters of letters taken apart. Options that `known` does not have stay
/// as they are, and so does everything from the first other word on. With abbreviations an unambiguous beginning of a
/// long name is that name. Errors: usage (an ambiguous one; the cause lists them).
[[nodiscard]] Result<std::vector<std::string>>
getopt_words(std::span<const std::string> words, std::span<const GetoptOption> known, Abbreviations abbreviations);

} // namespace dbgscope
