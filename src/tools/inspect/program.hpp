// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// The program a process runs: symbols, layouts of its types and lines of its code, from the very file that is mapped
// (libelf, libdw). The file is read, not mapped: one that shrinks meanwhile is no SIGBUS. It may be hostile: what libdw
// does not check itself (siblings and typedefs in circles) is checked here.
namespace dbgscope {

/// A part of a variable or a struct.
struct Field {
    std::uint64_t at = 0;   ///< run-time address, or offset in the struct
    std::uint64_t size = 0; ///< bytes
};

/// One line of code of a stack.
struct Frame {
    std::string function; ///< "main.grow"; "0x4a1b2c" where nothing is known
    std::string file;     ///< as the compiler wrote it; empty: unknown
    int line = 0;         ///< 0: unknown
    bool operator==(const Frame &) const = default;
};

/// A stretch of the file that is loaded.
struct Segment {
    std::uint64_t address = 0; ///< at run time
    std::uint64_t size = 0;    ///< in the file
    std::uint64_t offset = 0;  ///< in the file
};

class Program {
  public:
    /// The file the process runs, also when it has been replaced or deleted since. Errors: not_found, denied (another
    /// user's process), unsupported (not this machine's kind of ELF).
    [[nodiscard]] static Result<Program> of_process(pid_t pid, const std::string &proc = "/proc");
    /// `bias`: how far from its own addresses the file was loaded. Errors: as of_process.
    [[nodiscard]] static Result<Program> of_file(UniqueFd file, std::string path, std::uint64_t entry_at_run_time);
    Program(Program &&) noexcept;
    Program &operator=(Program &&) noexcept;
    ~Program();

    [[nodiscard]] const std::string &path() const;
    /// Position-independent and loaded elsewhere: what is added to the file's addresses.
    [[nodiscard]] std::uint64_t bias() const;
    [[nodiscard]] const std::vector<Segment> &segments() const;
    [[nodiscard]] int fd() const;

    [[nodiscard]] bool has_symbols() const; ///< .symtab; `-ldflags=-s` and strip(1) take it away
    [[nodiscard]] bool has_dwarf() const;   ///< `-ldflags=-w` and strip(1) take it away
    [[nodiscard]] bool is_go() const;       ///< section .go.buildinfo or .gopclntab

    /// Where a symbol is at run time.
    [[nodiscard]] std::optional<Field> symbol(std::string_view name) const;
    /// A member of a Go struct type of package runtime, by its path ("runtime.g", {"sched", "bp"}). Wrappers of one
    /// number (atomic.Uint64 and the like: members `value`, `u`) are descended to it.
    [[nodiscard]] std::optional<Field> member(std::string_view type,
                                              std::initializer_list<std::string_view> path) const;
    /// The same within a variable of package runtime, at its run-time address.
    [[nodiscard]] std::optional<Field> variable(std::string_view name,
                                                std::initializer_list<std::string_view> path = {}) const;
    /// Bytes of a type of package runtime.
    [[nodiscard]] std::optional<std::uint64_t> size_of(std::string_view type) const;

    /// The code at a run-time address, the innermost first: an inlined function, those it is inlined into, and the
    /// function itself. Never empty.
    [[nodiscard]] std::vector<Frame> frames(std::uint64_t pc) const;
    /// From the stack pointer at a run-time address to where it stood before the call (DwarfFrames::size_at).
    [[nodiscard]] std::optional<std::uint64_t> frame_size(std::uint64_t pc) const;

  private:
    struct State;
    explicit Program(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace dbgscope
