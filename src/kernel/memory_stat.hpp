// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/parse.hpp"

// memory.stat, with v2's keys in both versions: "anon", "shmem", "active_file". Of v1 the total_ lines, which count
// children too as v2's do; its "total_rss" is "anon".
namespace dbgscope {

/// Takes lines from the front of `text` until one is understood; nothing at the end.
[[nodiscard]] std::optional<KeyValue> next_stat(std::string_view &text, int version);

/// Nothing when there is no such line, or no number in it.
[[nodiscard]] std::optional<std::uint64_t> stat_of(std::string_view text, std::string_view key, int version);

/// What the kernel can drop at once: active_file + inactive_file + slab_reclaimable (v1 has no slab). Shared memory and
/// memfd count as anonymous in both. Nothing when the text has none of them.
[[nodiscard]] std::optional<std::uint64_t> droppable_bytes(std::string_view text, int version);

} // namespace dbgscope
