// SPDX-License-Identifier: Apache-2.0
#include "watch/ancestor_limits.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "sys/file.hpp"

namespace dbgscope {

AncestorLimits AncestorLimits::watch(const SessionPlace &place)
{
    AncestorLimits limits;
    limits.version_ = place.version;
    limits.events_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    std::string directory = place.scope;
    for (auto slash = directory.rfind('/'); slash != std::string::npos && slash > 0; slash = directory.rfind('/')) {
        directory.resize(slash);
        const std::string file = directory + '/' + file_name(CgroupFile::limit, place.version);
        if (limits.events_.valid() && ::inotify_add_watch(limits.events_.get(), file.c_str(), IN_MODIFY) >= 0)
            limits.directories_.push_back(directory);
    }
    if (limits.directories_.empty())
        limits.events_.reset();
    return limits;
}

AncestorLimits::Lowest AncestorLimits::read()
{
    std::array<char, 4096> events; // NOLINT: filled by read; which of the files it was does not matter
    while (::read(events_.get(), events.data(), events.size()) > 0) {
    }
    Lowest lowest;
    for (const std::string &directory : directories_) {
        const auto text = read_file(directory + '/' + file_name(CgroupFile::limit, version_));
        Limit limit;
        if (text && parse_limit(*text, limit) && limit < lowest.limit)
            lowest = {.limit = limit, .directory = directory};
    }
    return lowest;
}

Limit part_of_debuggee(Limit above, std::uint64_t beside)
{
    if (!above.finite())
        return above;
    return Limit(above.bytes() > 2 * beside ? above.bytes() - beside : above.bytes() / 2);
}

} // namespace dbgscope
