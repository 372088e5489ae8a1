// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/options.hpp"

// What most launches are given, read without CLI11: its tree is for help, completions and saying what is wrong, and was
// the largest part of what a launch computes itself.
namespace dbgscope {

/// Whether option_name(info) is "--" and `name`, without making it.
[[nodiscard]] bool is_name_of(std::string_view name, const KeyInfo &info);

/// Sets `info` to the values of one option: the items of all of them in a list, else the last. Errors: usage.
[[nodiscard]] Result<void> take_option(const KeyInfo &info, std::span<const std::string> texts, Settings &settings);

/// Reads words in the form of getopt_words() where each option is "--key=VALUE", or a flag that is there once. Nothing:
/// it takes the tree to read them, or to say why they cannot be.
[[nodiscard]] std::optional<ParsedOptions> read_plain_options(std::span<const std::string> words);

} // namespace dbgscope
