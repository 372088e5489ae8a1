// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"

// Facts as JSON: `dbgscope status --json` writes it, `--facts FILE` plans from it. Schema 1.
//
//   a known fact      its value: 536870912, "252", {"some": {…}, "full": {…}}
//   an unknown fact   {"unknown": "absent", "detail": "read /sys/…: No such file or directory"}
//   a limit           bytes, or "infinity"
//   a name that is    {"escaped": "/a\\xff"}: \xNN for each byte that is not UTF-8 and for the backslash
//   not UTF-8
namespace dbgscope {

/// Indented by two, ASCII only (no control or bidi character reaches a terminal), with a final newline.
[[nodiscard]] std::string facts_json_text(const Facts &facts);

/// The exact inverse. A key that is missing keeps its default (an unknown fact); an unknown key is an error.
/// Errors: config; the subject is "line 3, column 8" for text that is not JSON, else the JSON pointer (RFC 6901).
[[nodiscard]] Result<Facts> facts_from_json(std::string_view text);

} // namespace dbgscope
