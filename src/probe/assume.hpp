// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/facts.hpp"

// --assume no-X: probed features are forced unknown, so that the paths of older and poorer machines run on any.
namespace dbgscope {

struct AssumeName {
    std::string_view name; ///< "no-psi"
    std::string_view help; ///< one sentence without a full stop
};
[[nodiscard]] std::span<const AssumeName> assume_names();

/// Errors: usage, for a name that is not in assume_names(), with the nearest one in the hint.
[[nodiscard]] Result<void> check_assume(const std::vector<std::string> &assume);

/// Takes away what `assume` names. Names that check_assume would refuse change nothing.
void apply_assume(const std::vector<std::string> &assume, Facts &facts);

} // namespace dbgscope
