// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace dbgscope {

/// How large a function's frame is at an instruction, by the call frame information (.debug_frame, .eh_frame): what it
/// takes to go to the caller with nothing but a stack pointer. On x86-64 only.
class DwarfFrames {
  public:
    /// Both outlive this; null: not there.
    DwarfFrames(Dwarf *dwarf, Elf *elf);
    /// From the stack pointer to where it stood before the call, just above the return address. `address` is the
    /// file's own. Nothing: unknown, or it hangs on another register.
    [[nodiscard]] std::optional<std::uint64_t> size_at(std::uint64_t address) const;

  private:
    struct End {
        void operator()(Dwarf_CFI *rules) const { (void)dwarf_cfi_end(rules); }
    };
    Dwarf_CFI *debug_ = nullptr; ///< the Dwarf's own
    std::unique_ptr<Dwarf_CFI, End> loaded_;
};

} // namespace dbgscope
