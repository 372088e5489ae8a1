// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "kernel/oom_lines.hpp"
#include "kernel/oom_tasks.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// /dev/kmsg from the moment this was opened on. Costs nothing until read() is called; nothing wakes us up.
class KernelLog {
  public:
    /// Where it may not be read (dmesg_restrict without CAP_SYSLOG, containers) the log is not available().
    [[nodiscard]] static KernelLog open(const char *path = "/dev/kmsg");
    [[nodiscard]] bool available() const { return fd_.valid(); }
    /// Readable when something was; -1 where it is not available.
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Adds what was logged since the last read; at most 200 ms and 65536 records at a time.
    void read(std::vector<OomKill> &kills);

  private:
    void take(std::string_view record, std::vector<OomKill> &kills);

    UniqueFd fd_;
    OomTaskTable tasks_; ///< of the kill that is still to be logged
};

} // namespace dbgscope
