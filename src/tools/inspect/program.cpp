// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/program.hpp"

#include <elf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "sys/file.hpp"
#include "tools/inspect/dwarf_frames.hpp"
#include "tools/inspect/dwarf_lines.hpp"
#include "tools/inspect/dwarf_types.hpp"

namespace dbgscope {
namespace {

struct ElfEnd {
    void operator()(Elf *elf) const { elf_end(elf); }
};
struct DwarfEnd {
    void operator()(Dwarf *dwarf) const { dwarf_end(dwarf); }
};

struct FunctionSymbol {
    std::uint64_t begin = 0, end = 0;
    const char *name = nullptr; ///< in the string table that libelf holds
};

} // namespace

struct Program::State {
    UniqueFd file;
    std::string path;
    std::uint64_t bias = 0;
    std::unique_ptr<Elf, ElfEnd> elf;
    std::unique_ptr<Dwarf, DwarfEnd> dwarf;
    std::vector<Segment> segments;
    bool go = false, symbols = false;
    std::unordered_map<std::string_view, Field> variables; ///< package runtime, at the file's own addresses
    std::vector<FunctionSymbol> functions;                 ///< by address
    std::optional<DwarfTypes> types;
    std::optional<DwarfLines> lines;
    std::optional<DwarfFrames> frames;

    void read_segments();
    void read_sections();
    void read_symbols(Elf_Scn *section, const GElf_Shdr &header);
};

void Program::State::read_segments()
{
    std::size_t count = 0;
    if (elf_getphdrnum(elf.get(), &count) != 0)
        return;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header{};
        if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) != nullptr && header.p_type == PT_LOAD)
            segments.push_back({.address = header.p_vaddr + bias, .size = header.p_filesz, .offset = header.p_offset});
    }
}

void Program::State::read_sections()
{
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf.get(), &names) != 0)
        return;
    Elf_Scn *section = nullptr;
    while ((section = elf_nextscn(elf.get(), section)) != nullptr) {
        GElf_Shdr header{};
        if (gelf_getshdr(section, &header) == nullptr)
            continue;
        const char *raw = elf_strptr(elf.get(), names, header.sh_name);
        const std::string_view name = raw == nullptr ? "" : raw;
        go |= name == ".go.buildinfo" || name == ".gopclntab" || name == ".data.rel.ro.gopclntab";
        if (header.sh_type == SHT_SYMTAB)
            read_symbols(section, header);
    }
    std::ranges::sort(functions, {}, &FunctionSymbol::begin);
}

void Program::State::read_symbols(Elf_Scn *section, const GElf_Shdr &header)
{
    Elf_Data *data = elf_getdata(section, nullptr);
    if (data == nullptr || header.sh_entsize == 0)
        return;
    symbols = true;
    const std::size_t count = std::min(header.sh_size, data->d_size) / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Sym symbol{};
        if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr)
            break;
        const char *name = elf_strptr(elf.get(), header.sh_link, symbol.st_name);
        if (name == nullptr || symbol.st_shndx == SHN_UNDEF)
            continue;
        if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
            functions.push_back({.begin = symbol.st_value, .end = symbol.st_value + symbol.st_size, .name = name});
        else if (GELF_ST_TYPE(symbol.st_info) == STT_OBJECT && std::string_view(name).starts_with("runtime."))
            variables.try_emplace(name, Field{.at = symbol.st_value, .size = symbol.st_size});
    }
}

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program &&) noexcept = default;
Program &Program::operator=(Program &&) noexcept = default;
Program::~Program() = default;

Result<Program> Program::of_file(UniqueFd file, std::string path, std::uint64_t entry_at_run_time)
{
    const auto refuse = [&path](std::string cause) {
        return fail({.kind = ErrorKind::unsupported,
                     .operation = "read",
                     .subject = "the program " + path,
                     .cause = std::move(cause)});
    };
    if (elf_version(EV_CURRENT) == EV_NONE)
        return refuse("libelf is older than its headers");
    auto state = std::make_unique<State>();
    state->file = std::move(file);
    state->elf.reset(elf_begin(state->file.get(), ELF_C_READ, nullptr));
    GElf_Ehdr header{};
    if (!state->elf || elf_kind(state->elf.get()) != ELF_K_ELF || gelf_getehdr(state->elf.get(), &header) == nullptr)
        return refuse("not an ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return refuse("a 32-bit program, or one of another byte order, cannot be looked into");
    state->path = std::move(path);
    state->bias = header.e_type == ET_DYN ? entry_at_run_time - header.e_entry : 0;
    state->read_segments();
    state->read_sections();
    state->dwarf.reset(dwarf_begin_elf(state->elf.get(), DWARF_C_READ, nullptr));
    state->types.emplace(state->dwarf.get());
    state->lines.emplace(state->dwarf.get());
    state->frames.emplace(state->dwarf.get(), state->elf.get());
    return Program(std::move(state));
}

Result<Program> Program::of_process(pid_t pid, const std::string &proc)
{
    const std::string link = process_file(pid, ProcessFile::executable, proc);
    auto file = open_at(AT_FDCWD, link, O_RDONLY);
    if (!file) {
        file.error().subject = fmt::format("the program of process {}", pid);
        return pass(file);
    }
    auto entry = program_entry_of(pid, proc);
    if (!entry)
        return pass(entry);
    return of_file(std::move(*file), read_link(link), *entry);
}

const std::string &Program::path() const
{
    return state_->path;
}

std::uint64_t Program::bias() const
{
    return state_->bias;
}

const std::vector<Segment> &Program::segments() const
{
    return state_->segments;
}

int Program::fd() const
{
    return state_->file.get();
}

bool Program::has_symbols() const
{
    return state_->symbols;
}

bool Program::has_dwarf() const
{
    return state_->dwarf != nullptr;
}

bool Program::is_go() const
{
    return state_->go;
}

std::optional<Field> Program::symbol(std::string_view name) const
{
    const auto found = state_->variables.find(name);
    if (found == state_->variables.end())
        return std::nullopt;
    return Field{.at = found->second.at + state_->bias, .size = found->second.size};
}

std::optional<Field> Program::member(std::string_view type, std::initializer_list<std::string_view> path) const
{
    return state_->types->member(type, path);
}

std::optional<Field> Program::variable(std::string_view name, std::initializer_list<std::string_view> path) const
{
    const auto place = symbol(name);
    const auto inside = state_->types->in_variable(name, path);
    if (!place || !inside)
        return std::nullopt;
    return Field{.at = place->at + inside->at, .size = inside->size};
}

std::optional<std::uint64_t> Program::size_of(std::string_view type) const
{
    return state_->types->size_of(type);
}

std::optional<std::uint64_t> Program::frame_size(std::uint64_t pc) const
{
    return state_->frames->size_at(pc - state_->bias);
}

std::vector<Frame> Program::frames(std::uint64_t pc) const
{
    const std::uint64_t address = pc - state_->bias;
    if (auto found = state_->lines->frames(address); !found.empty())
        return found;
    auto after = std::ranges::upper_bound(state_->functions, address, {}, &FunctionSymbol::begin);
    if (after != state_->functions.begin() && address < (--after)->end)
        return {{.function = after->name, .file = {}, .line = 0}};
    return {{.function = fmt::format("{:#x}", pc), .file = {}, .line = 0}};
}

} // namespace dbgscope
