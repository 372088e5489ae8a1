// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"
#include "text/json.hpp"
#include "tools/inspect/growth.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/pprof.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kListed = 30; ///< sites of the table; --json and a profile have them all
constexpr std::chrono::milliseconds kShown{100};
constexpr double kWellSampled = 0.75; ///< below, the reason is said

std::string heading(const GrowthView &view)
{
    std::string text =
        fmt::format("Growth of process {} ({}), watched for {}{}; ", view.pid, printable(view.program),
                    format_time_span(view.watched - view.watched % kShown), view.ended ? ", until it ended" : "");
    text += fmt::format("1 page fault of {} sampled, {} samples", view.period, view.samples);
    if (view.lost > 0)
        text += fmt::format(", {} lost and made up for", view.lost);
    if (view.left_out > 0)
        text += fmt::format(", {} left out to spare it and made up for", view.left_out);
    return text + '\n';
}

std::string sums(const GrowthView &view)
{
    std::string text;
    const double sampled = view.sampled_bytes + view.go_bytes;
    double grew = 0;
    if (view.before_bytes && view.now_bytes) {
        grew = static_cast<double>(*view.now_bytes) - static_cast<double>(*view.before_bytes);
        text += fmt::format("process    {} of memory then, {} {}\n", format_bytes(*view.before_bytes),
                            format_bytes(*view.now_bytes), view.ended ? "last" : "now");
    }
    text += "sampled    " + format_bytes(whole(sampled));
    if (grew > 0)
        text += fmt::format(" of {} that it grew", format_bytes(whole(grew)));
    text += '\n';
    if (grew > 0 && sampled < kWellSampled * grew)
        text += view.with_kernel ? "note       of the rest no sample was taken: it is too little for that, or was "
                                   "given back and taken again\n"
                                 : "note       memory that a system call touched first (read(2) into a fresh buffer) "
                                   "is seen by root alone\n";
    if (view.go_bytes > 0)
        text += fmt::format("Go         {} of that for Go itself: dbgscope heap names who holds it\n",
                            format_bytes(whole(view.go_bytes)));
    return text;
}

} // namespace

std::string growers_text(const GrowthView &view)
{
    constexpr std::size_t kNamed = 3;
    constexpr double kLeastShare = 0.05;
    std::string text;
    for (std::size_t i = 0; i < view.sites.size() && i < kNamed && view.sites[i].share >= kLeastShare; ++i) {
        const GrowthSite &site = view.sites[i];
        text += fmt::format("{}{} {} ({:.0f} %)", i == 0 ? "" : ", ", frame_text(site.frame),
                            format_bytes(whole(site.bytes)), site.share * 100);
    }
    return text;
}

std::string growth_text(const GrowthView &view, bool stacks)
{
    std::string text = heading(view) + sums(view);
    if (view.sites.empty())
        return text + (view.go_bytes > 0 ? "\nNothing grew outside of Go.\n" : "\nNothing was seen to grow.\n");
    text += fmt::format("\n{:>10} {:>10} {:>6}  {}\n", "GREW BY", "SAMPLES", "SHARE", "SITE");
    for (std::size_t i = 0; i < std::min(view.sites.size(), kListed); ++i) {
        const GrowthSite &site = view.sites[i];
        text += fmt::format("{:>10} {:>10} {:>4.0f} %  {}\n", format_bytes(whole(site.bytes)), site.samples,
                            site.share * 100, frame_text(site.frame));
        if (stacks)
            for (const Frame &caller : site.callers)
                text += fmt::format("{:>31}< {}\n", "", frame_text(caller));
    }
    if (view.sites.size() > kListed)
        text += fmt::format("and {} more\n", view.sites.size() - kListed);
    return text;
}

std::string growth_json(const GrowthView &view)
{
    Json object{{"schema", 1},
                {"program", escape_bytes(view.program)},
                {"pid", view.pid},
                {"watched_ms", view.watched.count()},
                {"ended", view.ended},
                {"sampled_bytes", whole(view.sampled_bytes)},
                {"go_bytes", whole(view.go_bytes)},
                {"samples", view.samples},
                {"lost", view.lost},
                {"period", view.period},
                {"with_kernel", view.with_kernel}};
    if (view.before_bytes)
        object["before_bytes"] = *view.before_bytes;
    if (view.now_bytes)
        object["now_bytes"] = *view.now_bytes;
    Json &sites = object["sites"] = Json::array();
    for (const GrowthSite &site : view.sites) {
        Json one = frame_json(site.frame);
        one["bytes"] = whole(site.bytes);
        one["samples"] = site.samples;
        one["share"] = site.share;
        one["callers"] = frames_json(site.callers);
        sites.push_back(std::move(one));
    }
    return object.dump({.ascii = true}) + '\n';
}

Result<std::string> growth_pprof(const GrowthView &view, std::int64_t unix_ns)
{
    PprofProfile profile({{"growth_faults", "count"}, {"growth_space", "bytes"}});
    profile.set_period({"faults", "count"}, static_cast<std::int64_t>(view.period));
    profile.set_time(unix_ns);
    profile.add_comment("memory by the code that touched it first; what was given back is left out");
    for (const GrowthSite &site : view.sites) {
        std::vector<Frame> stack{site.frame};
        stack.insert(stack.end(), site.callers.begin(), site.callers.end());
        profile.add(stack, {static_cast<std::int64_t>(site.samples * view.period),
                            static_cast<std::int64_t>(whole(site.bytes))});
    }
    return gzip(profile.message());
}

} // namespace dbgscope
