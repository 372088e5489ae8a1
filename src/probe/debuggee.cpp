// SPDX-License-Identifier: Apache-2.0
#include "probe/debuggee.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "dbgscope/error.hpp"
#include "debugger/call.hpp"
#include "debugger/go_environment.hpp"
#include "probe/tools.hpp"
#include "sys/elf_sections.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kAlign = 16;
constexpr std::uint64_t kSearchBytes = 64 * kKiB; ///< of the data segment, when there is no section table
constexpr std::uint64_t kMaxVersionBytes = 1024;
constexpr std::uint64_t kMaxModuleBytes = kMiB;
constexpr std::uint64_t kLengthBytes = 5;
constexpr std::size_t kMarkerBytes = 16; ///< before and after the module text, for tools that search the memory image

struct BuildInfo {
    std::string version, modules;
};

/// An unsigned number of `width` bytes.
std::uint64_t read_number(std::string_view bytes, bool big)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[big ? i : bytes.size() - 1 - i]);
    return value;
}

/// Cuts a length off the front of `bytes` (LEB128, encoding/binary.Uvarint); nothing beyond 35 bits.
std::optional<std::uint64_t> cut_length(std::string_view &bytes)
{
    std::uint64_t length = 0;
    for (int shift = 0; !bytes.empty() && shift <= 28; shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        length |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80)
            return length;
    }
    return std::nullopt;
}

/// The module text between its markers: "path\tm\nmod\tm\t(devel)\nbuild\tDefaultGODEBUG=panicnil=1\n".
std::string strip_markers(std::string_view text)
{
    if (text.size() < 2 * kMarkerBytes + 1 || text[text.size() - kMarkerBytes - 1] != '\n')
        return {};
    return std::string(text.substr(kMarkerBytes, text.size() - 2 * kMarkerBytes));
}

/// Go 1.18 and later: both strings follow the header, each after its length.
Fact<BuildInfo> read_inline(const ElfFile &file, std::uint64_t at)
{
    const std::uint64_t strings_at = at + kHeaderBytes;
    const std::string start = file.read(strings_at, kMaxVersionBytes + 2 * kLengthBytes);
    std::string_view rest = start;
    const std::optional<std::uint64_t> version_length = cut_length(rest);
    if (!version_length || *version_length == 0 || *version_length > std::min(rest.size(), kMaxVersionBytes))
        return {Why::malformed, "the Go version in .go.buildinfo is damaged"};
    BuildInfo info{std::string(rest.substr(0, *version_length)), {}};
    rest.remove_prefix(*version_length);
    const std::optional<std::uint64_t> modules_length = cut_length(rest);
    if (modules_length && *modules_length <= kMaxModuleBytes)
        info.modules = strip_markers(file.read(strings_at + (start.size() - rest.size()), *modules_length));
    return info;
}

/// A Go string header: pointer and length, each `word` bytes.
Fact<std::string> read_go_string(const ElfFile &file, std::uint64_t address, std::size_t word, bool big,
                                 std::uint64_t limit)
{
    const Fact<std::string> header = file.read_address(address, 2 * word);
    if (!header)
        return header;
    const std::uint64_t length = read_number(std::string_view(*header).substr(word), big);
    if (length > limit)
        return {Why::malformed, "a string in .go.buildinfo is too long"};
    return file.read_address(read_number(std::string_view(*header).substr(0, word), big), length);
}

/// Go 1.13 to 1.17: the header has the addresses of two string variables.
Fact<BuildInfo> read_pointers(const ElfFile &file, std::string_view header, std::size_t word, bool big)
{
    if (word != 4 && word != 8)
        return {Why::malformed, "the pointer size in .go.buildinfo is damaged"};
    const std::uint64_t version_at = read_number(header.substr(16, word), big);
    const std::uint64_t modules_at = read_number(header.substr(16 + word, word), big);
    const Fact<std::string> version = read_go_string(file, version_at, word, big, kMaxVersionBytes);
    if (!version || version->empty())
        return {Why::malformed, version ? "the Go version in .go.buildinfo is empty" : version.detail()};
    BuildInfo info{*version, {}};
    if (const Fact<std::string> modules = read_go_string(file, modules_at, word, big, kMaxModuleBytes))
        info.modules = strip_markers(*modules);
    return info;
}

