// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dbgscope/profile.hpp"

namespace dbgscope {

/// Whether `wanted`, from a project file, is at least as strict as what the layers below say. `below` may be null: then
/// the kernel's own default counts (no protection, weight 100), and a limit must be finite. Bytes against a percentage
/// cannot be told without MemTotal: no.
[[nodiscard]] bool tightens(const KeyInfo &info, const Value &wanted, const Value *below);

} // namespace dbgscope
