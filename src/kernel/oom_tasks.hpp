// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The table of processes that the kernel's out-of-memory killer logs before it says whom it kills (vm.oom_dump_tasks).
namespace dbgscope {

struct OomTask {
    int pid = 0;             ///< of the initial pid namespace
    std::string name;        ///< comm, at most 15 bytes
    std::uint64_t pages = 0; ///< resident
    bool operator==(const OomTask &) const = default;
};

/// Reads such tables line by line and keeps the largest process of the last one. Other lines do nothing.
class OomTaskTable {
  public:
    /// Cheap: false says that take() would do nothing with it. `record` is a whole one of /dev/kmsg.
    [[nodiscard]] static bool may_be_row(std::string_view record);
    /// One line of text.
    void take(std::string_view text);
    /// Nothing: there was no table, or nobody in it had any memory.
    [[nodiscard]] const std::optional<OomTask> &largest() const { return largest_; }
    void clear() { largest_.reset(); }

  private:
    int rss_column_ = 0; ///< among the numbers of a row; 0: no header seen
    int columns_ = 0;    ///< numbers in a row, before the name
    std::optional<OomTask> largest_;
};

} // namespace dbgscope
