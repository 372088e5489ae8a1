// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "dbgscope/error.hpp"

namespace dbgscope {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// A memory limit in bytes, or "no limit" (cgroup v2 `max`, v1 9223372036854771712, systemd `infinity`).
/// Ordered: infinity is greater than every finite limit.
class Limit {
  public:
    constexpr Limit() = default; ///< infinity
    constexpr explicit Limit(std::uint64_t bytes) : bytes_(bytes) {}
    [[nodiscard]] constexpr bool finite() const { return bytes_ != kInfinity; }
    /// Bytes; UINT64_MAX for infinity, which is also systemd's encoding on the bus.
    [[nodiscard]] constexpr std::uint64_t bytes() const { return bytes_; }
    constexpr auto operator<=>(const Limit &) const = default;

  private:
    static constexpr std::uint64_t kInfinity = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bytes_ = kInfinity;
};

/// A size as a person writes it: `512M`, `1G 512M` (base 1024, systemd.resource-control(5)), `40%`, `infinity`.
struct SizeSpec {
    enum class Kind { bytes, permyriad, infinity } kind = Kind::infinity;
    std::uint64_t value = 0; ///< bytes, or 1/100 of a percent (40% = 4000)
    bool operator==(const SizeSpec &) const = default;
    /// A percentage is of `total_bytes` (MemTotal, as systemd does).
    [[nodiscard]] Limit resolve(std::uint64_t total_bytes) const;
};

/// Parses `512M`, `1.5G`, `1G 512M`, `4096`, `40%`, `12.5‰`, `infinity`, `max`: the grammar of text/values.hpp.
/// Errors: usage (empty, negative, unknown suffix, overflow).
/// `0` is accepted here; whether zero makes sense is the caller's matter.
[[nodiscard]] Result<SizeSpec> parse_size(std::string_view text);

/// "512M", "1.5G", "infinity": exact where a unit divides, else one decimal.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
[[nodiscard]] std::string format_limit(Limit limit);
/// What parse_size accepts back: "512M", "40%", "infinity".
[[nodiscard]] std::string format_size(const SizeSpec &size);

} // namespace dbgscope
