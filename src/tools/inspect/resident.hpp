// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tools/inspect/growth.hpp"

namespace dbgscope {

using NamedPages = std::map<std::pair<pid_t, std::uint64_t>, NamedSample>; ///< by process and page

/// Those samples whose pages are still there; the others are taken out: what was given back is nobody's growth. Code
/// that takes and gives back the same pages again and again is sampled on many of them, each of which would stand for
/// others beside it: together they count for no more than one and a half times what is there in their 2 MiB. Of `main`
/// when it has ended all count, that is how it grew; of another process that has ended none.
[[nodiscard]] std::vector<NamedSample> still_there(NamedPages &named, pid_t main, const std::string &proc);

} // namespace dbgscope
