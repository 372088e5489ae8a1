// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace dbgscope {

/// What makes a read-only cgroup file system writable in this kind of container (HostFacts::container), done where it
/// is started; empty: not known.
[[nodiscard]] std::string writable_cgroupfs_cure(std::string_view container);

} // namespace dbgscope
