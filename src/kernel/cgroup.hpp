// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbgscope/error.hpp"
#include "kernel/cgroup_files.hpp"
#include "sys/fd.hpp"

namespace dbgscope {

/// One cgroup: its open directory and the version of the hierarchy that is in. Cheap to copy: the descriptor is
/// borrowed, and whoever owns it outlives this. Errors are the ones of open(2), read(2) and write(2), `subject` the
/// file's name: ENOENT where this kernel, this version or this controller has no such file, ENODEV when the cgroup has
/// been removed, EINVAL for text that is not what the file should hold.
class Cgroup {
  public:
    Cgroup() = default;
    Cgroup(int directory, int version) : directory_(directory), version_(version) {}

    [[nodiscard]] bool valid() const { return directory_ >= 0; }
    [[nodiscard]] int directory() const { return directory_; }
    [[nodiscard]] int version() const { return version_; }

    [[nodiscard]] bool has(CgroupFile file) const;
    [[nodiscard]] Result<UniqueFd> open(CgroupFile file, int flags) const;
    [[nodiscard]] Result<std::string> read(CgroupFile file) const;
    [[nodiscard]] Result<std::uint64_t> read_number(CgroupFile file) const;
    [[nodiscard]] Result<Limit> read_limit(CgroupFile file) const;
    [[nodiscard]] Result<void> write(CgroupFile file, std::string_view text) const;

    /// Sets the limit, and v1's of memory and swap together to the same where there is one. v1's invariant is
    /// limit <= memsw (EINVAL otherwise), so their order depends on the direction.
    [[nodiscard]] Result<void> write_limit(Limit wanted) const;
    /// v2; before 5.2 there is no such file.
    [[nodiscard]] Result<void> freeze() const { return write(CgroupFile::freeze, "1"); }
    [[nodiscard]] Result<void> thaw() const { return write(CgroupFile::freeze, "0"); }
    /// v2: cgroup.events says so. False also where it cannot be read.
    [[nodiscard]] bool frozen() const;
    /// SIGKILL to everything in it and below; v2, since 5.14.
    [[nodiscard]] Result<void> kill() const { return write(CgroupFile::kill, "1"); }
    /// Of the processes in it, not of its children; 0 stands for one of another pid namespace.
    [[nodiscard]] Result<std::vector<pid_t>> pids() const;
    /// Moves a whole process here, whichever of its threads is named.
    [[nodiscard]] Result<void> add(pid_t thread) const;
    /// Moves this process, which must have one thread.
    [[nodiscard]] Result<void> enter() const { return write(CgroupFile::enter, "0"); }

  private:
    int directory_ = -1;
    int version_ = 0;
};

} // namespace dbgscope
