// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/json.hpp"

namespace dbgscope {

/// A table over several lines at the front of `text`, as Neovim's vim.inspect() writes one: "{\n  command = …".
[[nodiscard]] bool opens_lua_table(std::string_view text);

/// That table as JSON, and how long it is. What has no like in JSON (functions, vim.NIL) is null; an empty table is an
/// array. Nothing: damaged, nested deeper than 64, or not at its end within a mebibyte.
[[nodiscard]] std::optional<Json> read_lua_table(std::string_view text, std::size_t &length);

} // namespace dbgscope
