// SPDX-License-Identifier: Apache-2.0
#include "doctor/mount_at.hpp"

#include <filesystem>
#include <vector>

#include "probe/reader.hpp"

namespace dbgscope {
namespace {

/// "\040" is a blank; the kernel escapes blank, tab, newline and the backslash.
std::string unescaped(std::string_view text)
{
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    return out;
}

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
    mount.point = unescaped(words[4]);
    mount.type = words[dash + 1];
    mount.source = unescaped(words[dash + 2]);
    mount.noexec = ("," + words[5] + ",").find(",noexec,") != std::string::npos;
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
    const auto text = reader.read("/proc/self/mountinfo", Records::many);
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
