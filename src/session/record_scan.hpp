// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "dbgscope/session.hpp"

namespace dbgscope {

/// As record_from_json(), of a line that record_line() of this version has written, or of one with fewer members, in a
/// quarter of the time. Nothing where it is written otherwise, has members that are not known here, or is no record:
/// record_from_json() has the last word.
[[nodiscard]] std::optional<SessionRecord> scan_record(std::string_view line);

} // namespace dbgscope
