// SPDX-License-Identifier: Apache-2.0
#include "sys/elf_sections.hpp"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxSections = 8192;
constexpr std::size_t kMaxSegments = 1024;
constexpr std::uint64_t kMaxNamesBytes = 1024 * 1024;

// Offsets of the header fields; the two classes order and size them differently.
struct HeaderLayout {
    std::size_t size, program_table, section_table,
        program_entry; ///< then, 2 bytes each: count, section entry, count, names
    std::size_t word;
};
constexpr HeaderLayout kHeader32{sizeof(Elf32_Ehdr), offsetof(Elf32_Ehdr, e_phoff), offsetof(Elf32_Ehdr, e_shoff),
                                 offsetof(Elf32_Ehdr, e_phentsize), 4};
constexpr HeaderLayout kHeader64{sizeof(Elf64_Ehdr), offsetof(Elf64_Ehdr, e_phoff), offsetof(Elf64_Ehdr, e_shoff),
                                 offsetof(Elf64_Ehdr, e_phentsize), 8};

struct SegmentLayout {
    std::size_t size, flags, offset, address, file_size, word;
};
constexpr SegmentLayout kSegment32{sizeof(Elf32_Phdr),
                                   offsetof(Elf32_Phdr, p_flags),
                                   offsetof(Elf32_Phdr, p_offset),
                                   offsetof(Elf32_Phdr, p_vaddr),
                                   offsetof(Elf32_Phdr, p_filesz),
                                   4};
constexpr SegmentLayout kSegment64{sizeof(Elf64_Phdr),
                                   offsetof(Elf64_Phdr, p_flags),
                                   offsetof(Elf64_Phdr, p_offset),
                                   offsetof(Elf64_Phdr, p_vaddr),
                                   offsetof(Elf64_Phdr, p_filesz),
                                   8};

struct SectionLayout {
    std::size_t size, type, offset, length, link, word;
};
constexpr SectionLayout kSection32{sizeof(Elf32_Shdr),
                                   offsetof(Elf32_Shdr, sh_type),
                                   offsetof(Elf32_Shdr, sh_offset),
                                   offsetof(Elf32_Shdr, sh_size),
                                   offsetof(Elf32_Shdr, sh_link),
                                   4};
constexpr SectionLayout kSection64{sizeof(Elf64_Shdr),
                                   offsetof(Elf64_Shdr, sh_type),
                                   offsetof(Elf64_Shdr, sh_offset),
                                   offsetof(Elf64_Shdr, sh_size),
                                   offsetof(Elf64_Shdr, sh_link),
                                   8};

} // namespace

Fact<ElfFile> ElfFile::open(int fd, std::uint64_t file_size)
{
    ElfFile file(fd, file_size);
    const std::string header = file.read(0, sizeof(Elf64_Ehdr));
    if (!header.starts_with("\x7f"
                            "ELF"))
        return {Why::malformed, header.starts_with("#!") ? "a script, not an ELF file" : "not an ELF file"};
    if (header.size() < sizeof(Elf32_Ehdr))
        return {Why::malformed, "the ELF header is cut off"};
    const auto elf_class = static_cast<unsigned char>(header[EI_CLASS]);
    const auto elf_data = static_cast<unsigned char>(header[EI_DATA]);
    if ((elf_class != ELFCLASS32 && elf_class != ELFCLASS64) || (elf_data != ELFDATA2LSB && elf_data != ELFDATA2MSB))
        return {Why::malformed, "an ELF file of unknown class or byte order"};
    file.wide_ = elf_class == ELFCLASS64;
    file.big_ = elf_data == ELFDATA2MSB;
    if (!file.read_segments(header))
        return {Why::malformed, "the ELF program header table is damaged"};
    return file;
}

std::uint64_t ElfFile::number(std::string_view bytes, std::size_t at, std::size_t width) const
{
    if (at > bytes.size() || width > bytes.size() - at)
        return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const std::size_t from = big_ ? at + i : at + width - 1 - i;
        value = value << 8 | static_cast<unsigned char>(bytes[from]);
    }
    return value;
}

