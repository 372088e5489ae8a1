// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/alloc_thresholds.hpp"
#include "kernel/process.hpp"
#include "sys/fd.hpp"
#include "watch/loop.hpp"

namespace dbgscope {

/// `dbgscope alloc-of VERSION DIRECTORY MAPPING_BYTES STALL_US KERNEL_BYTES VICTIMS`: watches what is allocated in that
/// cgroup. Not for people. Standard input and output are one socket: each byte says that a process is new there, each
/// line "say TEXT" is for the person. It ends with the last other end of the socket, and with the cgroup.
inline constexpr std::string_view kAllocVerb = "alloc-of";

/// That process, one for the session: what it takes to have programs in the kernel is more than the watcher has.
class AllocWatcher {
  public:
    AllocWatcher() = default;
    AllocWatcher(const AllocWatcher &) = delete;
    AllocWatcher &operator=(const AllocWatcher &) = delete;
    ~AllocWatcher() { end(); }

    /// Waits for no more than a fork. Where it cannot be started nothing is told.
    void start(int version, const std::string &directory, const AllocThresholds &asked);
    /// Does not wait.
    void process_started() const;
    [[nodiscard]] Source source(std::function<void(std::string_view)> say);
    void end();

  private:
    std::optional<ProcessHandle> running_; ///< no child of the watcher: nobody has to wait for it
    UniqueFd socket_;
    std::string unread_; ///< the beginning of a line
};

} // namespace dbgscope
