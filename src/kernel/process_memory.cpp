// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_memory.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kUnit = " kB";

/// "RssAnon:\t  491804 kB"
std::optional<std::uint64_t> kib_of(std::string_view status, std::string_view name)
{
    auto value = status_value(status, name);
    std::uint64_t number = 0;
    if (!value || !value->ends_with(kUnit))
        return std::nullopt;
    value->remove_suffix(kUnit.size());
    const auto text = value->substr(std::min(value->find_first_not_of(' '), value->size()));
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return code == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> parse_own_memory(std::string_view status)
{
    const auto anonymous = kib_of(status, "RssAnon");
    if (!anonymous)
        return std::nullopt;
    return (*anonymous + kib_of(status, "RssShmem").value_or(0) + kib_of(status, "VmSwap").value_or(0)) * 1024;
}

std::optional<std::uint64_t> own_memory_of(pid_t pid, const std::string &proc)
{
    const auto status = read_file(proc + '/' + std::to_string(pid) + "/status");
    return status ? parse_own_memory(*status) : std::nullopt;
}

std::optional<std::uint64_t> parse_mapped_data(std::string_view status)
{
    const auto kib = kib_of(status, "VmData");
    return kib ? std::optional(*kib * 1024) : std::nullopt;
}

std::optional<std::uint64_t> mapped_data_of(pid_t pid, const std::string &proc)
{
    const auto status = read_file(proc + '/' + std::to_string(pid) + "/status");
    return status ? parse_mapped_data(*status) : std::nullopt;
}

} // namespace dbgscope
