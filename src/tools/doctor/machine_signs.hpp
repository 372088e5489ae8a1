// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/doctor/doctor.hpp"

// Which processor there is, which one programs are built for, and whether an emulator stands between the two.
namespace dbgscope {

/// The head of an ELF file. Source: elf.h, binfmt_elf.c (PT_INTERP).
struct ElfHead {
    std::uint16_t machine = 0;    ///< EM_X86_64, …; 0: not said
    std::string interpreter = {}; ///< "/lib64/ld-linux-x86-64.so.2"; empty: linked statically
};
/// Nothing where it is no ELF file of this byte order, or cannot be read.
[[nodiscard]] std::optional<ElfHead> read_elf_head(const std::string &path);
/// "x86_64", as uname -m says it; "machine 22" for one without a name here.
[[nodiscard]] std::string machine_name(std::uint16_t machine);
/// Whether a kernel whose uname -m is `machine_words` runs programs for `machine` by itself: amd64 runs i386.
[[nodiscard]] bool runs_natively(std::uint16_t machine, std::string_view machine_words);

struct MachineSigns {
    std::uint16_t own_machine = 0;          ///< of dbgscope's own file
    std::string uname_machine = {};         ///< qemu-user puts in the emulated one
    std::string cpuinfo = {};               ///< /proc/cpuinfo: most emulators leave the real one
    std::vector<std::string> handlers = {}; ///< names in /proc/sys/fs/binfmt_misc: "qemu-aarch64", "rosetta"
};
[[nodiscard]] MachineSigns read_machine_signs(const DoctorInput &input);
/// "Rosetta", "qemu-user", "an emulator"; empty: none is seen.
[[nodiscard]] std::string emulator_of(const MachineSigns &signs);
/// What is to be said where ptrace(2) gave `error`. `filtered`: a seccomp filter is in force.
[[nodiscard]] CheckFinding refused_trace(int error, bool filtered, std::string_view emulator);

} // namespace dbgscope
