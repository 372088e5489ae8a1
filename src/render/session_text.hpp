// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbgscope/bytes.hpp"

namespace dbgscope {

/// One line of `dbgscope ps`.
struct SessionRow {
    std::string id, debugger, state; ///< debugger: "dlv 4711"
    std::optional<std::int64_t> age_s;
    std::optional<std::uint64_t> used_bytes, peak_bytes; ///< of the debuggee; without a split of the whole scope
    Limit cap;
    std::vector<std::string> command;
};

/// A header and one line per session, columns aligned; "-" for what is not known. `width`: lines are cut there (a
/// terminal); 0: never. Control characters of names are escaped.
[[nodiscard]] std::string session_table(const std::vector<SessionRow> &rows, std::size_t width);

/// "45s", "12min", "3h 5min", "2d 4h".
[[nodiscard]] std::string age_text(std::int64_t seconds);

/// The words as a shell would take them: those with anything but letters, digits and %+,-./:=@_ in single quotes;
/// without secrets (text/secrets.hpp).
[[nodiscard]] std::string command_text(const std::vector<std::string> &words);

} // namespace dbgscope
