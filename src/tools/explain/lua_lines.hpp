// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/explain/explain_line.hpp"

// nvim-dap's own log: a line with a stamp and values by tabs, as Neovim's vim.inspect() writes them, over several lines
// where they are tables.
//
//   [DEBUG] 2026-11-30 00:22:17 dap/session.lua:1068<TAB>1<TAB>{
//     body = {
//       category = "stderr",
//       output = "could not launch process: …\n"
namespace dbgscope {

/// Takes the stamp off, and what wrote the entry; its clock is UTC (os.date("!…")). False: no entry begins here.
[[nodiscard]] bool take_nvim_stamp(std::string_view &text, Clock &clock);

/// What the line says: of an entry's first line each string, of a table's member named output, format, message or error
/// its own. Empty: neither.
[[nodiscard]] std::vector<std::string> lua_texts(std::string_view line);

} // namespace dbgscope
