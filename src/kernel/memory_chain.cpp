// SPDX-License-Identifier: Apache-2.0
#include "kernel/memory_chain.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "kernel/pressure.hpp"

namespace dbgscope {
namespace {

/// The files of one cgroup directory as facts. `error` is set instead of `directory` when it could not be opened.
struct LevelReader {
    Reader &reader;
    int directory;
    int error;
    const std::string &dir;
    bool outermost;
    int version;

    Reader::Text text(CgroupFile file) const
    {
        if (directory < 0)
            return std::unexpected(error);
        return reader.read_at(directory, file_name(file, version));
    }
    std::string path(CgroupFile file) const { return dir + '/' + file_name(file, version); }

    Fact<Limit> limit(CgroupFile file) const
    {
        const auto found = text(file);
        if (!found)
            return unknown(found.error(), path(file));
        Limit value;
        if (!parse_limit(*found, value))
            return malformed(path(file), *found);
        return value;
    }
    Fact<std::uint64_t> number(CgroupFile file) const
    {
        const auto found = text(file);
        if (!found)
            return unknown(found.error(), path(file));
        std::uint64_t value = 0;
        if (!parse_number(*found, value))
            return malformed(path(file), *found);
        return value;
    }
};

/// "inactive_file 4096" of a memory.stat.
Fact<std::uint64_t> stat_value(const Reader::Text &stat, std::string_view key, std::string_view path)
{
    if (!stat)
        return unknown(stat.error(), path);
    std::string_view text = *stat;
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ' ')
            continue;
        std::uint64_t value = 0;
        if (!parse_number(line.substr(key.size() + 1), value))
            return malformed(path, line);
        return value;
    }
    return Fact<std::uint64_t>(Why::absent, std::string(path) + " has no " + std::string(key));
}

/// Headroom is a limit less the usage below it. The outermost level's usage counts for a limit we cannot see.
bool wants_usage(const LevelReader &files, ChainDetail detail, const CgroupLevel &level)
{
    return detail == ChainDetail::full || files.outermost || (level.max && level.max->finite());
}

void read_details(const LevelReader &files, CgroupLevel &level)
{
    const bool alone = has_file(CgroupFile::swap_limit, files.version); // else of memory and swap together
    level.swap_max = files.limit(alone ? CgroupFile::swap_limit : CgroupFile::both_limit);
    if (alone)
        level.swap_current = files.number(CgroupFile::swap_usage);
    level.peak = files.number(CgroupFile::peak);
    const std::string path = files.path(CgroupFile::stat);
    const auto stat = files.text(CgroupFile::stat);
    if (!alone)
        level.swap_current = stat_value(stat, "total_swap", path);
    level.inactive_file = stat_value(stat, alone ? "inactive_file" : "total_inactive_file", path);
    // Of v1 too: there is none, which is what the fact says then.
    const char *const pressure = file_name(CgroupFile::pressure, 2);
    const std::string pressure_path = level.dir + '/' + pressure;
    if (files.directory < 0)
        level.memory_pressure = unknown(files.error, pressure_path);
    else
        level.memory_pressure = read_pressure(files.reader, files.directory, pressure, pressure_path);
}

void read_level(const LevelReader &files, ChainDetail detail, CgroupLevel &level)
{
    level.max = files.limit(CgroupFile::limit);
    level.current = wants_usage(files, detail, level) ? files.number(CgroupFile::usage) : Fact<std::uint64_t>();
    level.high = has_file(CgroupFile::high, files.version) ? files.limit(CgroupFile::high)
                                                           : Fact<Limit>(Why::absent, "cgroup v1 has no memory.high");
    if (detail == ChainDetail::full)
        read_details(files, level);
}

} // namespace

UniqueFd read_chain(Reader &reader, const CgroupMount &mount, std::string_view relative, ChainDetail detail,
                    MemoryHierarchy &memory)
{
    memory.version = mount.v2 ? 2 : 1;
    memory.mount = mount.point;
    memory.chain.reserve(static_cast<std::size_t>(std::ranges::count(relative, '/')) + 2);
    UniqueFd directory = reader.open_directory(mount.point);
    int error = directory.valid() ? 0 : errno;
    CgroupLevel level;
    level.path = mount.root;
    level.dir = mount.point;
    for (;;) {
        read_level({reader, directory.get(), error, level.dir, memory.chain.empty(), memory.version}, detail, level);
        memory.chain.push_back(level);
        if (relative.empty())
            return directory;
        const auto end = relative.find('/');
        const std::string name(relative.substr(0, end));
        relative.remove_prefix(end == std::string_view::npos ? relative.size() : end + 1);
        if (!level.path.ends_with('/'))
            level.path += '/';
        level.path += name;
        level.dir += '/' + name;
        if (directory.valid()) {
            directory.reset(::openat(directory.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
            error = directory.valid() ? 0 : errno;
        }
    }
}

Fact<Limit> read_hierarchical_limit(Reader &reader, int own_directory, std::string_view path)
{
    const auto found =
        stat_value(reader.read_at(own_directory, file_name(CgroupFile::stat, 1)), "hierarchical_memory_limit", path);
    if (!found)
        return Fact<Limit>(found.why(), found.detail());
    Limit limit;
    (void)parse_limit(std::to_string(*found), limit); // v1's "unlimited" becomes infinity
    return limit;
}

void judge_chain(MemoryHierarchy &memory, const Fact<Limit> &invisible)
{
    memory.effective = Limit();
    memory.binding.reset();
    memory.headroom = Fact<std::uint64_t>(Why::absent, "no visible cgroup has a memory limit");
    const auto tighten = [&memory](Limit max, const Fact<std::uint64_t> &current) {
        if (!current) {
            if (!memory.headroom)
                memory.headroom = Fact<std::uint64_t>(current.why(), current.detail());
            return;
        }
        const std::uint64_t room = max.bytes() - std::min(*current, max.bytes());
        memory.headroom = memory.headroom ? std::min(*memory.headroom, room) : room;
    };
    for (std::size_t i = 0; i < memory.chain.size(); ++i) {
        const CgroupLevel &level = memory.chain[i];
        if (!level.max || !level.max->finite())
            continue;
        tighten(*level.max, level.current);
        // Of equal limits the outermost binds: what its other children use counts there too.
        if (*level.max < memory.effective) {
            memory.effective = *level.max;
            memory.binding = i;
        }
    }
    if (invisible && *invisible < memory.effective && !memory.chain.empty()) {
        // The ancestor's usage is at least that of the outermost cgroup we see, so this is the most there can be left.
        memory.effective = *invisible;
        memory.binding.reset();
        tighten(*invisible, memory.chain.front().current);
    }
}

} // namespace dbgscope
