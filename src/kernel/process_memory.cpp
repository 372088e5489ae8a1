// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_memory.hpp"

#include <algorithm>
#include <charconv>

#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
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

Result<std::string> status_of(pid_t pid, const std::string &proc)
{
    return read_file(process_file(pid, ProcessFile::status, proc));
}

} // namespace

std::optional<std::uint64_t> parse_resident_memory(std::string_view status)
{
    const auto anonymous = kib_of(status, "RssAnon");
    return anonymous ? std::optional((*anonymous + kib_of(status, "RssShmem").value_or(0)) * 1024) : std::nullopt;
}

std::optional<std::uint64_t> resident_memory_of(pid_t pid, const std::string &proc)
{
    const auto status = status_of(pid, proc);
    return status ? parse_resident_memory(*status) : std::nullopt;
}

std::optional<std::uint64_t> parse_own_memory(std::string_view status)
{
    const auto resident = parse_resident_memory(status);
    return resident ? std::optional(*resident + kib_of(status, "VmSwap").value_or(0) * 1024) : std::nullopt;
}

std::optional<std::uint64_t> own_memory_of(pid_t pid, const std::string &proc)
{
    const auto status = status_of(pid, proc);
    return status ? parse_own_memory(*status) : std::nullopt;
}

std::optional<std::uint64_t> parse_mapped_data(std::string_view status)
{
    const auto kib = kib_of(status, "VmData");
    return kib ? std::optional(*kib * 1024) : std::nullopt;
}

std::optional<std::uint64_t> mapped_data_of(pid_t pid, const std::string &proc)
{
    const auto status = status_of(pid, proc);
    return status ? parse_mapped_data(*status) : std::nullopt;
}

bool parse_may_have_huge_pages(std::string_view status)
{
    return status_value(status, "THP_enabled") != "0";
}

bool may_have_huge_pages(pid_t pid, const std::string &proc)
{
    const auto status = status_of(pid, proc);
    return !status || parse_may_have_huge_pages(*status);
}

std::uint64_t resident_pages_of(pid_t pid, const std::string &proc)
{
    // "2189 412 350 30 0 190 0\n"
    const auto text = read_file(process_file(pid, ProcessFile::page_counts, proc), 256);
    const auto blank = text ? text->find(' ') : std::string::npos;
    std::uint64_t pages = 0;
    if (blank != std::string::npos)
        (void)std::from_chars(text->data() + blank + 1, text->data() + text->size(), pages);
    return pages;
}

} // namespace dbgscope
