// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/profiles.hpp"

#include <map>

#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"

namespace dbgscope {
namespace {

std::int64_t rounded(double value)
{
    return static_cast<std::int64_t>(whole(value));
}

} // namespace

PprofProfile heap_profile_of(const GoHeap &heap, const Program &program, bool with_recent, std::int64_t unix_ns)
{
    PprofProfile profile(
        {{"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}});
    profile.set_period({"space", "bytes"}, static_cast<std::int64_t>(heap.rate));
    profile.set_time(unix_ns);
    profile.add_comment(with_recent ? "inuse: live as of the last collection, and all that was allocated since"
                                    : "inuse: live as of the last collection");
    for (const HeapSample &sample : heap.samples) {
        HeapCount in_use = sample.live;
        if (with_recent)
            in_use += sample.recent;
        profile.add(allocating_frames(sample.stack, program),
                    {rounded(sample.total.objects), rounded(sample.total.bytes), rounded(in_use.objects),
                     rounded(in_use.bytes)},
                    sample.object_bytes);
    }
    return profile;
}

Result<std::string> heap_pprof(const GoHeap &heap, const Program &program, bool with_recent, std::int64_t unix_ns)
{
    return gzip(heap_profile_of(heap, program, with_recent, unix_ns).message());
}

Result<std::string> goroutine_pprof(const Goroutines &goroutines, const Program &program, std::int64_t unix_ns)
{
    PprofProfile profile(std::vector<PprofProfile::Kind>{{"goroutine", "count"}});
    profile.set_period({"goroutine", "count"}, 1);
    profile.set_time(unix_ns);
    std::map<std::vector<std::uint64_t>, std::int64_t> stacks;
    for (const Goroutine &goroutine : goroutines.all)
        ++stacks[goroutine.stack.empty() ? std::vector{goroutine.start} : goroutine.stack];
    for (const auto &[addresses, count] : stacks)
        profile.add(stack_frames(addresses, program), {count});
    return gzip(profile.message());
}

} // namespace dbgscope
