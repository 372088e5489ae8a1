// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "dbgscope/error.hpp"

// Another process' memory, read without stopping it. What is read is hostile: nothing there is followed unchecked.
namespace dbgscope {

/// Addresses are those of the process. Numbers are of this machine's own byte order and word size.
class Memory {
  public:
    virtual ~Memory() = default;
    /// All of `out`, or false: unmapped, unreadable, or the process has ended.
    [[nodiscard]] virtual bool read(std::uint64_t address, std::span<std::byte> out) const = 0;

    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> read_value(std::uint64_t address) const
    {
        T value{};
        if (!read(address, std::as_writable_bytes(std::span(&value, 1))))
            return std::nullopt;
        return value;
    }
    [[nodiscard]] std::optional<std::uint64_t> read_word(std::uint64_t address) const
    {
        return read_value<std::uint64_t>(address);
    }
    /// An unsigned number of 1, 2, 4 or 8 bytes; nothing for another size.
    [[nodiscard]] std::optional<std::uint64_t> read_number(std::uint64_t address, std::uint64_t size) const;
    /// A Go string header (pointer, length) at `address`, at most `most` bytes of it.
    [[nodiscard]] std::optional<std::string> read_go_string(std::uint64_t address, std::size_t most) const;
};

/// An unsigned number of 1, 2, 4 or 8 bytes at `at`; nothing beyond the end or for another size.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::span<const std::byte> bytes, std::uint64_t at,
                                                     std::uint64_t size);

/// A running process, by process_vm_readv(2); it may be stopped, frozen or traced. Needs PTRACE_MODE_ATTACH rights:
/// the same user and no yama in the way, an ancestor under yama 1, or CAP_SYS_PTRACE.
/// Errors: not_found (no such process, or a zombie), denied (the hint says which of these is missing), unsupported.
[[nodiscard]] Result<std::unique_ptr<Memory>> open_process_memory(pid_t pid, const std::string &proc = "/proc");

} // namespace dbgscope
