// SPDX-License-Identifier: Apache-2.0
#include "launch/verify.hpp"

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/own_cgroup.hpp"

namespace dbgscope {

Result<Verified> read_limit_in_force(const std::string &root)
{
    Reader reader(root);
    CgroupFacts cgroup;
    probe_cgroup(reader, ChainDetail::basic, cgroup);
    const MemoryHierarchy &memory = cgroup.memory;
    if (memory.version == 0 || memory.chain.empty())
        return fail(
            {.kind = ErrorKind::unsupported,
             .operation = "read",
             .subject = "the memory limit in force",
             .cause = cgroup.delegation.detail.empty() ? "no memory controller is visible" : cgroup.delegation.detail});
    const CgroupLevel &own = memory.chain.back();
    // cgroup v2's root has no memory.max; anywhere else a missing file is an unknown limit.
    if (!own.max && !memory.effective.finite() && memory.chain.size() > 1)
        return fail({.kind = ErrorKind::system,
                     .operation = "read",
                     .subject = "the memory limit in force",
                     .cause = own.max.detail()});
    const CgroupLevel &level = memory.binding ? memory.chain[*memory.binding] : own;
    return Verified{memory.effective, level.dir + '/' + file_name(CgroupFile::limit, memory.version)};
}

Result<Verified> verify_limit(const VerifyLimit &wanted, const std::string &root)
{
    auto verified = read_limit_in_force(root);
    if (!verified || verified->in_force <= wanted.expected)
        return verified;
    const std::string found = verified->in_force.finite() ? fmt::format("allows {}", format_limit(verified->in_force))
                                                          : std::string("shows no limit");
    return fail({.kind = ErrorKind::limit,
                 .operation = "enforce",
                 .subject = fmt::format("the memory limit of {}", format_limit(wanted.expected)),
                 .cause = fmt::format("{} {}", verified->file, found),
                 .hint = "on cgroup v1 a user's systemd manager enforces no memory limit; "
                         "run as root, or boot with systemd.unified_cgroup_hierarchy=1"});
}

} // namespace dbgscope
