// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/facts.hpp"

namespace dbgscope {

/// What `dbgscope status` prints for people: where am I, what limits me (level by level, the one that counts marked),
/// pressure now, which backend would be used and why, what is missing and how to get it. Lines end with a newline.
/// `missing` is what the plan misses (one sentence each); what the facts alone tell is added. Names are printed with
/// control characters escaped. Wants facts probed with kAllNeeds; what was not asked is left out.
[[nodiscard]] std::string status_text(const Facts &facts, std::string_view backend_name,
                                      std::string_view backend_reason, const std::vector<std::string> &missing);

/// What this machine lacks and how to get it, one line each: "pressure: off in this kernel; boot with psi=1".
[[nodiscard]] std::vector<std::string> missing_features(const Facts &facts);

} // namespace dbgscope
