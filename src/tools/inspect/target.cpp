// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/target.hpp"

#include <charconv>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// "RssAnon:\t    1234 kB".
std::optional<std::uint64_t> status_bytes(std::string_view status, std::string_view field)
{
    const auto at = status.find(field);
    if (at == std::string_view::npos)
        return std::nullopt;
    const auto digits = status.find_first_not_of(" \t", at + field.size());
    std::uint64_t kib = 0;
    if (digits == std::string_view::npos ||
        std::from_chars(status.data() + digits, status.data() + status.size(), kib).ec != std::errc{})
        return std::nullopt;
    return kib * kKiB;
}

} // namespace

std::optional<std::uint64_t> anonymous_bytes_of(pid_t pid, const std::string &proc)
{
    const auto status = read_file(fmt::format("{}/{}/status", proc, pid));
    if (!status)
        return std::nullopt;
    const auto anonymous = status_bytes(*status, "\nRssAnon:");
    const auto shared = status_bytes(*status, "\nRssShmem:");
    return anonymous && shared ? std::optional(*anonymous + *shared) : std::nullopt;
}

Result<Target> open_process(pid_t pid, const std::string &proc)
{
    auto memory = open_process_memory(pid, proc);
    if (!memory)
        return pass(memory);
    auto program = Program::of_process(pid, proc);
    if (!program)
        return pass(program);
    return Target{.memory = std::move(*memory),
                  .program = std::move(*program),
                  .pid = pid,
                  .anonymous_bytes = anonymous_bytes_of(pid, proc)};
}

} // namespace dbgscope
