// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.hpp"

#include "kernel/own_cgroup.hpp"
#include "kernel/reader.hpp"
#include "probe/assume.hpp"
#include "probe/host.hpp"
#include "probe/meminfo.hpp"
#include "probe/systemd.hpp"

namespace dbgscope {

Facts probe(const SysRoot &root, Needs needs, const std::vector<std::string> &assume)
{
    const auto needed = [needs](Need need) { return (needs & static_cast<Needs>(need)) != 0; };
    const bool version = needed(Need::systemd_version);
    const bool systemd = needed(Need::systemd) || version;
    Facts facts;
    facts.host.uid = root.uid; // whoever asks for anything wants to know who asks
    facts.host.gid = root.gid;
    facts.host.terminal = root.terminal;
    Reader reader(root.root);
    const bool cgroup = needed(Need::cgroup) || needed(Need::chain_detail) || systemd;
    if (cgroup)
        probe_cgroup(reader, needed(Need::chain_detail) ? ChainDetail::full : ChainDetail::basic, facts.cgroup);
    if (needed(Need::memory))
        probe_memory(reader, facts.memory);
    if (needed(Need::pressure))
        probe_system_pressure(reader, facts.memory);
    if (systemd)
        probe_systemd(reader, root, facts.cgroup, facts.systemd);
    if (version)
        probe_systemd_version(root, facts.systemd);
    if (needed(Need::kernel) || needed(Need::host))
        probe_kernel(reader, facts.cgroup, facts.host);
    if (needed(Need::sampling) || needed(Need::host))
        probe_sampling(reader, facts.host);
    if (!cgroup)
        facts.host.cgroup_kill = {}; // whether v2 is mounted was not looked at
    if (needed(Need::host))
        probe_host(reader, root, facts.host);
    else if (needed(Need::kernel) && facts.cgroup.delegation.read_only)
        probe_container(reader, root, facts.host); // a launch says what that one needs
    apply_assume(assume, facts);
    return facts;
}

} // namespace dbgscope
