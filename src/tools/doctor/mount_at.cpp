// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/mount_at.hpp"

#include <filesystem>
#include <vector>

#include "kernel/mountinfo.hpp"
#include "kernel/parse.hpp"
#include "kernel/proc_files.hpp"
#include "kernel/reader.hpp"

namespace dbgscope {
namespace {

// 36 35 98:0 /mnt1 /mnt2 rw,noexec shared:1 master:2 - ext3 /dev/root rw,errors=continue
std::optional<MountAt> read_line(std::string_view line)
{
    const std::vector<std::string> words = split_words(line);
    std::size_t dash = 6;
    while (dash < words.size() && words[dash] != "-")
        ++dash;
    MountAt mount;
    if (dash + 2 >= words.size() || !parse_number(words[0], mount.id) || !parse_number(words[1], mount.parent))
        return std::nullopt;
    mount.point = undo_escapes(words[4]);
    mount.type = words[dash + 1];
    mount.source = undo_escapes(words[dash + 2]);
    mount.noexec = has_option(words[5], "noexec");
    return mount;
}

bool lies_in(std::string_view path, std::string_view point)
{
    if (point == "/")
        return true;
    return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

} // namespace

std::optional<MountAt> mount_at(std::string_view mountinfo, std::string_view path)
{
    std::vector<MountAt> mounts;
    while (!mountinfo.empty())
        if (auto mount = read_line(next_line(mountinfo)))
            mounts.push_back(std::move(*mount));
    const MountAt *here = nullptr;
    for (const MountAt &mount : mounts) // the mount whose parent is not among those we see
        if (mount.point == "/" && (here == nullptr || mount.id == here->parent))
            here = &mount;
    for (std::size_t step = 0; here != nullptr && step < mounts.size(); ++step) {
        const MountAt *next = nullptr;
        for (const MountAt &mount : mounts) // of two on one mount, the one nearer its root hides the other
            if (mount.parent == here->id && mount.id != here->id && lies_in(path, mount.point) &&
                (next == nullptr || mount.point.size() < next->point.size()))
                next = &mount;
        if (next == nullptr)
            break;
        here = next;
    }
    return here == nullptr ? std::nullopt : std::optional(*here);
}

std::optional<MountAt> mount_at(const SysRoot &root, const std::string &path)
{
    Reader reader(root.root);
    const auto text = reader.read(kSelfMounts, Records::many);
    if (!text)
        return std::nullopt;
    std::error_code code;
    std::string real = std::filesystem::weakly_canonical(root.root + path, code).string();
    const std::string prefix = std::filesystem::weakly_canonical(root.root, code).string();
    if (real.empty())
        real = path;
    else if (!root.root.empty() && real.starts_with(prefix))
        real.erase(0, prefix.size());
    return mount_at(*text, real);
}

} // namespace dbgscope
