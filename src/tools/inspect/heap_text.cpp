// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/utf8.hpp"
#include "tools/inspect/gc_text.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kListed = 30; ///< sites of the table; --json and a profile have them all

std::string bytes_text(double bytes)
{
    return format_bytes(whole(bytes));
}

std::string heading(const HeapView &view)
{
    const std::string whose = view.pid != 0 ? fmt::format("process {}", view.pid) : "the core file";
    std::string text = fmt::format("Go heap of {} ({}{}{})", whose, printable(view.program),
                                   view.go_version.empty() ? "" : ", ", view.go_version);
    if (view.gc.cycles)
        text += *view.gc.cycles == 0 ? ", before its first GC" : fmt::format(", as of GC {}", *view.gc.cycles);
    return text + (view.heap.rate > 1 ? fmt::format("; 1 sample per {}\n", format_bytes(view.heap.rate)) : "\n");
}

/// How the profile, the runtime's own count and the process' memory fit together.
std::string sums(const HeapView &view)
{
    std::string text = fmt::format("sampled    {} live", bytes_text(view.live.bytes));
    if (view.recent.bytes > 0)
        text += fmt::format(", {} allocated since that GC", bytes_text(view.recent.bytes));
    if (view.anonymous_bytes)
        text += fmt::format("\nprocess    {} of memory", format_bytes(*view.anonymous_bytes));
    if (view.anonymous_bytes && view.gc.mapped_bytes && *view.anonymous_bytes > *view.gc.mapped_bytes)
        text += fmt::format(", {} of it outside Go", format_bytes(*view.anonymous_bytes - *view.gc.mapped_bytes));
    return text + '\n';
}

std::string rows(const HeapView &view, bool stacks)
{
    std::string text =
        fmt::format("\n{:>10} {:>10} {:>10} {:>6}  {}\n", "BYTES", "SINCE GC", "OBJECTS", "SHARE", "SITE");
    for (std::size_t i = 0; i < std::min(view.sites.size(), kListed); ++i) {
        const HeapSite &site = view.sites[i];
        const double objects = site.live.objects + (view.with_recent ? site.recent.objects : 0);
        text += fmt::format("{:>10} {:>10} {:>10} {:>4.0f} %  {}\n", bytes_text(site.live.bytes),
                            site.recent.bytes > 0 ? bytes_text(site.recent.bytes) : "-", whole(objects),
                            site.share * 100, frame_text(site.frame));
        if (stacks)
            for (const Frame &caller : site.callers)
                text += fmt::format("{:>42}< {}\n", "", frame_text(caller));
    }
    if (view.sites.size() > kListed) {
        double rest = 0;
        for (std::size_t i = kListed; i < view.sites.size(); ++i)
            rest += view.sites[i].share;
        text += fmt::format("and {} more, {:.1f} % of it\n", view.sites.size() - kListed, rest * 100);
    }
    return text;
}

} // namespace

std::string frame_text(const Frame &frame)
{
    std::string text = printable(frame.function);
    if (frame.file.empty())
        return text;
    text += ' ' + printable(std::string_view(frame.file).substr(frame.file.rfind('/') + 1));
    return frame.line > 0 ? fmt::format("{}:{}", text, frame.line) : text;
}

std::string heap_head_text(const HeapView &view)
{
    std::string text = heading(view) + gc_text(view.gc) + sums(view);
    if (view.with_recent)
        text += "ranked     by what is live and what came since together: most came since the last GC\n";
    if (view.heap.torn > 0)
        text += fmt::format("note       {} records changed while they were read and are not counted\n", view.heap.torn);
    if (view.heap.cut_short)
        text += "note       the list of records ended in unreadable memory: what follows is a part of it\n";
    return text;
}

std::string heap_text(const HeapView &view, bool stacks)
{
    const std::string text = heap_head_text(view);
    if (view.sites.empty())
        return text + "\nNothing has been sampled yet.\n";
    return text + rows(view, stacks);
}

} // namespace dbgscope