bool ElfFile::read_segments(std::string_view header)
{
    const HeaderLayout &layout = wide_ ? kHeader64 : kHeader32;
    if (header.size() < layout.size)
        return false;
    const std::uint64_t table = number(header, layout.program_table, layout.word);
    const auto entry = static_cast<std::size_t>(number(header, layout.program_entry, 2));
    const auto count = static_cast<std::size_t>(number(header, layout.program_entry + 2, 2));
    // e_type, e_machine and e_version come before it, in either class.
    position_independent_ = number(header, offsetof(Elf64_Ehdr, e_type), 2) == ET_DYN;
    entry_ = number(header, offsetof(Elf64_Ehdr, e_entry), layout.word);
    section_table_ = number(header, layout.section_table, layout.word);
    section_size_ = static_cast<std::size_t>(number(header, layout.program_entry + 4, 2));
    section_count_ = static_cast<std::size_t>(number(header, layout.program_entry + 6, 2));
    name_section_ = static_cast<std::size_t>(number(header, layout.program_entry + 8, 2));
    if (count == 0)
        return true;
    const SegmentLayout &row = wide_ ? kSegment64 : kSegment32;
    if (entry != row.size || count > kMaxSegments)
        return false;
    const std::string bytes = read(table, count * entry);
    if (bytes.size() != count * entry)
        return false;
    segments_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string_view one = std::string_view(bytes).substr(i * entry, entry);
        const FileRange range = clipped(number(one, row.offset, row.word), number(one, row.file_size, row.word));
        segments_.push_back({static_cast<std::uint32_t>(number(one, 0, 4)),
                             static_cast<std::uint32_t>(number(one, row.flags, 4)), range.offset,
                             number(one, row.address, row.word), range.size});
    }
    return true;
}

FileRange ElfFile::clipped(std::uint64_t offset, std::uint64_t size) const
{
    if (offset >= file_size_)
        return {};
    return {offset, std::min(size, file_size_ - offset)};
}

Fact<FileRange> ElfFile::find_section(std::string_view name) const
{
    if (section_table_ == 0)
        return {Why::absent, "no section table"};
    const SectionLayout &row = wide_ ? kSection64 : kSection32;
    std::size_t count = section_count_;
    std::size_t names_index = name_section_;
    if (section_size_ != row.size)
        return {Why::malformed, "the ELF section table is damaged"};
    if (count == 0 || names_index == SHN_XINDEX) { // too large for the header: section 0 carries them
        const std::string first = read(section_table_, row.size);
        count = count == 0 ? static_cast<std::size_t>(number(first, row.length, row.word)) : count;
        names_index = names_index == SHN_XINDEX ? static_cast<std::size_t>(number(first, row.link, 4)) : names_index;
    }
    if (count > kMaxSections || names_index >= count)
        return {Why::malformed, "the ELF section table is damaged"};
    const std::string table = read(section_table_, count * row.size);
    if (table.size() != count * row.size)
        return {Why::malformed, "the ELF section table lies outside the file"};
    const auto section = [&](std::size_t index) { return std::string_view(table).substr(index * row.size, row.size); };
    const FileRange names =
        clipped(number(section(names_index), row.offset, row.word), number(section(names_index), row.length, row.word));
    const std::string strings = read(names.offset, std::min(names.size, kMaxNamesBytes));
    for (std::size_t i = 0; i < count; ++i) {
        const std::string_view one = section(i);
        const auto at = static_cast<std::size_t>(number(one, 0, 4));
        if (at >= strings.size() || strings.size() - at <= name.size() || strings[at + name.size()] != '\0' ||
            std::string_view(strings).substr(at, name.size()) != name || number(one, row.type, 4) == SHT_NOBITS)
            continue;
        return clipped(number(one, row.offset, row.word), number(one, row.length, row.word));
    }
    return {Why::absent, "no section " + std::string(name)};
}

Fact<FileRange> ElfFile::data_segment() const
{
    for (const Segment &segment : segments_)
        if (segment.type == PT_LOAD && (segment.flags & (PF_X | PF_W)) == PF_W && segment.file_size > 0)
            return FileRange{segment.offset, segment.file_size};
    return {Why::absent, "no data segment"};
}

Fact<std::string> ElfFile::read_address(std::uint64_t address, std::uint64_t size) const
{
    for (const Segment &segment : segments_) {
        if (segment.type != PT_LOAD || address < segment.address || address - segment.address >= segment.file_size)
            continue;
        const std::uint64_t skip = address - segment.address;
        if (size > segment.file_size - skip)
            break;
        std::string bytes = read(segment.offset + skip, size);
        if (bytes.size() == size)
            return bytes;
    }
    return {Why::malformed, "an address outside the file"};
}

std::string ElfFile::read(std::uint64_t offset, std::uint64_t size) const
{
    const FileRange range = clipped(offset, size);
    std::string bytes(range.size, '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t got =
            ::pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(range.offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) // shrunk while being read
            break;
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

} // namespace dbgscope
