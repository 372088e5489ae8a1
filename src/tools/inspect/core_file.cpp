// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/core_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kCompared = 1024; ///< of the program's first page: its headers and its build ID

/// All of `out` from the file.
bool read_file_at(int fd, std::uint64_t offset, std::span<std::byte> out)
{
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += static_cast<std::size_t>(got);
    }
    return true;
}

/// Stretches of one file, found by address.
class Stretches {
  public:
    explicit Stretches(std::vector<Segment> segments) : segments_(std::move(segments))
    {
        std::ranges::sort(segments_, {}, &Segment::address);
    }
    /// As much as there is at `address`, at most `out`; 0: nothing.
    [[nodiscard]] std::size_t read(int fd, std::uint64_t address, std::span<std::byte> out) const
    {
        auto after = std::ranges::upper_bound(segments_, address, {}, &Segment::address);
        if (after == segments_.begin())
            return 0;
        const Segment &segment = *--after;
        const std::uint64_t skip = address - segment.address;
        if (skip >= segment.size)
            return 0;
        const std::size_t size = std::min<std::uint64_t>(out.size(), segment.size - skip);
        return read_file_at(fd, segment.offset + skip, out.first(size)) ? size : 0;
    }

  private:
    std::vector<Segment> segments_;
};

class CoreMemory final : public Memory {
  public:
    CoreMemory(UniqueFd core, std::vector<Segment> dumped) : core_(std::move(core)), dumped_(std::move(dumped)) {}
    bool read(std::uint64_t address, std::span<std::byte> out) const override
    {
        std::size_t done = 0;
        while (done < out.size()) {
            if (address + done < address)
                return false;
            const auto rest = out.subspan(done);
            std::size_t got = dumped_.read(core_.get(), address + done, rest);
            if (got == 0 && program_)
                got = program_->second.read(program_->first.get(), address + done, rest);
            if (got == 0)
                return false;
            done += got;
        }
        return true;
    }
    void add_program(UniqueFd file, std::vector<Segment> segments)
    {
        program_.emplace(std::move(file), Stretches(std::move(segments)));
    }

  private:
    UniqueFd core_;
    Stretches dumped_;
    std::optional<std::pair<UniqueFd, Stretches>> program_;
};

struct CoreHeaders {
    std::vector<Segment> dumped;
    std::uint64_t entry = 0; ///< of the program, at run time; 0: not found
};

/// AT_ENTRY among the note NT_AUXV.
std::uint64_t entry_in(Elf *elf, const GElf_Phdr &notes)
{
    Elf_Data *data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(notes.p_offset), notes.p_filesz, ELF_T_NHDR);
    GElf_Nhdr note{};
    std::size_t at = 0, name = 0, description = 0;
    while (data != nullptr && (at = gelf_getnote(data, at, &note, &name, &description)) > 0) {
        if (note.n_type != NT_AUXV)
            continue;
        Elf64_auxv_t entry{};
        for (std::size_t i = 0; i + sizeof entry <= note.n_descsz; i += sizeof entry) {
            std::memcpy(&entry, static_cast<const char *>(data->d_buf) + description + i, sizeof entry);
            if (entry.a_type == AT_ENTRY)
                return entry.a_un.a_val;
        }
    }
    return 0;
}

/// Nothing: not a core file of this kind of machine.
std::optional<CoreHeaders> read_headers(int fd)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return std::nullopt;
    const std::unique_ptr<Elf, int (*)(Elf *)> elf(elf_begin(fd, ELF_C_READ, nullptr), elf_end);
    GElf_Ehdr header{};
    std::size_t count = 0;
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr ||
        header.e_type != ET_CORE || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        elf_getphdrnum(elf.get(), &count) != 0)
        return std::nullopt;
    CoreHeaders headers;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr segment{};
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr)
            break;
        if (segment.p_type == PT_LOAD && segment.p_filesz > 0)
            headers.dumped.push_back(
                {.address = segment.p_vaddr, .size = segment.p_filesz, .offset = segment.p_offset});
        else if (segment.p_type == PT_NOTE && headers.entry == 0)
            headers.entry = entry_in(elf.get(), segment);
    }
    return headers;
}

/// The kernel dumps the first page of a program (core(5), bit 4 of coredump_filter).
bool same_program(const Memory &core, const Program &program)
{
    std::array<std::byte, kCompared> there{}, here{};
    for (const Segment &segment : program.segments())
        if (segment.offset == 0 && core.read(segment.address, there) && read_file_at(program.fd(), 0, here))
            return there == here;
    return true; // nothing to compare with
}

std::unexpected<Error> refuse(const std::string &subject, std::string cause, std::string hint = {})
{
    return fail({.kind = ErrorKind::unsupported,
                 .operation = "read",
                 .subject = subject,
                 .cause = std::move(cause),
                 .hint = std::move(hint)});
}

} // namespace

Result<Target> open_core(const std::string &core, const std::string &program)
{
    auto file = open_at(AT_FDCWD, core, O_RDONLY);
    if (!file)
        return pass(file);
    auto headers = read_headers(file->get());
    if (!headers)
        return refuse(core, "not a core file of a 64-bit program of this machine");
    if (headers->entry == 0)
        return refuse(core, "it does not tell where the program was loaded (no NT_AUXV note)");
    auto executable = open_at(AT_FDCWD, program, O_RDONLY);
    auto again = open_at(AT_FDCWD, program, O_RDONLY);
    if (!executable)
        return pass(executable);
    if (!again)
        return pass(again);
    auto opened = Program::of_file(std::move(*executable), program, headers->entry);
    if (!opened)
        return pass(opened);
    auto memory = std::make_unique<CoreMemory>(std::move(*file), std::move(headers->dumped));
    if (!same_program(*memory, *opened))
        return refuse(core, program + " is not the program that ran, or another build of it",
                      "give the very file with --exe");
    memory->add_program(std::move(*again), opened->segments());
    return Target{.memory = std::move(memory), .program = std::move(*opened)};
}

} // namespace dbgscope
