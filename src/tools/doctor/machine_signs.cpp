// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/machine_signs.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/core.h>

#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxInterpreter = 4096; // PATH_MAX, as the kernel allows
constexpr std::size_t kMaxSegments = 256;

struct MachineRow {
    std::uint16_t machine;
    std::string_view name;
    std::string_view cpuinfo; ///< what the kernel's /proc/cpuinfo has on such a processor, and on no other
};
// arch/*/kernel/cpu/proc.c, setup.c, cpuinfo.c
constexpr MachineRow kMachines[] = {
    {EM_X86_64, "x86_64", "\nflags\t"},
    {EM_386, "i386", "\nflags\t"},
    {EM_AARCH64, "aarch64", "CPU implementer"},
    {EM_ARM, "arm", "CPU implementer"},
    {EM_RISCV, "riscv64", "\nisa\t"},
    {EM_PPC64, "ppc64le", "POWER"},
    {EM_S390, "s390x", "IBM/S390"},
    {EM_LOONGARCH, "loongarch64", "Loongson"},
};

const MachineRow *find_machine(std::uint16_t machine)
{
    const auto row = std::ranges::find(kMachines, machine, &MachineRow::machine);
    return row == std::end(kMachines) ? nullptr : row;
}

template <class Type> bool read_at(int fd, std::uint64_t offset, Type &out)
{
    return ::pread(fd, &out, sizeof out, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof out);
}

template <class Header, class Segment> std::optional<ElfHead> read_head(int fd)
{
    Header header{};
    if (!read_at(fd, 0, header))
        return std::nullopt;
    ElfHead head{.machine = header.e_machine};
    const std::size_t count =
        header.e_phentsize == sizeof(Segment) ? std::min<std::size_t>(header.e_phnum, kMaxSegments) : 0;
    for (std::size_t i = 0; i < count; ++i) {
        Segment segment{};
        if (!read_at(fd, header.e_phoff + i * sizeof segment, segment))
            break;
        if (segment.p_type != PT_INTERP || segment.p_filesz < 2 || segment.p_filesz > kMaxInterpreter)
            continue;
        std::string path(segment.p_filesz, '\0');
        if (::pread(fd, path.data(), path.size(), static_cast<off_t>(segment.p_offset)) ==
            static_cast<ssize_t>(path.size()))
            head.interpreter = path.c_str(); // its NUL is counted
        break;
    }
    return head;
}

} // namespace

std::optional<ElfHead> read_elf_head(const std::string &path)
{
    const auto fd = open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    unsigned char ident[EI_NIDENT] = {};
    if (!fd || !read_at(fd->get(), 0, ident) || std::memcmp(ident, ELFMAG, SELFMAG) != 0 ||
        ident[EI_DATA] != ELFDATA2LSB)
        return std::nullopt;
    return ident[EI_CLASS] == ELFCLASS32 ? read_head<Elf32_Ehdr, Elf32_Phdr>(fd->get())
                                         : read_head<Elf64_Ehdr, Elf64_Phdr>(fd->get());
}

std::string machine_name(std::uint16_t machine)
{
    const MachineRow *row = find_machine(machine);
    return row == nullptr ? fmt::format("machine {}", machine) : std::string(row->name);
}

bool runs_natively(std::uint16_t machine, std::string_view machine_words)
{
    const bool arm32 = machine_words.starts_with("arm") && machine_words != "arm64";
    switch (machine) {
    case EM_X86_64: return machine_words == "x86_64";
    case EM_386: return machine_words == "x86_64" || (machine_words.starts_with('i') && machine_words.ends_with("86"));
    case EM_AARCH64: return machine_words == "aarch64";
    case EM_ARM: return arm32 || machine_words == "aarch64";
    default: return machine_words.starts_with(machine_name(machine).substr(0, 5));
    }
}

MachineSigns read_machine_signs(const DoctorInput &input)
{
    MachineSigns signs;
    if (const auto own = read_elf_head(kSelfExecutable))
        signs.own_machine = own->machine;
    utsname system{};
    if (::uname(&system) == 0)
        signs.uname_machine = system.machine;
    Reader reader(input.root.root);
    if (const auto text = reader.read("/proc/cpuinfo", Records::many))
        signs.cpuinfo = std::string(text->substr(0, 8192));
    std::error_code code;
    for (const auto &entry : std::filesystem::directory_iterator(reader.real_path("/proc/sys/fs/binfmt_misc"), code))
        signs.handlers.push_back(entry.path().filename().string());
    return signs;
}

std::string emulator_of(const MachineSigns &signs)
{
    if (signs.cpuinfo.find("VirtualApple") != std::string::npos)
        return "Rosetta";
    const MachineRow *own = find_machine(signs.own_machine);
    if (own == nullptr || signs.cpuinfo.empty())
        return "";
    const auto shows = [&](const MachineRow &row) { return signs.cpuinfo.find(row.cpuinfo) != std::string::npos; };
    const bool another = !shows(*own) && std::ranges::any_of(kMachines, shows);
    if (!another && runs_natively(signs.own_machine, signs.uname_machine))
        return "";
    const auto handler = [&](std::string_view name) {
        return std::ranges::any_of(signs.handlers, [name](const std::string &each) { return each.starts_with(name); });
    };
    return handler("rosetta") ? "Rosetta" : handler("qemu-") ? "qemu-user" : "an emulator";
}

CheckFinding refused_trace(int error, bool filtered, std::string_view emulator)
{
    CheckFinding finding{
        .level = CheckLevel::fail,
        .looked_at = "tried: a child of ours asked to be traced",
        .found = fmt::format("refused: {}{}", std::strerror(error), filtered ? "; a seccomp filter is in force" : ""),
        .matters = "no debugger can start a program here",
        .cure = filtered ? "allow ptrace(2) in the filter: docker and podman with "
                           "--cap-add=SYS_PTRACE, or a seccomp profile that has it"
                         : "see kernel.yama.ptrace_scope and the security module in force"};
    if (error != ENOSYS)
        return finding;
    if (!emulator.empty()) {
        finding.found = fmt::format("there is no ptrace: what runs here is emulated ({})", emulator);
        finding.looked_at += "; /proc/cpuinfo, uname and binfmt_misc against our own file";
        finding.cure = "use an image of the machine's own architecture: docker run --platform=linux/arm64 on an ARM "
                       "machine, linux/amd64 on a PC; capabilities do not help";
    } else if (filtered)
        finding.cure =
            "the filter answers ENOSYS: --security-opt seccomp=unconfined, or a profile that allows ptrace; no "
            "emulator is seen, and capabilities alone do not help";
    else
        finding.cure =
            "neither an emulator nor a filter is seen: a sandbox with a kernel of its own (gVisor) may have no "
            "ptrace; debug outside of it";
    return finding;
}

} // namespace dbgscope
