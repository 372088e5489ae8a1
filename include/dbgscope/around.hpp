// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "dbgscope/bytes.hpp"
#include "dbgscope/fields.hpp"

// A session without a cgroup of its own.
namespace dbgscope {

/// How a debuggee that no cgroup holds is stopped: by what its debugger shows best as a stop.
enum class SoftStop : std::uint8_t {
    none,
    trap,       ///< SIGTRAP to the debuggee: gdb and lldb stop at it and do not pass it on
    interrupt,  ///< SIGINT to the debugger, as Ctrl-C does: dlv at its own prompt
    allocation, ///< the call that asks the kernel for more waits: dlv for a client, which would pass a signal on
    suspend,    ///< SIGSTOP while the snapshot is taken: a command of `run`, which nobody debugs
};
constexpr std::array<Named<SoftStop>, 5> enum_names(SoftStop)
{
    return {{{SoftStop::none, "none"},
             {SoftStop::trap, "trap"},
             {SoftStop::interrupt, "interrupt"},
             {SoftStop::allocation, "allocation"},
             {SoftStop::suspend, "suspend"}}};
}

/// Where no cgroup of our own can be made: the one that all of the session shares with others, and how debuggees are
/// known and stopped there.
struct Around {
    int version = 0;       ///< of its hierarchy; 0: none is visible
    std::string directory; ///< our own
    std::string limiting;  ///< the one of it and those above that limits most
    std::string name;      ///< "the container", "/user.slice"
    Limit limit;
    bool knows_debuggees = false; ///< the seccomp filter tells of them
    SoftStop stop = SoftStop::none;
    Limit data_limit; ///< RLIMIT_DATA of each debuggee (--rlimit-data); infinity: left as it is
    bool operator==(const Around &) const = default;
};

void fields(auto &visit, Is<Around> auto &around)
{
    visit("cgroup_version", around.version);
    visit("directory", around.directory);
    visit("limiting_directory", around.limiting);
    visit("name", around.name);
    visit("limit_bytes", around.limit);
    visit("knows_debuggees", around.knows_debuggees);
    visit("stop", around.stop);
    visit("data_limit_bytes", around.data_limit);
}

} // namespace dbgscope
