// SPDX-License-Identifier: Apache-2.0
#include "kernel/attached.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"
#include "kernel/slices.hpp"

namespace dbgscope {
namespace {

/// Of its own cgroup, where its runtime has mounted that at the usual place.
Fact<Limit> limit_at_its_root(pid_t pid, int version, const std::string &root)
{
    Reader reader(fmt::format("{}/proc/{}/root", root, pid));
    const std::string path =
        fmt::format("/sys/fs/cgroup{}/{}", version == 1 ? "/memory" : "", file_name(CgroupFile::limit, version));
    const auto text = reader.read(path.c_str());
    if (!text)
        return unknown(text.error(), path);
    Limit limit;
    if (!parse_limit(*text, limit))
        return malformed(path, *text);
    return limit;
}

/// What the two have in common limits both.
Limit lowest_of_its_own(const MemoryHierarchy &its, const MemoryHierarchy &own)
{
    Limit lowest;
    for (const CgroupLevel &level : its.chain)
        if (std::ranges::find(own.chain, level.path, &CgroupLevel::path) == own.chain.end() && level.max)
            lowest = std::min(lowest, *level.max);
    return lowest;
}

} // namespace

std::optional<AttachedFacts> look_at_attached(pid_t pid, const MemoryHierarchy &own, const std::string &root)
{
    Reader reader(root);
    const auto text = reader.read(process_file(pid, ProcessFile::cgroup).c_str(), Records::many);
    if (!text || own.version == 0 || own.chain.empty())
        return std::nullopt;
    const OwnCgroups its = parse_self_cgroup(*text);
    const std::string path((own.version == 1 ? its.memory_v1 : its.unified).value_or(""));
    if (path.empty() || path == own.chain.back().path)
        return std::nullopt;
    AttachedFacts attached{.pid = static_cast<std::uint32_t>(pid), .path = path, .limit = {}};
    const bool outside = path.starts_with("/..");
    if (const auto place = outside ? std::nullopt : read_place(reader, own, path))
        attached.limit = lowest_of_its_own(*place, own);
    else
        attached.limit = limit_at_its_root(pid, own.version, root);
    return attached;
}

} // namespace dbgscope
