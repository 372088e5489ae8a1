// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/holder_line.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"
#include "tools/inspect/large_site.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kNamed = 3;
constexpr double kLeastShare = 0.05;
constexpr rlim_t kMostMemory = 512 * kMiB;

} // namespace

std::string holders_text(const HeapView &view)
{
    const std::vector<LargeSite> sites = largest_sites(view);
    std::string text;
    for (std::size_t i = 0; i < sites.size() && i < kNamed && sites[i].share >= kLeastShare; ++i)
        text += fmt::format("{}{} {} ({:.0f} %)", i == 0 ? "" : ", ", frame_text(sites[i].frame),
                            format_bytes(sites[i].bytes), sites[i].share * 100);
    if (text.empty())
        return text;
    if (view.gc.cycles && !view.with_recent)
        text += fmt::format("; as of GC {}", *view.gc.cycles);
    return text;
}

void become_dispensable(unsigned seconds, int nice)
{
    (void)::alarm(seconds); // its default action ends us
    (void)::setpriority(PRIO_PROCESS, 0, nice);
    const rlimit most{.rlim_cur = kMostMemory, .rlim_max = kMostMemory};
    (void)::setrlimit(RLIMIT_AS, &most);
    // When the session as a whole runs out of memory, this goes first and not the program that is held.
    (void)write_at(AT_FDCWD, kSelfOomScore, "1000").has_value();
}

} // namespace dbgscope
