// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/session.hpp"
#include "text/json.hpp"

// A session's record as one line of JSON: live file, history, `dbgscope ps --json`.
//
//   a limit                      bytes, or "infinity"
//   text that is not UTF-8       {"escaped": "a\\xff"}: \xNN for each byte that is not UTF-8 and for the backslash
//   exit_status                  null when it is not known
namespace dbgscope {

[[nodiscard]] Json record_to_json(const SessionRecord &record);

/// One line without a newline, ASCII only. Never throws, whatever bytes the arguments hold.
[[nodiscard]] std::string record_line(const SessionRecord &record);

/// Lenient, for records of other versions: unknown keys are passed over, a missing or wrong value keeps its default.
/// Nothing: not a JSON object, or one without an id.
[[nodiscard]] std::optional<SessionRecord> record_from_json(std::string_view text);

} // namespace dbgscope
