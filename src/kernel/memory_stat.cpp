// SPDX-License-Identifier: Apache-2.0
#include "kernel/memory_stat.hpp"

namespace dbgscope {

std::optional<KeyValue> next_stat(std::string_view &text, int version)
{
    // v2: "anon 126353408\nfile 0\nkernel 1404928\n…"; v1: "…\ntotal_cache 1835008\ntotal_rss 1744896\n…"
    constexpr std::string_view kTotal = "total_";
    while (!text.empty()) {
        std::string_view line = next_line(text);
        if (version == 1) {
            if (!line.starts_with(kTotal))
                continue;
            line.remove_prefix(kTotal.size());
        }
        auto pair = parse_key_value(line);
        if (pair && version == 1 && pair->key == "rss")
            pair->key = "anon";
        if (pair)
            return pair;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> stat_of(std::string_view text, std::string_view key, int version)
{
    while (const auto pair = next_stat(text, version))
        if (pair->key == key)
            return pair->value;
    return std::nullopt;
}

std::optional<std::uint64_t> droppable_bytes(std::string_view text, int version)
{
    std::optional<std::uint64_t> sum;
    while (const auto pair = next_stat(text, version))
        if (pair->key == "active_file" || pair->key == "inactive_file" || pair->key == "slab_reclaimable")
            sum = sum.value_or(0) + pair->value;
    return sum;
}

} // namespace dbgscope
