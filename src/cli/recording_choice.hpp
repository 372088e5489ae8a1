// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

namespace dbgscope {

/// The file of a recording: a path (it exists, or has a "/"), the name of a session that runs or has ended or its first
/// letters, or nothing: of the newest session that runs, else of the one that ended last. `last`: of the one that ended
/// last. Errors: not_found, usage (several begin so).
[[nodiscard]] Result<std::string> chosen_recording(std::string_view word, bool last);

/// The log of the debug protocol that `--dap-log` kept: a path, the name of a session or its first letters, or nothing:
/// of the newest session that has one. Errors: as chosen_recording().
[[nodiscard]] Result<std::string> chosen_dap_log(std::string_view word);

} // namespace dbgscope
