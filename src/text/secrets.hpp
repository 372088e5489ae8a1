// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// Command lines are shown where others than their user may read them: a shared screen, a bug report, the journal.
namespace dbgscope {

/// One word without what is likely to be a secret: "-token=…", "PASSWORD=…", "https://user:…@host/". `before` is the
/// word before it: "--password" wants one.
[[nodiscard]] std::string without_secret(std::string_view word, std::string_view before = {});

/// All words of a command line.
[[nodiscard]] std::vector<std::string> without_secrets(const std::vector<std::string> &words);

} // namespace dbgscope
