// SPDX-License-Identifier: Apache-2.0
#include "watch/ancestor_limits.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "kernel/cgroup_files.hpp"

namespace dbgscope {

AncestorLimits AncestorLimits::watch(const SessionPlace &place)
{
    AncestorLimits limits;
    UniqueFd events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    bool any = false;
    std::string directory = place.scope;
    for (auto slash = directory.rfind('/'); slash != std::string::npos && slash > 0; slash = directory.rfind('/')) {
        directory.resize(slash);
        const std::string file = directory + '/' + file_name(CgroupFile::limit, place.version);
        any = ::inotify_add_watch(events.get(), file.c_str(), IN_MODIFY) >= 0 || any;
    }
    if (any)
        limits.events_ = std::move(events);
    return limits;
}

void AncestorLimits::drain()
{
    std::array<char, 4096> events; // NOLINT: filled by read; which of the files it was does not matter
    while (::read(events_.get(), events.data(), events.size()) > 0) {
    }
}

} // namespace dbgscope
