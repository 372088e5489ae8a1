// SPDX-License-Identifier: Apache-2.0
#include "kernel/delegation.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/parse.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace dbgscope {
namespace {

const char *procs_file()
{
    return file_name(CgroupFile::procs, 2);
}

std::vector<std::string> words_of(Reader &reader, int directory, const std::string &name)
{
    const auto text = reader.read_at(directory, name.c_str());
    return text ? split_words(*text) : std::vector<std::string>{};
}

/// One pid a line; we are one of them. EOPNOTSUPP in a threaded cgroup.
Fact<std::uint64_t> count_others(Reader &reader, const OwnDirectory &own)
{
    const auto text = reader.read_at(own.fd, procs_file(), Records::many);
    if (!text)
        return unknown(text.error(), own.dir + '/' + procs_file());
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(*text, '\n'));
    return lines > 0 ? lines - 1 : 0;
}

/// Why a directory below our own could not be made, or empty. The order of checks is the order of use.
std::string obstacle(bool v2, bool read_only, const OwnDirectory &own)
{
    if (read_only)
        return "the cgroup file system is mounted read-only";
    if (const int error = access_at(own.fd, ".", W_OK | X_OK); error != 0)
        return "mkdir in " + own.dir + ": " + std::strerror(error);
    if (!v2)
        return {};
    // v2: moving from our cgroup to its child needs write permission on the common ancestor's cgroup.procs.
    if (const int error = access_at(own.fd, procs_file(), W_OK); error != 0)
        return "write " + own.dir + "/cgroup.procs: " + std::strerror(error);
    return {};
}

} // namespace

Delegation read_delegation(Reader &reader, const CgroupMount &mount, const OwnDirectory &own)
{
    Delegation result;
    result.read_only = mount.read_only;
    // Only the real root lacks cgroup.type (v2) and only it has release_agent (v1).
    const Cgroup own_cgroup(own.fd, mount.v2 ? 2 : 1);
    const bool root_here = mount.v2 ? !own_cgroup.has(CgroupFile::type) : own_cgroup.has(CgroupFile::release_agent);
    result.real_root = own.path == "/" && root_here;
    result.namespace_root = own.path == "/" && !root_here;
    if (mount.v2) {
        // From the leaf sessions go beside it; another launch may be on its way to enabling the controllers for both.
        const bool in_leaf = own.path.ends_with(std::string("/") + kLeafName);
        result.controllers =
            words_of(reader, own.fd, std::string(in_leaf ? "../" : "") + file_name(CgroupFile::controllers, 2));
        result.subtree_control = words_of(reader, own.fd, file_name(CgroupFile::subtree_control, 2));
        if (result.real_root)
            result.other_processes = Fact<std::uint64_t>(Why::not_asked, "the real root may hold processes");
        else
            result.other_processes = count_others(reader, own);
    }
    result.detail = obstacle(mount.v2, mount.read_only, own);
    result.can_create = result.detail.empty();
    return result;
}

} // namespace dbgscope
