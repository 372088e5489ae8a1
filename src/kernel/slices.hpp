// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dbgscope/facts.hpp"
#include "kernel/reader.hpp"

// Where a scope of systemd's will lie, and what is limited there: not where we are now.
namespace dbgscope {

/// "a-b.slice" lies in "a.slice": "/a.slice/a-b.slice". "-.slice" is the root: "".
[[nodiscard]] std::string slice_path(std::string_view slice);

/// The system manager's own root as /proc/1/cgroup shows it, "" on most machines; nothing: it cannot be known.
[[nodiscard]] std::optional<std::string> manager_root(Reader &reader, int version);

/// The memory chain down to cgroup `path`, in the hierarchy that `own` was read from. A level that does not exist (yet)
/// limits nothing, and its facts say that it is not there. Nothing: the mount does not show it.
[[nodiscard]] std::optional<MemoryHierarchy> read_place(Reader &reader, const MemoryHierarchy &own,
                                                        std::string_view path);

} // namespace dbgscope
