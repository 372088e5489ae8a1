// SPDX-License-Identifier: Apache-2.0
#include "kernel/slices.hpp"

#include "kernel/memory_chain.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/proc_files.hpp"

namespace dbgscope {

std::string slice_path(std::string_view slice)
{
    constexpr std::string_view kSuffix = ".slice";
    std::string path;
    if (!slice.ends_with(kSuffix) || slice == "-.slice")
        return path;
    const std::string_view name = slice.substr(0, slice.size() - kSuffix.size());
    for (auto dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1))
        path += '/' + std::string(name.substr(0, dash)) + std::string(kSuffix);
    return path + '/' + std::string(slice);
}

std::optional<std::string> manager_root(Reader &reader, int version)
{
    constexpr std::string_view kOwnScope = "/init.scope";
    const auto text = reader.read(kInitCgroup);
    if (!text)
        return std::nullopt;
    const OwnCgroups first = parse_self_cgroup(*text);
    std::string_view path = (version == 1 ? first.memory_v1 : first.unified).value_or("");
    if (path.empty())
        return std::nullopt;
    if (path.ends_with(kOwnScope))
        path.remove_suffix(kOwnScope.size());
    return std::string(path == "/" ? "" : path);
}

std::optional<MemoryHierarchy> read_place(Reader &reader, const MemoryHierarchy &own, std::string_view path)
{
    if (own.version == 0 || own.chain.empty())
        return std::nullopt;
    CgroupMount mount;
    mount.point = own.mount;
    mount.root = own.chain.front().path;
    mount.v2 = own.v2();
    const auto relative = below_root(mount.root, path);
    if (!relative)
        return std::nullopt;
    MemoryHierarchy memory;
    (void)read_chain(reader, mount, *relative, ChainDetail::basic, memory);
    judge_chain(memory, {});
    return memory;
}

} // namespace dbgscope
