// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "dbgscope/facts.hpp"
#include "dbgscope/needs.hpp"
#include "probe/sys_root.hpp"

namespace dbgscope {

/// Reads, never writes, never fails: what could not be read carries its reason. `assume` (see assume.hpp, checked by
/// the caller) takes features away. tools and debuggee are not filled here.
[[nodiscard]] Facts probe(const SysRoot &root, Needs needs, const std::vector<std::string> &assume);

} // namespace dbgscope
