// SPDX-License-Identifier: Apache-2.0
#include "watch/squeeze.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

namespace dbgscope {
namespace {

/// Bytes a second that were dropped and read again. v1 and old kernels: major faults, each at least a page.
std::uint64_t read_again(const FileCache &before, const FileCache &after, double seconds)
{
    static const auto kPageBytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    if (after.refaults <= before.refaults)
        return 0;
    return static_cast<std::uint64_t>(static_cast<double>(after.refaults - before.refaults) * kPageBytes / seconds);
}

} // namespace

bool cache_squeezed(const FileCache &before, const FileCache &after, double seconds)
{
    constexpr std::uint64_t kLittle = 10 * kMiB;
    // Measured with dlv debug of a large program under 512M: 4 to 7M of file cache while it stood still for a minute.
    if (!after.limit.finite() || after.file_bytes >= kLittle || seconds < 1)
        return false;
    const std::uint64_t anon_change =
        std::max(before.anon_bytes, after.anon_bytes) - std::min(before.anon_bytes, after.anon_bytes);
    return anon_change <= std::max(before.anon_bytes / 20, 4 * kMiB) &&
           read_again(before, after, seconds) >= std::max(after.file_bytes / 2, kMiB);
}

std::string squeeze_words(const FileCache &before, const FileCache &after, double seconds,
                          const VerdictContext &context)
{
    const char *option = "--memory-max";
    const char *owner = "session's";
    if (after.limiting == Level::debugger) {
        option = "--debugger-memory-max";
        owner = "debugger's";
    } else if (after.limiting == Level::debuggee) {
        owner = "debuggee's";
    } else if (context.split) {
        option = "--total-memory-max";
    }
    return fmt::format(
        "the file cache is squeezed out: {} left under the {} limit of {}, and {} a second "
        "are read from disk again. It is slow, not dead. Try {}={}{}.",
        format_bytes(after.file_bytes), owner, format_limit(after.limit),
        format_bytes(read_again(before, after, seconds)), option, larger(after.limit.bytes()),
        context.builds && after.place == Level::debugger ? ", or GOFLAGS=-p=1 to build one package at a time" : "");
}

std::optional<std::string> SqueezeWatch::on_pressure(const EvidenceReader &reader, const VerdictContext &context,
                                                     bool stalling, Time now)
{
    std::optional<std::string> line;
    if (!stalling) {
        for (Part &part : parts_)
            part.last.reset();
        if (squeezed_since_)
            line = fmt::format("the file cache has room again, after {} s",
                               std::chrono::ceil<std::chrono::seconds>(last_stall_ - *squeezed_since_).count() + 2);
        squeezed_since_.reset();
        return line;
    }
    last_stall_ = now;
    for (Part &part : parts_) {
        const std::chrono::duration<double> passed = now - part.at;
        if (part.last && passed.count() < 1) // `some` and `full` come together
            continue;
        const auto cache = reader.file_cache(part.level);
        if (cache && part.last && !squeezed_since_ && cache_squeezed(*part.last, *cache, passed.count())) {
            squeezed_since_ = now;
            line = squeeze_words(*part.last, *cache, passed.count(), context);
        }
        part.last = cache;
        part.at = now;
    }
    return line;
}

} // namespace dbgscope
