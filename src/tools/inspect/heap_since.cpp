// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/heap_since.hpp"
#include "tools/inspect/function_name.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxFile = 64 * kMiB;

/// The runtime writes type parameters as "[...]", DWARF in full.
std::string without_parameters(const std::string &function)
{
    const auto open = function.find('['), close = function.rfind(']');
    if (open == std::string::npos || close == std::string::npos || close < open)
        return function;
    return function.substr(0, open) + "[...]" + function.substr(close + 1);
}

/// The same for the same line of code, or with callers for the same way to it.
std::string key_of(const Frame &frame, const std::vector<Frame> *callers)
{
    std::string key = fmt::format("{}\n{}\n{}", without_parameters(frame.function), frame.file, frame.line);
    if (callers != nullptr)
        for (const Frame &caller : *callers)
            key += '\n' + key_of(caller, nullptr);
    return key;
}

struct Merged {
    SinceSite site;
    double heaviest = 0; ///< the stack that its callers are of
};

class Merge {
  public:
    explicit Merge(bool by_stack) : by_stack_(by_stack) {}

    SinceSite &at(const Frame &frame, std::vector<Frame> callers, double bytes)
    {
        Merged &merged = sites_[key_of(frame, by_stack_ ? &callers : nullptr)];
        if (merged.site.frame.function.empty())
            merged.site.frame = frame;
        if (merged.site.callers.empty() || bytes > merged.heaviest) {
            merged.heaviest = bytes;
            merged.site.callers = std::move(callers);
        }
        return merged.site;
    }
    [[nodiscard]] std::vector<SinceSite> sites() const
    {
        std::vector<SinceSite> all;
        for (const auto &[key, merged] : sites_)
            all.push_back(merged.site);
        return all;
    }

  private:
    bool by_stack_;
    std::map<std::string, Merged> sites_;
};

void add_base(const PprofContents &base, Merge &merge)
{
    const auto bytes = base.kind("inuse_space"), objects = base.kind("inuse_objects");
    for (const PprofContents::Sample &sample : base.samples) {
        if (!bytes || sample.values[*bytes] <= 0)
            continue;
        std::vector<Frame> frames;
        for (const std::uint32_t frame : sample.stack)
            frames.push_back(base.frames[frame]);
        drop_allocator(frames);
        if (frames.empty())
            frames.push_back({.function = "(no stack)", .file = {}, .line = 0});
        const auto held = static_cast<double>(sample.values[*bytes]);
        SinceSite &site = merge.at(frames.front(), {frames.begin() + 1, frames.end()}, held);
        site.before += {.objects = objects ? static_cast<double>(sample.values[*objects]) : 0, .bytes = held};
    }
}

} // namespace

Result<PprofContents> read_base(const std::string &file)
{
    const auto bytes = read_file(file, kMaxFile);
    if (!bytes)
        return fail(bytes.error());
    auto base = read_pprof(*bytes);
    if (!base) {
        base.error().subject += ' ' + file;
        return base;
    }
    if (base->kind("inuse_space"))
        return base;
    std::string kinds;
    for (const PprofContents::Kind &kind : base->kinds)
        kinds += (kinds.empty() ? "" : ", ") + kind.type;
    return fail({.kind = ErrorKind::unsupported,
                 .operation = "compare with",
                 .subject = "the profile " + file,
                 .cause = "it is no heap profile of Go: its samples are " + kinds,
                 .hint = "dbgscope heap -o FILE writes one"});
}

HeapSince heap_since(const HeapView &view, const PprofContents &base, bool by_stack)
{
    HeapSince since{.base = {}, .base_unix_ns = base.unix_ns, .before = {}, .now = {}, .sites = {}};
    Merge merge(by_stack);
    for (const HeapSite &site : view.sites) {
        HeapCount now = site.live;
        if (view.with_recent)
            now += site.recent;
        if (now.bytes > 0)
            merge.at(site.frame, site.callers, now.bytes).now += now;
    }
    add_base(base, merge);
    since.sites = merge.sites();
    bool common = false;
    double grown = 0;
    for (const SinceSite &site : since.sites) {
        since.before += site.before;
        since.now += site.now;
        grown += std::max(site.grew(), 0.0);
        common |= site.before.bytes > 0 && site.now.bytes > 0 && !is_go_runtime(site.frame.function);
    }
    since.strangers = !common && since.before.bytes > 0 && since.now.bytes > 0;
    std::erase_if(since.sites, [](const SinceSite &site) { return site.grew() > -1 && site.grew() < 1; });
    for (SinceSite &site : since.sites)
        site.share = grown > 0 ? std::max(site.grew(), 0.0) / grown : 0;
    std::ranges::stable_sort(since.sites, std::greater(), &SinceSite::grew);
    return since;
}

} // namespace dbgscope
