// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/large_site.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "tools/inspect/growth.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {
namespace {

constexpr double kLeastShare = 0.01;

/// Up to the next NUL, which is taken, too; nothing: there is none.
std::optional<std::string_view> take_part(std::string_view &bytes)
{
    const auto end = bytes.find('\0');
    if (end == std::string_view::npos)
        return std::nullopt;
    const std::string_view part = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return part;
}

template <class Number> bool take_number(std::string_view &bytes, Number &value)
{
    const auto part = take_part(bytes);
    return part && std::from_chars(part->data(), part->data() + part->size(), value).ptr == part->data() + part->size();
}

} // namespace

std::vector<LargeSite> largest_sites(const HeapView &view)
{
    // What was allocated since the last collection is partly garbage: together they hold no more than there is.
    const auto in_use = static_cast<double>(view.gc.heap_live_bytes.value_or(0));
    const bool inflated = view.with_recent && in_use > 0 && view.ranked_bytes > in_use;
    std::vector<LargeSite> sites;
    for (const HeapSite &site : view.sites) {
        if (sites.size() == kMostLargeSites || site.share < kLeastShare)
            break;
        const double bytes =
            inflated ? site.share * in_use : site.live.bytes + (view.with_recent ? site.recent.bytes : 0);
        sites.push_back({site.frame, whole(bytes), site.share});
    }
    return sites;
}

std::vector<LargeSite> largest_sites(const GrowthView &view)
{
    std::vector<LargeSite> sites;
    for (const GrowthSite &site : view.sites) {
        if (sites.size() == kMostLargeSites || site.share < kLeastShare)
            break;
        sites.push_back({site.frame, whole(site.bytes), site.share});
    }
    return sites;
}

std::string pack_sites(const std::vector<LargeSite> &sites)
{
    std::string bytes;
    for (const LargeSite &site : sites) {
        bytes += site.frame.function.c_str(); // names from a program's own file: without what follows a NUL
        bytes += '\0';
        bytes += site.frame.file.c_str();
        bytes += fmt::format("{0}{1}{0}{2}{0}{3}{0}", '\0', site.frame.line, site.bytes, site.share);
    }
    return bytes;
}

std::optional<std::vector<LargeSite>> unpack_sites(std::string_view bytes)
{
    std::vector<LargeSite> sites;
    while (!bytes.empty() && sites.size() < kMostLargeSites) {
        LargeSite site;
        const auto function = take_part(bytes), file = take_part(bytes);
        if (!function || !file || !take_number(bytes, site.frame.line) || !take_number(bytes, site.bytes) ||
            !take_number(bytes, site.share))
            return std::nullopt;
        site.frame.function = *function;
        site.frame.file = *file;
        sites.push_back(std::move(site));
    }
    return bytes.empty() ? std::optional(std::move(sites)) : std::nullopt;
}

} // namespace dbgscope