/// The header: 14 bytes of magic, pointer size, flags (1: big endian, 2: inline strings), 16 bytes of addresses.
Fact<BuildInfo> read_build_info(const ElfFile &file)
{
    Fact<FileRange> range = file.find_section(".go.buildinfo");
    if (!range)
        range = file.data_segment();
    if (!range)
        return {Why::absent, "no Go build information"};
    const std::string bytes = file.read(range->offset, std::min(range->size, kSearchBytes));
    for (std::size_t at = 0; at + kHeaderBytes <= bytes.size(); at += kAlign) {
        const std::string_view header = std::string_view(bytes).substr(at, kHeaderBytes);
        if (!header.starts_with(kMagic))
            continue;
        const auto word = static_cast<unsigned char>(header[14]);
        const auto flags = static_cast<unsigned char>(header[15]);
        if ((flags & 2U) != 0)
            return read_inline(file, range->offset + at);
        return read_pointers(file, header, word, (flags & 1U) != 0);
    }
    return {Why::absent, "no Go build information"};
}

/// The value of the line "build\tDefaultGODEBUG=panicnil=1,madvdontneed=0", or empty.
std::string find_default_godebug(std::string_view modules)
{
    constexpr std::string_view kKey = "build\tDefaultGODEBUG=";
    while (!modules.empty()) {
        const std::size_t end = std::min(modules.find('\n'), modules.size());
        const std::string_view line = modules.substr(0, end);
        if (line.starts_with(kKey))
            return std::string(line.substr(kKey.size()));
        modules.remove_prefix(std::min(end + 1, modules.size()));
    }
    return {};
}

Why why_of(int error_number)
{
    if (error_number == ENOENT || error_number == ENOTDIR)
        return Why::absent;
    return error_number == EACCES || error_number == EPERM ? Why::denied : Why::malformed;
}

} // namespace

std::string locate_debuggee(const DebuggerCall &call, std::string_view path_variable)
{
    if (!call.program || call.program->empty())
        return {};
    const std::string &name = *call.program;
    if (name.find('/') != std::string::npos || !searches_path(call.tool) || ::access(name.c_str(), F_OK) == 0)
        return name;
    const ToolFacts found = find_tool(name, path_variable, {}, std::nullopt);
    return found.path.value_or(name);
}

DebuggeeFacts read_debuggee(const std::string &path)
{
    DebuggeeFacts facts;
    facts.path = path;
    const auto unknown = [&facts](Why why, const std::string &detail) {
        if (!facts.size_bytes)
            facts.size_bytes = {why, detail};
        facts.go_version = {why, detail};
        facts.default_godebug = {why, detail};
        return facts;
    };
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    const Result<UniqueFd> fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd)
        return unknown(why_of(fd.error().error_number), to_line(fd.error()));
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0)
        return unknown(why_of(errno), to_line(errno_error(errno, "stat", path)));
    if (!S_ISREG(status.st_mode))
        return unknown(Why::malformed, path + " is not a regular file");
    facts.size_bytes = static_cast<std::uint64_t>(status.st_size);
    const Fact<ElfFile> file = ElfFile::open(fd->get(), *facts.size_bytes);
    if (!file)
        return unknown(file.why(), path + ": " + file.detail());
    const Fact<BuildInfo> info = read_build_info(*file);
    if (!info)
        return unknown(info.why(), path + ": " + info.detail());
    facts.is_go = true;
    facts.go_version = info->version;
    facts.default_godebug = find_default_godebug(info->modules);
    return facts;
}

DebuggeeFacts read_go_toolchain(std::string_view path_variable, std::string_view gotoolchain)
{
    const ToolFacts go = find_tool("go", path_variable, {}, std::nullopt);
    DebuggeeFacts facts;
    if (go.path) {
        facts = read_debuggee(*go.path);
    } else {
        facts.go_version = {go.path.why(), go.path.detail()};
    }
    // GOTOOLCHAIN=go1.22.3, go1.22.3+auto: that version, from Go 1.21 on.
    const std::string_view named = gotoolchain.substr(0, gotoolchain.find('+'));
    if (named.starts_with("go1") && facts.go_version && go_minor_version(*facts.go_version).value_or(0) >= 21)
        facts.go_version = std::string(named);
    // What is built does not exist yet.
    facts.path.clear();
    facts.size_bytes = {Why::absent, "not built yet"};
    facts.default_godebug = {Why::absent, "not built yet"};
    facts.is_go = true;
    facts.from_toolchain = true;
    return facts;
}

} // namespace dbgscope
