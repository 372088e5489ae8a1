// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace dbgscope {

/// By both clocks: one to read, one that is never set.
struct Moment {
    std::int64_t unix_ns = 0, monotonic_ns = 0; ///< CLOCK_REALTIME, CLOCK_MONOTONIC
    [[nodiscard]] static Moment now();
    bool operator==(const Moment &) const = default;
};

/// "2026-11-29 17:11:18.124567", of this machine's time zone.
[[nodiscard]] std::string moment_text(const Moment &moment);

} // namespace dbgscope
