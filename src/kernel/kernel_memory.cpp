// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_memory.hpp"

#include <algorithm>
#include <array>

#include "kernel/memory_stat.hpp"

namespace dbgscope {
namespace {

struct Part {
    std::string_view key, words;
};
constexpr std::array kParts{Part{"slab", "slab (open files, sockets, directory entries)"},
                            Part{"pagetables", "page tables"}, Part{"kernel_stack", "stacks of threads"},
                            Part{"percpu", "per processor"}};

} // namespace

KernelMemory kernel_memory_of(std::string_view stat)
{
    constexpr int kVersion = 2;
    KernelMemory memory;
    std::uint64_t sum = 0;
    std::optional<std::uint64_t> whole;
    while (const auto pair = next_stat(stat, kVersion)) {
        if (pair->key == "kernel")
            whole = pair->value;
        const auto *const part = std::ranges::find(kParts, pair->key, &Part::key);
        if (part == kParts.end())
            continue;
        sum += pair->value;
        if (pair->value > memory.largest_bytes) {
            memory.largest = part->words;
            memory.largest_bytes = pair->value;
        }
    }
    memory.bytes = whole.value_or(sum);
    // What the kernel takes as whole pages stands in the sum alone.
    if (whole && *whole > sum && *whole - sum > memory.largest_bytes) {
        memory.largest = "pages (such as the buffers of pipes)";
        memory.largest_bytes = *whole - sum;
    }
    return memory;
}

std::optional<KernelMemory> read_kernel_memory(const Cgroup &cgroup)
{
    if (has_file(CgroupFile::kernel_usage, cgroup.version())) {
        const auto bytes = cgroup.read_number(CgroupFile::kernel_usage);
        return bytes ? std::optional(KernelMemory{.bytes = *bytes, .largest = {}}) : std::nullopt;
    }
    const auto text = cgroup.read(CgroupFile::stat);
    return text ? std::optional(kernel_memory_of(*text)) : std::nullopt;
}

} // namespace dbgscope
