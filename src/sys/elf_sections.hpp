// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/facts.hpp"

// As much of ELF (elf(5), 32 and 64 bit, both byte orders) as it takes to find one section or one address. The file is
// hostile until shown otherwise: every offset is checked against the file's size, and only what is asked for is read.
namespace dbgscope {

/// Where something lies in the file.
struct FileRange {
    std::uint64_t offset = 0, size = 0;
};

class ElfFile {
  public:
    /// Reads the headers of `fd`, which must be a regular file of `file_size` bytes and outlive this object.
    /// Why::malformed: not an ELF file, or its program header table lies outside the file.
    [[nodiscard]] static Fact<ElfFile> open(int fd, std::uint64_t file_size);

    /// The section of that name, clipped to the file. Why::absent: none, or no section table (stripped or packed);
    /// Why::malformed: the table lies outside the file or has more than 8192 entries.
    [[nodiscard]] Fact<FileRange> find_section(std::string_view name) const;

    /// The first writable, loaded segment that is in the file: where Go's build information lies without a section
    /// table.
    [[nodiscard]] Fact<FileRange> data_segment() const;

    /// `size` bytes at a virtual address, all in one loaded segment. Why::malformed otherwise.
    [[nodiscard]] Fact<std::string> read_address(std::uint64_t address, std::uint64_t size) const;

    /// Up to `size` bytes at a file offset, fewer at the end of the file.
    [[nodiscard]] std::string read(std::uint64_t offset, std::uint64_t size) const;

    /// 64 bits and little endian, as this machine's own programs.
    [[nodiscard]] bool is_native() const { return wide_ && !big_; }
    [[nodiscard]] bool position_independent() const { return position_independent_; } ///< ET_DYN
    [[nodiscard]] std::uint64_t entry() const { return entry_; }                      ///< e_entry

  private:
    struct Segment {
        std::uint32_t type = 0, flags = 0;
        std::uint64_t offset = 0, address = 0, file_size = 0;
    };
    ElfFile(int fd, std::uint64_t file_size) : fd_(fd), file_size_(file_size) {}

    /// An unsigned number of `width` bytes at `at`; 0 beyond the end of `bytes`.
    [[nodiscard]] std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t width) const;
    [[nodiscard]] bool read_segments(std::string_view header);
    [[nodiscard]] FileRange clipped(std::uint64_t offset, std::uint64_t size) const;

    int fd_;
    std::uint64_t file_size_;
    bool wide_ = false; ///< ELFCLASS64
    bool big_ = false;  ///< ELFDATA2MSB
    bool position_independent_ = false;
    std::uint64_t entry_ = 0;
    std::uint64_t section_table_ = 0;
    std::size_t section_size_ = 0, section_count_ = 0, name_section_ = 0;
    std::vector<Segment> segments_;
};

} // namespace dbgscope
