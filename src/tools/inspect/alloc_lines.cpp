// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/alloc_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::seconds kPause{1};

/// "hog (pid 123)"
std::string who(const alloc_event &event)
{
    const std::string_view name(&event.name[0], ::strnlen(&event.name[0], sizeof event.name));
    return fmt::format("{} (pid {})", printable(name), event.pid);
}

const char *mappings(std::uint64_t count)
{
    return count == 1 ? "mapping" : "mappings";
}

std::string span(std::uint64_t ns)
{
    using std::chrono::milliseconds;
    return format_time_span(std::chrono::round<milliseconds>(std::chrono::nanoseconds(ns)));
}

} // namespace

void AllocLines::note(const alloc_event &event)
{
    switch (event.kind) {
    case ALLOC_VICTIM:
        if (victim_)
            ++more_victims_;
        else
            victim_ = event;
        break;
    case ALLOC_STALL:
        if (!stall_ || event.stall_ns > stall_->stall_ns)
            stall_ = event;
        break;
    case ALLOC_MAPPING:
        if (!mapping_ || event.bytes > mapping_->bytes)
            mapping_ = event;
        break;
    default: break;
    }
}

void AllocLines::note(const KernelMemory &memory)
{
    kernel_from_ = std::min(kernel_from_.value_or(memory.bytes), memory.bytes);
    if (asked_.kernel_memory_bytes != 0 && memory.bytes - *kernel_from_ >= asked_.kernel_memory_bytes)
        kernel_ = memory;
    else if (kernel_ && memory.bytes < kernel_->bytes)
        kernel_.reset(); // gone before it could be told
}

bool AllocLines::pending() const
{
    return victim_ || kernel_ || stall_ || mapping_ || totals_.mappings != mapping_told_.mappings;
}

std::optional<AllocLines::Time> AllocLines::due() const
{
    return quiet_until_;
}

std::optional<std::string> AllocLines::next(Time now)
{
    if (quiet_until_ && now < *quiet_until_)
        return std::nullopt;
    quiet_until_.reset();
    if (!pending())
        return std::nullopt;
    quiet_until_ = now + kPause;
    return victim_ ? victim_line() : kernel_ ? kernel_line() : stall_ ? stall_line() : mapping_line();
}

std::string AllocLines::victim_line()
{
    std::string line = fmt::format("the kernel has ended {} for memory: {} of its own, {} of files and shared",
                                   who(*victim_), format_bytes(victim_->bytes), format_bytes(victim_->file_bytes));
    if (more_victims_ != 0)
        line += fmt::format("; and {} more", more_victims_);
    victim_.reset();
    more_victims_ = 0;
    return line;
}

std::string AllocLines::kernel_line()
{
    std::string line = fmt::format("the kernel's own memory for the debuggee has grown by {} to {}",
                                   format_bytes(kernel_->bytes - *kernel_from_), format_bytes(kernel_->bytes));
    if (!kernel_->largest.empty())
        line += fmt::format(", {} of it {}", format_bytes(kernel_->largest_bytes), kernel_->largest);
    kernel_from_ = kernel_->bytes;
    kernel_.reset();
    return line;
}

std::string AllocLines::stall_line()
{
    std::string line = fmt::format("the debuggee's threads have waited {} within {} for memory to be reclaimed",
                                   span(stall_->stall_ns), span(stall_->span_ns));
    if (totals_.reclaims != 0)
        line += fmt::format("; so far {}, in {} reclaims", span(totals_.stall_ns), totals_.reclaims);
    stall_.reset();
    return line;
}

std::string AllocLines::mapping_line()
{
    const std::uint64_t all = std::max<std::uint64_t>(totals_.mappings - mapping_told_.mappings, mapping_ ? 1 : 0);
    const std::string sum = format_bytes(totals_.mapped_bytes - mapping_told_.mapped_bytes);
    std::string line =
        !mapping_ ? fmt::format("the debuggee has made {} more {} of {} or more, {} together", all, mappings(all),
                                format_bytes(asked_.large_mapping_bytes), sum)
                  : fmt::format("{} has mapped {} of memory at once", who(*mapping_), format_bytes(mapping_->bytes));
    if (mapping_ && all > 1)
        line += fmt::format("; and {} more such {}, {} in all", all - 1, mappings(all - 1), sum);
    mapping_told_ = totals_;
    mapping_.reset();
    return line;
}

} // namespace dbgscope
