// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "tools/inspect/page_faults.hpp"
#include "tools/inspect/program.hpp"

namespace dbgscope {

/// A line of code of any module of a process.
struct StackFrame {
    Frame frame;
    std::string module; ///< the file's path; empty: unknown
    bool operator==(const StackFrame &) const = default;
};

/// Unwinds copied stacks of one process by .eh_frame and names what is on them. Frame pointers would end in malloc.
class StackNames {
  public:
    /// Reads what the process has mapped. Errors: not_found (it has ended), unsupported.
    [[nodiscard]] static Result<StackNames> of_process(pid_t pid, const std::string &proc = "/proc");
    StackNames(StackNames &&) noexcept;
    StackNames &operator=(StackNames &&) noexcept;
    ~StackNames();

    /// The innermost first, inlined ones too, of at most 256 calls. Empty: nothing is known of where it was. Equal
    /// stacks are the same one.
    [[nodiscard]] std::shared_ptr<const std::vector<StackFrame>> read(const FaultSample &sample);
    /// The same of one that the kernel has followed: where it stood, then return addresses.
    [[nodiscard]] std::shared_ptr<const std::vector<StackFrame>> read(std::span<const std::uint64_t> chain);

  private:
    struct State;
    explicit StackNames(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace dbgscope
