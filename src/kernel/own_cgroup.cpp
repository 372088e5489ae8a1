// SPDX-License-Identifier: Apache-2.0
#include "kernel/own_cgroup.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel/cgroup_files.hpp"
#include "kernel/delegation.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::string_view kDeleted = " (deleted)"; ///< the kernel's suffix for the cgroup of a dying process (v2)

bool has_token(std::string_view list, std::string_view token)
{
    while (!list.empty()) {
        const auto end = list.find(',');
        if (list.substr(0, end) == token)
            return true;
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return false;
}

/// Where a cgroup is in the file system.
struct Place {
    const CgroupMount *mount;
    std::string_view relative; ///< below mount->root
    std::string dir() const
    {
        if (relative.empty())
            return mount->point;
        return mount->point + (mount->point.ends_with('/') ? "" : "/") + std::string(relative);
    }
};

/// The best mount that shows `path`. Where several do, one may be hidden under a later mount: the first that really
/// has the directory wins.
std::optional<Place> find_place(const Reader &reader, const std::vector<CgroupMount> &mounts, bool v2,
                                std::string_view path)
{
    const auto candidates = mounts_showing(mounts, v2, path);
    for (const CgroupMount *const mount : candidates) {
        const Place place{mount, *below_root(mount->root, path)};
        const bool judged = candidates.size() > 1 || path.ends_with(kDeleted);
        if (!judged || reader.exists(place.dir()))
            return place;
    }
    // A living cgroup may be called "x (deleted)"; only when that does not exist it is the kernel's remark.
    if (path.ends_with(kDeleted))
        return find_place(reader, mounts, v2, path.substr(0, path.size() - kDeleted.size()));
    if (!candidates.empty())
        return Place{candidates.front(), *below_root(candidates.front()->root, path)};
    return std::nullopt;
}

Layout layout_of(const std::vector<CgroupMount> &mounts)
{
    const bool v2 = std::ranges::any_of(mounts, &CgroupMount::v2);
    const bool v1 = std::ranges::any_of(mounts, [](const CgroupMount &mount) { return !mount.v2 && !mount.named; });
    if (v2)
        return v1 ? Layout::hybrid : Layout::v2;
    return v1 ? Layout::v1 : Layout::none;
}

/// cgroup2: its mount, and our own directory when the mount shows it.
std::optional<Place> find_unified(const Reader &reader, const std::vector<CgroupMount> &mounts, const OwnCgroups &own,
                                  CgroupFacts &cgroup)
{
    std::optional<Place> place;
    if (own.unified)
        place = find_place(reader, mounts, true, *own.unified);
    if (place) {
        cgroup.unified_mount = place->mount->point;
        cgroup.unified_dir = place->dir();
    } else if (const auto any = std::ranges::find_if(mounts, &CgroupMount::v2); any != mounts.end()) {
        cgroup.unified_mount = any->point;
    }
    return place;
}

/// cgroup2 carries memory when its outermost visible directory has the controller.
bool unified_has_memory(Reader &reader, const CgroupMount &mount)
{
    const auto text = reader.read((mount.point + '/' + file_name(CgroupFile::controllers, 2)).c_str());
    if (!text)
        return false;
    const auto controllers = split_words(*text);
    return std::ranges::find(controllers, "memory") != controllers.end();
}

std::string outside(std::string_view path, const std::vector<CgroupMount> &mounts, bool v2)
{
    for (const CgroupMount &mount : mounts)
        if (mount.v2 == v2 && (v2 || mount.memory))
            return "our cgroup " + std::string(path) + " is not below " + mount.root +
                   ", which is what is mounted at " + mount.point;
    return std::string("no cgroup ") + (v2 ? "v2" : "v1 memory") + " file system is mounted here";
}

/// The hierarchy with the memory controller as we can see it, or nothing and the reason.
std::optional<Place> find_memory(Reader &reader, const std::vector<CgroupMount> &mounts, const OwnCgroups &own,
                                 const std::optional<Place> &unified, std::string &reason)
{
    if (own.memory_v1) {
        auto place = find_place(reader, mounts, false, *own.memory_v1);
        if (!place)
            reason = outside(*own.memory_v1, mounts, false);
        return place;
    }
    if (!own.unified) {
        reason = "/proc/self/cgroup names no hierarchy with a memory controller";
        return std::nullopt;
    }
    if (!unified) {
        reason = outside(*own.unified, mounts, true);
        return std::nullopt;
    }
    if (!unified_has_memory(reader, *unified->mount)) {
        reason = "the memory controller is not enabled in " + unified->mount->point;
        return std::nullopt;
    }
    return unified;
}

} // namespace

// 4:memory:/user.slice/user-1000.slice
// 0::/user.slice/user-1000.slice/session-3.scope
OwnCgroups parse_self_cgroup(std::string_view text)
{
    OwnCgroups own;
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos)
            continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string_view path = line.substr(second + 1);
        if (!path.starts_with('/'))
            continue;
        if (controllers.empty() && line.substr(0, first) == "0")
            own.unified = path;
        else if (has_token(controllers, "memory"))
            own.memory_v1 = path;
    }
    return own;
}

Result<std::string> read_self_cgroup()
{
    return read_file(kSelfCgroup);
}

void probe_cgroup(Reader &reader, ChainDetail detail, CgroupFacts &cgroup)
{
    const auto self = reader.read(kSelfCgroup);
    if (!self) {
        cgroup.delegation.detail = unknown(self.error(), kSelfCgroup).detail;
        return;
    }
    cgroup.self = *self;
    const auto mountinfo = reader.read(kSelfMounts, Records::many);
    if (!mountinfo) {
        cgroup.delegation.detail = unknown(mountinfo.error(), kSelfMounts).detail;
        return;
    }
    const auto mounts = parse_mountinfo(*mountinfo);
    const OwnCgroups own = parse_self_cgroup(cgroup.self);
    cgroup.layout = layout_of(mounts);
    const auto unified = find_unified(reader, mounts, own, cgroup);
    const auto place = find_memory(reader, mounts, own, unified, cgroup.delegation.detail);
    if (!place)
        return;

    const UniqueFd directory = read_chain(reader, *place->mount, place->relative, detail, cgroup.memory);
    const CgroupLevel &last = cgroup.memory.chain.back();
    Fact<Limit> invisible;
    // Only v1's real root has release_agent: with it at the top, no ancestor is hidden from us.
    if (!place->mount->v2 && directory.valid() &&
        !reader.exists(place->mount->point + '/' + file_name(CgroupFile::release_agent, 1)))
        invisible = read_hierarchical_limit(reader, directory.get(), last.dir + '/' + file_name(CgroupFile::stat, 1));
    judge_chain(cgroup.memory, invisible);
    if (directory.valid()) {
        cgroup.delegation = read_delegation(reader, *place->mount, {directory.get(), last.dir, last.path});
    } else {
        cgroup.delegation.read_only = place->mount->read_only;
        cgroup.delegation.detail = "our cgroup " + last.path + " has no directory any more";
        if (const auto again = reader.open_directory(last.dir); !again.valid() && errno != ENOENT) // EMFILE, EACCES
            cgroup.delegation.detail = unknown(errno, last.dir).detail;
    }
}

} // namespace dbgscope
