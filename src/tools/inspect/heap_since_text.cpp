// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "dbgscope/time_span.hpp"
#include "dbgscope/utf8.hpp"
#include "text/json.hpp"
#include "tools/inspect/heap_since.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/pprof.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kListed = 30; ///< sites of the table; --json has them all

std::string change_text(double bytes)
{
    return (bytes < 0 ? '-' : '+') + format_bytes(whole(bytes < 0 ? -bytes : bytes));
}

std::int64_t signed_whole(double value)
{
    return value < 0 ? -static_cast<std::int64_t>(whole(-value)) : static_cast<std::int64_t>(whole(value));
}

/// ", 3min 20s ago".
std::string age_text(std::int64_t then, std::int64_t now)
{
    if (then <= 0 || then > now)
        return "";
    const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(now - then));
    return fmt::format(", {} ago", format_time_span(seconds));
}

std::string row(const SinceSite &site)
{
    const std::string share = site.share > 0 ? fmt::format("{:.0f} %", site.share * 100) : "-";
    return fmt::format("{:>10} {:>10} {:>10} {:>+10} {:>6}  {}\n", change_text(site.grew()),
                       format_bytes(whole(site.before.bytes)), format_bytes(whole(site.now.bytes)),
                       signed_whole(site.now.objects - site.before.objects), share, frame_text(site.frame));
}

} // namespace

std::string heap_since_text(const HeapView &view, const HeapSince &since, bool stacks, std::int64_t unix_ns)
{
    std::string text = heap_head_text(view);
    text +=
        fmt::format("since      {}{}: {} then, {} now\n", printable(since.base), age_text(since.base_unix_ns, unix_ns),
                    format_bytes(whole(since.before.bytes)), format_bytes(whole(since.now.bytes)));
    if (since.strangers)
        text += "note       the two have no site in common: is the base another program's, or another build's?\n";
    if (since.sites.empty())
        return text + "\nNothing has changed.\n";
    text +=
        fmt::format("\n{:>10} {:>10} {:>10} {:>10} {:>6}  {}\n", "CHANGE", "BEFORE", "NOW", "OBJECTS", "SHARE", "SITE");
    for (std::size_t i = 0; i < std::min(since.sites.size(), kListed); ++i) {
        text += row(since.sites[i]);
        if (stacks)
            for (const Frame &caller : since.sites[i].callers)
                text += fmt::format("{:>53}< {}\n", "", frame_text(caller));
    }
    if (since.sites.size() <= kListed)
        return text;
    double rest = 0;
    for (std::size_t i = kListed; i < since.sites.size(); ++i)
        rest += since.sites[i].grew();
    return text + fmt::format("and {} more, {} in all\n", since.sites.size() - kListed, change_text(rest));
}

std::string heap_since_json(const HeapView &view, const HeapSince &since)
{
    Json object{{"schema", 1},
                {"program", escape_bytes(view.program)},
                {"go_version", view.go_version},
                {"base", escape_bytes(since.base)},
                {"ranked_by", view.with_recent ? "live_and_recent" : "live"},
                {"before_bytes", whole(since.before.bytes)},
                {"now_bytes", whole(since.now.bytes)},
                {"strangers", since.strangers}};
    if (view.pid != 0)
        object["pid"] = view.pid;
    if (since.base_unix_ns > 0)
        object["base_unix_ns"] = since.base_unix_ns;
    Json &sites = object["sites"] = Json::array();
    for (const SinceSite &site : since.sites) {
        Json one = frame_json(site.frame);
        one["before_bytes"] = whole(site.before.bytes);
        one["before_objects"] = whole(site.before.objects);
        one["now_bytes"] = whole(site.now.bytes);
        one["now_objects"] = whole(site.now.objects);
        one["grew_bytes"] = signed_whole(site.grew());
        one["grew_objects"] = signed_whole(site.now.objects - site.before.objects);
        one["share"] = site.share;
        one["callers"] = frames_json(site.callers);
        sites.push_back(std::move(one));
    }
    return object.dump({.ascii = true}) + '\n';
}

Result<std::string> heap_since_pprof(const HeapView &view, const Program &program, const PprofContents &base,
                                     std::int64_t unix_ns)
{
    PprofProfile profile = heap_profile_of(view.heap, program, view.with_recent, unix_ns);
    profile.add_comment("a difference: what was in use in the base is taken off");
    const std::optional<std::size_t> places[] = {base.kind("alloc_objects"), base.kind("alloc_space"),
                                                 base.kind("inuse_objects"), base.kind("inuse_space")};
    for (const PprofContents::Sample &sample : base.samples) {
        std::vector<Frame> frames;
        for (const std::uint32_t frame : sample.stack)
            frames.push_back(base.frames[frame]);
        std::vector<std::int64_t> values;
        for (const auto place : places) // turned without overflow
            values.push_back(place ? static_cast<std::int64_t>(-static_cast<std::uint64_t>(sample.values[*place])) : 0);
        profile.add(frames, values, sample.object_bytes);
    }
    return gzip(profile.message());
}

} // namespace dbgscope
