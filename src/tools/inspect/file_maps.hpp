// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace dbgscope {

/// What is mapped from files: pages of those are no memory that somebody allocated. Shared memory is.
class FileMaps {
  public:
    /// Of the text of /proc/PID/maps.
    explicit FileMaps(const std::string &maps);
    [[nodiscard]] bool has(std::uint64_t address) const;

  private:
    void line(std::string_view text);
    std::map<std::uint64_t, std::uint64_t> ranges_;
};

} // namespace dbgscope
