// SPDX-License-Identifier: Apache-2.0
#include "launch/verify.hpp"

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"

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

bool is_limited(const std::string &mount, Limit expected, const std::string &root)
{
    Reader reader(root);
    const auto self = reader.read(kSelfCgroup);
    if (mount.empty() || !self)
        return false;
    const OwnCgroups own = parse_self_cgroup(*self);
    const int version = own.memory_v1 ? 1 : 2;
    const auto &path = own.memory_v1 ? own.memory_v1 : own.unified;
    if (!path)
        return false;
    const std::string below(*path); // the reader's buffer is about to be used again
    for (std::string_view level = below; level.size() > 1; level = level.substr(0, level.rfind('/'))) {
        const auto text =
            reader.read((mount + std::string(level) + '/' + file_name(CgroupFile::limit, version)).c_str());
        Limit limit;
        if (text && parse_limit(*text, limit) && limit <= expected)
            return true;
    }
    return false;
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
