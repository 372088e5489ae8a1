// SPDX-License-Identifier: Apache-2.0
#include "kernel/mountinfo.hpp"
#include "kernel/parse.hpp"

#include <algorithm>
#include <array>

namespace dbgscope {

std::string undo_escapes(std::string_view field)
{
    std::string out;
    out.reserve(field.size());
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size() && octal(field[i + 1]) && octal(field[i + 2]) &&
            octal(field[i + 3])) {
            out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
            i += 3;
        } else {
            out += field[i];
        }
    }
    return out;
}

bool has_option(std::string_view options, std::string_view name)
{
    while (!options.empty()) {
        const auto end = options.find(',');
        if (options.substr(0, end) == name)
            return true;
        options.remove_prefix(end == std::string_view::npos ? options.size() : end + 1);
    }
    return false;
}

namespace {

std::string_view next_field(std::string_view &line)
{
    const auto end = line.find(' ');
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return field;
}

// 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
std::optional<CgroupMount> parse_line(std::string_view line)
{
    const auto dash = line.find(" - cgroup");
    if (dash == std::string_view::npos)
        return std::nullopt;
    std::string_view tail = line.substr(dash + 3);
    const std::string_view type = next_field(tail);
    (void)next_field(tail); // source: anything
    const std::string_view super_options = next_field(tail);
    if (type != "cgroup" && type != "cgroup2")
        return std::nullopt;

    std::string_view head = line.substr(0, dash);
    for (int skipped = 0; skipped < 3; ++skipped)
        (void)next_field(head); // mount id, parent id, major:minor
    CgroupMount mount;
    mount.v2 = type == "cgroup2";
    mount.root = undo_escapes(next_field(head));
    mount.point = undo_escapes(next_field(head));
    mount.read_only = has_option(next_field(head), "ro") || has_option(super_options, "ro");
    mount.memory = !mount.v2 && has_option(super_options, "memory");
    mount.named =
        !mount.v2 && (super_options.starts_with("name=") || super_options.find(",name=") != std::string::npos);
    if (!mount.root.starts_with('/') || !mount.point.starts_with('/'))
        return std::nullopt;
    return mount;
}

/// No empty, "." or ".." component: such a path cannot be followed by name.
bool plain(std::string_view relative)
{
    while (!relative.empty()) {
        const auto end = relative.find('/');
        const std::string_view part = relative.substr(0, end);
        if (part.empty() || part == "." || part == "..")
            return false;
        relative.remove_prefix(end == std::string_view::npos ? relative.size() : end + 1);
    }
    return true;
}

int rank(const CgroupMount &mount)
{
    constexpr std::array kUsual{"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"};
    const bool usual = std::ranges::find(kUsual, mount.point) != kUsual.end();
    const auto depth = mount.root == "/" ? 0 : std::min<long>(std::ranges::count(mount.root, '/'), 1000);
    return (mount.read_only ? 0 : 10000) - static_cast<int>(depth) * 2 + (usual ? 1 : 0);
}

} // namespace

std::vector<CgroupMount> parse_mountinfo(std::string_view text)
{
    std::vector<CgroupMount> mounts;
    while (!text.empty())
        if (auto mount = parse_line(next_line(text)))
            mounts.push_back(std::move(*mount));
    return mounts;
}

std::optional<std::string_view> below_root(std::string_view mount_root, std::string_view path)
{
    if (mount_root == "/")
        mount_root = {};
    if (!path.starts_with('/') || !path.starts_with(mount_root))
        return std::nullopt;
    path.remove_prefix(mount_root.size());
    if (!path.empty() && path.front() != '/')
        return std::nullopt; // "/docker/1" does not contain "/docker/12"
    if (!path.empty())
        path.remove_prefix(1);
    if (!plain(path))
        return std::nullopt;
    return path;
}

std::vector<const CgroupMount *> mounts_showing(const std::vector<CgroupMount> &mounts, bool v2, std::string_view path)
{
    std::vector<const CgroupMount *> found;
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount)
        if (mount->v2 == v2 && (v2 || mount->memory) && below_root(mount->root, path))
            found.push_back(&*mount);
    std::ranges::stable_sort(found, [](const CgroupMount *a, const CgroupMount *b) { return rank(*a) > rank(*b); });
    return found;
}

} // namespace dbgscope
