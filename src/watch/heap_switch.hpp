// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sys/elf_sections.hpp"

// Go's heap profile, switched on in a program that never reads it: its linker sets runtime.disableMemoryProfiling,
// which the runtime looks at in schedinit, after the sched_getaffinity(2) of osinit (Go 1.17 to 1.27).
namespace dbgscope {

/// Where one program keeps what switches its heap profile; the file's own addresses.
struct HeapSwitchPlaces {
    std::uint64_t disabled = 0;             ///< runtime.disableMemoryProfiling
    std::uint64_t started = 0;              ///< runtime.mainStarted
    std::optional<std::uint64_t> rate = {}; ///< runtime.MemProfileRate
};
/// From .symtab, read through a window of fixed size. Nothing: not Go, stripped, or without one of these symbols; each
/// must be an object of its very size.
[[nodiscard]] std::optional<HeapSwitchPlaces> find_heap_switch(const ElfFile &file);

/// What came of one call.
struct HeapSwitched {
    enum class Outcome : std::uint8_t {
        not_needed, ///< not Go, stripped, on already, or past the moment at which it helps
        done,
        refused, ///< the kernel did not let us write (yama, another user)
    } outcome = Outcome::not_needed;
    int error_number = 0; ///< refused
};

/// For a process that waits in sched_getaffinity(2): writes that one byte, and `rate` where the program's own is still
/// the runtime's default (Go 1.19 sets it later, in runtime.init, so it is left alone there). Nothing else is ever
/// written, and the byte only while it is 1, so never twice.
[[nodiscard]] HeapSwitched switch_heap_profile(pid_t pid, std::uint64_t rate, const std::string &proc = "/proc");

inline constexpr std::string_view kHeapSwitchedOn = "on";
/// For the session's record: "on", "refused: Operation not permitted"; empty: not tried.
[[nodiscard]] std::string heap_switch_text(const HeapSwitched &switched);

} // namespace dbgscope
