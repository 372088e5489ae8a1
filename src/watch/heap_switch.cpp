// SPDX-License-Identifier: Apache-2.0
#include "watch/heap_switch.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "kernel/process.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::uint64_t kWindow = 32 * 1024;   ///< of symbols, and of names: the watcher stays small
constexpr std::uint64_t kMaxSymbols = 4 << 20; ///< of a program of some 500 MB
constexpr std::uint64_t kDefaultRate = 512 * 1024;
constexpr std::string_view kPackage = "runtime.";

/// Names of the string table, a window at a time: the linker writes them in the order of the symbols.
class Names {
  public:
    Names(const ElfFile &file, FileRange table) : file_(file), table_(table) {}
    [[nodiscard]] bool starts(std::uint64_t at, std::string_view text) { return view(at, text.size()) == text; }
    [[nodiscard]] bool is(std::uint64_t at, std::string_view name)
    {
        const std::string_view here = view(at, name.size() + 1); // and its end
        return here.size() == name.size() + 1 && here.starts_with(name) && here.back() == '\0';
    }

  private:
    [[nodiscard]] std::string_view view(std::uint64_t at, std::uint64_t size)
    {
        if (at >= table_.size || size > table_.size - at)
            return {};
        if (at < from_ || at - from_ >= window_.size() || size > window_.size() - (at - from_)) {
            from_ = at;
            window_ = file_.read(table_.offset + at, std::min(kWindow, table_.size - at));
        }
        return std::string_view(window_).substr(at - from_, size);
    }

    const ElfFile &file_;
    FileRange table_;
    std::uint64_t from_ = 0;
    std::string window_;
};

class Process {
  public:
    explicit Process(UniqueFd memory) : memory_(std::move(memory)) {}
    template <class T> [[nodiscard]] std::optional<T> read(std::uint64_t address) const
    {
        T value{};
        const ssize_t got = ::pread(memory_.get(), &value, sizeof value, static_cast<off_t>(address));
        return got == static_cast<ssize_t>(sizeof value) ? std::optional(value) : std::nullopt;
    }
    template <class T> [[nodiscard]] bool write(std::uint64_t address, T value) const
    {
        return ::pwrite(memory_.get(), &value, sizeof value, static_cast<off_t>(address)) ==
               static_cast<ssize_t>(sizeof value);
    }

  private:
    UniqueFd memory_; ///< /proc/PID/mem
};

enum Wanted : std::size_t { kDisabled, kStarted, kRate, kCount };
constexpr struct {
    std::string_view name;
    std::uint64_t size;
} kWanted[kCount] = {{"runtime.disableMemoryProfiling", 1}, {"runtime.mainStarted", 1}, {"runtime.MemProfileRate", 8}};
using Found = std::array<std::optional<std::uint64_t>, kCount>;

void match(const Elf64_Sym &symbol, Names &strings, Found &found)
{
    if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF ||
        (symbol.st_size != 1 && symbol.st_size != 8) || !strings.starts(symbol.st_name, kPackage))
        return;
    for (std::size_t i = 0; i < kCount; ++i)
        if (symbol.st_size == kWanted[i].size && strings.is(symbol.st_name, kWanted[i].name))
            found[i] = symbol.st_value;
}

} // namespace

std::optional<HeapSwitchPlaces> find_heap_switch(const ElfFile &file)
{
    const auto symbols = file.find_section(".symtab"), names = file.find_section(".strtab");
    if (!file.is_native() || !file.find_section(".go.buildinfo") || !symbols || !names)
        return std::nullopt;
    Found found;
    Names strings(file, *names);
    const std::uint64_t end = symbols->offset + std::min(symbols->size, kMaxSymbols * sizeof(Elf64_Sym));
    for (std::uint64_t at = symbols->offset; at < end;) {
        const std::string window = file.read(at, std::min(kWindow / sizeof(Elf64_Sym) * sizeof(Elf64_Sym), end - at));
        if (window.size() < sizeof(Elf64_Sym))
            break;
        for (std::size_t i = 0; i + sizeof(Elf64_Sym) <= window.size();
             i += sizeof(Elf64_Sym), at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol{};
            std::memcpy(&symbol, window.data() + i, sizeof symbol);
            match(symbol, strings, found);
        }
    }
    if (!found[kDisabled] || !found[kStarted])
        return std::nullopt;
    return HeapSwitchPlaces{.disabled = *found[kDisabled], .started = *found[kStarted], .rate = found[kRate]};
}

HeapSwitched switch_heap_profile(pid_t pid, std::uint64_t rate, const std::string &proc)
{
    auto exe = open_at(AT_FDCWD, process_file(pid, ProcessFile::executable, proc), O_RDONLY);
    struct stat info{};
    if (!exe || ::fstat(exe->get(), &info) != 0 || !S_ISREG(info.st_mode))
        return {};
    const auto file = ElfFile::open(exe->get(), static_cast<std::uint64_t>(info.st_size));
    const auto places = file ? find_heap_switch(*file) : std::nullopt;
    const std::uint64_t entry = places ? program_entry_of(pid, proc).value_or(0) : 0;
    if (entry == 0)
        return {};
    const std::uint64_t bias = file->position_independent() ? entry - file->entry() : 0;
    if (bias == 0 && entry != file->entry())
        return {}; // another image than this file's
    auto memory = open_at(AT_FDCWD, process_file(pid, ProcessFile::memory, proc), O_RDWR);
    if (!memory)
        return {HeapSwitched::Outcome::refused, memory.error().error_number};
    const Process process(std::move(*memory));
    if (process.read<std::uint8_t>(bias + places->disabled) != 1 ||
        process.read<std::uint8_t>(bias + places->started) != 0)
        return {};
    if (places->rate && rate != 0 && process.read<std::uint64_t>(bias + *places->rate) == kDefaultRate)
        (void)process.write<std::uint64_t>(bias + *places->rate, rate);
    if (!process.write<std::uint8_t>(bias + places->disabled, 0))
        return {HeapSwitched::Outcome::refused, errno};
    return {HeapSwitched::Outcome::done, 0};
}

std::string heap_switch_text(const HeapSwitched &switched)
{
    switch (switched.outcome) {
    case HeapSwitched::Outcome::done: return std::string(kHeapSwitchedOn);
    case HeapSwitched::Outcome::refused: return fmt::format("refused: {}", std::strerror(switched.error_number));
    case HeapSwitched::Outcome::not_needed: break;
    }
    return {};
}

} // namespace dbgscope
