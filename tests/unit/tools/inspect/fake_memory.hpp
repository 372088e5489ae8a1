// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <map>

#include "tools/inspect/memory.hpp"

namespace dbgscope {

/// Memory made of words; everything else is unmapped. Reads are counted, so that a test can bound them.
class FakeMemory final : public Memory {
  public:
    void put(std::uint64_t address, std::uint64_t word)
    {
        for (std::size_t i = 0; i < sizeof word; ++i)
            bytes_[address + i] = static_cast<std::byte>(word >> (8 * i));
    }
    void put_byte(std::uint64_t address, std::uint8_t byte) { bytes_[address] = std::byte{byte}; }
    void put_text(std::uint64_t address, std::string_view text)
    {
        for (std::size_t i = 0; i < text.size(); ++i)
            put_byte(address + i, static_cast<std::uint8_t>(text[i]));
    }

    bool read(std::uint64_t address, std::span<std::byte> out) const override
    {
        ++reads;
        read_bytes += out.size();
        auto at = bytes_.find(address);
        for (std::size_t i = 0; i < out.size(); ++i, ++at) {
            if (at == bytes_.end() || at->first != address + i)
                return false;
            out[i] = at->second;
        }
        return true;
    }
    mutable std::size_t reads = 0, read_bytes = 0;

  private:
    std::map<std::uint64_t, std::byte> bytes_;
};

} // namespace dbgscope
