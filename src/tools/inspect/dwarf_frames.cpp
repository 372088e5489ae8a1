// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/dwarf_frames.hpp"

#include <dwarf.h>

#include <cstdlib>

namespace dbgscope {
namespace {

constexpr Dwarf_Word kStackPointer = 7; // System V ABI, AMD64 supplement, figure 3.36
constexpr std::uint64_t kMaxFrame = 64ULL * 1024 * 1024;

struct Free {
    void operator()(Dwarf_Frame *frame) const { std::free(frame); } // NOLINT: as libdw wants it
};

std::optional<std::uint64_t> size_by(Dwarf_CFI *rules, std::uint64_t address)
{
    Dwarf_Frame *found = nullptr;
    if (rules == nullptr || dwarf_cfi_addrframe(rules, address, &found) != 0)
        return std::nullopt;
    const std::unique_ptr<Dwarf_Frame, Free> frame(found);
    Dwarf_Op *operations = nullptr;
    std::size_t count = 0;
    if (dwarf_frame_cfa(found, &operations, &count) != 0 || count != 1)
        return std::nullopt;
    std::optional<Dwarf_Word> size;
    if (operations->atom == DW_OP_bregx && operations->number == kStackPointer)
        size = operations->number2;
    else if (operations->atom == DW_OP_breg0 + kStackPointer)
        size = operations->number;
    return size && *size >= sizeof(std::uint64_t) && *size < kMaxFrame ? std::optional<std::uint64_t>(*size)
                                                                       : std::nullopt;
}

} // namespace

DwarfFrames::DwarfFrames([[maybe_unused]] Dwarf *dwarf, [[maybe_unused]] Elf *elf)
{
#ifdef __x86_64__
    if (dwarf != nullptr)
        debug_ = dwarf_getcfi(dwarf);
    if (elf != nullptr)
        loaded_.reset(dwarf_getcfi_elf(elf));
#endif
}

std::optional<std::uint64_t> DwarfFrames::size_at(std::uint64_t address) const
{
    const auto size = size_by(debug_, address);
    return size ? size : size_by(loaded_.get(), address);
}

} // namespace dbgscope
