// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/inspect/program.hpp"

namespace dbgscope {

struct GrowthView;
struct HeapView;

/// One line of code that holds memory, or has grown it.
struct LargeSite {
    Frame frame;
    std::uint64_t bytes = 0;
    double share = 0; ///< of all that is known, 0 to 1
    bool operator==(const LargeSite &) const = default;
};

inline constexpr std::size_t kMostLargeSites = 8;

/// The first of a view's sites, of a hundredth or more, as holders_text() counts them.
[[nodiscard]] std::vector<LargeSite> largest_sites(const HeapView &view);
[[nodiscard]] std::vector<LargeSite> largest_sites(const GrowthView &view);

/// For a pipe, and back. Nothing: it is damaged.
[[nodiscard]] std::string pack_sites(const std::vector<LargeSite> &sites);
[[nodiscard]] std::optional<std::vector<LargeSite>> unpack_sites(std::string_view bytes);

} // namespace dbgscope
