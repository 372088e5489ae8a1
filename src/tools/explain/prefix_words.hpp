// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

// What the readers of prefixes have in common, and those of names: services, pods, programs, CI jobs, debuggers.
namespace dbgscope {

inline constexpr std::size_t kMaxName = 128; // of a pod, a service, a job

[[nodiscard]] bool digit(char c);
/// Whether `text` begins like `shape`: 9 is a digit, a a letter, everything else itself.
[[nodiscard]] bool shaped(std::string_view text, std::string_view shape);
void skip_blanks(std::string_view &text);
/// The number in front; 0 when there is none.
double take_number(std::string_view &text);
/// The length of a run of letters, digits and what is in `also`, up to kMaxName; 0 where it has no letter.
[[nodiscard]] std::size_t name_length(std::string_view text, std::string_view also);
/// Behind a time: one level less, as loggers put it ("ERROR text"), or Loki's labels ({app="api"} text).
[[nodiscard]] bool take_level_word(std::string_view &text);
/// One name less, with what stands between it and the line; false when there is none in front.
[[nodiscard]] bool take_name(std::string_view &text);

} // namespace dbgscope
