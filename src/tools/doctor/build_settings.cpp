// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/build_settings.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "kernel/parse.hpp"
#include "kernel/reader.hpp"
#include "sys/elf_sections.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kMaxStringsBytes = 3 * kMiB;
constexpr std::uint64_t kMaxBuildInfoBytes = kMiB;

std::string section(const ElfFile &file, std::string_view name, std::uint64_t limit)
{
    const auto range = file.find_section(name);
    return range ? file.read(range->offset, std::min(range->size, limit)) : std::string();
}

/// The strings of .debug_str that begin as GCC names itself. A compressed section shows none.
std::vector<std::string> producers(std::string_view strings)
{
    std::vector<std::string> found;
    while (!strings.empty()) {
        const std::size_t end = std::min(strings.find('\0'), strings.size());
        const std::string_view one = strings.substr(0, end);
        if (one.starts_with("GNU C") && std::ranges::find(found, one) == found.end())
            found.emplace_back(one);
        strings.remove_prefix(std::min(end + 1, strings.size()));
    }
    return found;
}

/// Go 1.18 and later keep the module text as it is: "path\tm\nmod\tm\t(devel)\nbuild\t-trimpath=true\n".
std::vector<std::string> module_lines(std::string_view info)
{
    std::vector<std::string> lines;
    while (!info.empty()) {
        const std::string_view line = next_line(info);
        if (line.starts_with("build\t") || line.starts_with("mod\t"))
            lines.emplace_back(line);
    }
    return lines;
}

} // namespace

// build	-gcflags="all=-N -l"        (quoted where it has blanks, since Go 1.19; before that bare)
std::string_view BuildSettings::go_setting(std::string_view name) const
{
    for (std::string_view line : go_lines) {
        if (!line.starts_with("build\t") || !line.substr(6).starts_with(name) ||
            !line.substr(6 + name.size()).starts_with('='))
            continue;
        line.remove_prefix(7 + name.size());
        const bool quoted = line.size() > 1 && line.front() == '"' && line.back() == '"';
        return quoted ? line.substr(1, line.size() - 2) : line;
    }
    return {};
}

Fact<BuildSettings> read_build_settings(const std::string &path)
{
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const Result<UniqueFd> fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd)
        return {why_of(fd.error().error_number), to_line(fd.error())};
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode))
        return {Why::malformed, path + " is not a regular file"};
    const auto file = ElfFile::open(fd->get(), static_cast<std::uint64_t>(status.st_size));
    if (!file)
        return {file.why(), path + ": " + file.detail()};
    BuildSettings settings;
    settings.debug_info = file->find_section(".debug_info").known() || file->find_section(".zdebug_info").known();
    settings.symbols = file->find_section(".symtab").known();
    settings.separate_debug = section(*file, ".gnu_debuglink", 4096).c_str(); // ends at its NUL; a checksum follows
    settings.c_producers = producers(section(*file, ".debug_str", kMaxStringsBytes));
    settings.go_lines = module_lines(section(*file, ".go.buildinfo", kMaxBuildInfoBytes));
    return settings;
}

} // namespace dbgscope
