// SPDX-License-Identifier: Apache-2.0
#include "session/usage.hpp"

#include <algorithm>

#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

std::optional<std::uint64_t> read_number(int directory, const char *file)
{
    const auto text = read_at(directory, file);
    std::uint64_t number = 0;
    if (!text || !parse_number(*text, number))
        return std::nullopt;
    return number;
}

std::optional<Limit> read_limit(int directory, const char *file)
{
    const auto text = read_at(directory, file);
    Limit limit;
    if (!text || !parse_limit(*text, limit))
        return std::nullopt;
    return limit;
}

constexpr const char *kV1Swap = "memory.memsw.limit_in_bytes";

const char *limit_file(const SessionRecord &record)
{
    return record.place.version == 1 ? "memory.limit_in_bytes" : "memory.max";
}

Usage read_v1(int directory, const SessionRecord &record)
{
    Usage usage;
    usage.current_bytes = read_number(directory, "memory.usage_in_bytes");
    usage.peak_bytes = read_number(directory, "memory.max_usage_in_bytes");
    usage.swap_limit = read_limit(directory, kV1Swap);
    usage.cap = usage.memory_limit = read_limit(directory, limit_file(record));
    if (record.fuse.finite() && usage.cap)
        usage.cap = std::max(*usage.cap, record.cap);
    return usage;
}

Usage read_v2(int directory, const SessionRecord &record)
{
    Usage usage;
    usage.current_bytes = read_number(directory, "memory.current");
    usage.peak_bytes = read_number(directory, "memory.peak"); // since 5.19
    usage.cap = read_limit(directory, limit_file(record));
    usage.high = read_limit(directory, "memory.high");
    // populated 1\nfrozen 0\n
    const auto events = read_at(directory, "cgroup.events");
    usage.frozen = events && events->find("frozen 1") != std::string::npos;
    return usage;
}

} // namespace

std::optional<std::uint64_t> Usage::kept_bytes() const
{
    if (!current_bytes)
        return std::nullopt;
    return *current_bytes - std::min(file_bytes.value_or(0), *current_bytes);
}

Usage read_usage(const SessionRecord &record)
{
    const auto directory = open_directory(record.place.capped());
    if (!directory)
        return {};
    const bool v1 = record.place.version == 1;
    Usage usage = v1 ? read_v1(directory->get(), record) : read_v2(directory->get(), record);
    if (const auto scope = open_directory(record.place.scope)) {
        usage.scope_limit = read_limit(scope->get(), limit_file(record));
        usage.scope_swap_limit = v1 ? read_limit(scope->get(), kV1Swap) : std::nullopt;
    }
    if (const auto stat = read_at(directory->get(), "memory.stat"))
        usage.file_bytes = droppable_bytes(*stat, record.place.version);
    if (usage.peak_bytes || record.debuggee_peak_bytes != 0)
        usage.peak_bytes = std::max(usage.peak_bytes.value_or(0), record.debuggee_peak_bytes);
    return usage;
}

std::optional<std::uint64_t> droppable_bytes(std::string_view memory_stat, int version)
{
    std::optional<std::uint64_t> sum;
    while (!memory_stat.empty()) {
        // inactive_file 1929216
        std::string_view line = next_line(memory_stat);
        if (version == 1) {
            if (!line.starts_with("total_"))
                continue;
            line.remove_prefix(6);
        }
        const auto space = line.find(' ');
        const std::string_view key = line.substr(0, space);
        std::uint64_t bytes = 0;
        if ((key == "active_file" || key == "inactive_file" || key == "slab_reclaimable") &&
            space != std::string_view::npos && parse_number(line.substr(space + 1), bytes))
            sum = sum.value_or(0) + bytes;
    }
    return sum;
}

} // namespace dbgscope
