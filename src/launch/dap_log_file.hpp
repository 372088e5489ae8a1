// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "launch/credentials.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// The file that a debugger writes its protocol's messages to. Destroying it before the debugger was executed takes it
/// away again where it was made here.
///
/// A dlv with a log writes the line that says where it listens to the log alone, but clients wait for it on standard
/// output: a process of its own, outside the session and with nothing but standard output, copies that one line, dlv's
/// own bytes, and ends. It ends with the debugger, too. Nothing of the protocol passes through it.
class DapLogFile {
  public:
    /// Makes the file (0600), or empties one that is there; it belongs to `account` where that is another. `log` is
    /// the step's. Errors: open(2)'s; unsupported (no regular file); system.
    [[nodiscard]] static Result<DapLogFile> make(const KeepDapLog &log, const Account &account);
    DapLogFile(DapLogFile &&other) noexcept = default;
    DapLogFile &operator=(DapLogFile &&) = delete;
    ~DapLogFile();

    /// Right before the exec: from now on the line may come.
    void executing() const;

  private:
    explicit DapLogFile(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] Result<void> watch_for_ready_line(UniqueFd file);

    std::string path_;
    UniqueFd made_;     ///< the file, where it was made here
    UniqueFd lifeline_; ///< closed by the exec
};

} // namespace dbgscope
