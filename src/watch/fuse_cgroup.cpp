// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_cgroup.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "dbgscope/session.hpp"
#include "kernel/parse.hpp"
#include "kernel/pressure.hpp"
#include "session/usage.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr const char *kV1Limit = "memory.limit_in_bytes";
constexpr const char *kV1BothLimit = "memory.memsw.limit_in_bytes"; ///< memory and swap; only with swap accounting
constexpr const char *kV1OomControl = "memory.oom_control";

/// One line of memory.stat and what a person calls it.
struct Kind {
    std::string_view key;
    const char *words;
};
constexpr Kind kKindsV2[] = {{"anon", "anon"},
                             {"shmem", "shmem"},
                             {"pagetables", "page tables"},
                             {"sock", "sockets"},
                             {"slab_unreclaimable", "kernel slab"},
                             {"kernel_stack", "kernel stacks"},
                             {"percpu", "kernel per-cpu"},
                             {"vmalloc", "kernel vmalloc"}};
constexpr Kind kKindsV1[] = {{"total_rss", "anon"}, {"total_shmem", "shmem"}};

Result<std::uint64_t> read_bytes(int directory, const char *name)
{
    auto text = read_at(directory, name);
    if (!text)
        return pass(text);
    std::uint64_t bytes = 0;
    if (!parse_number(*text, bytes))
        return fail(errno_error(EINVAL, "parse", name));
    return bytes;
}

Result<Limit> read_limit(int directory, const char *name)
{
    auto text = read_at(directory, name);
    if (!text)
        return pass(text);
    Limit limit;
    if (!parse_limit(*text, limit))
        return fail(errno_error(EINVAL, "parse", name));
    return limit;
}

std::uint64_t page_bytes()
{
    return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

MemoryParts parse_memory_parts(int version, std::string_view stat)
{
    // v2: "anon 126353408\nfile 0\nkernel 1404928\n…"; v1: "…\ntotal_cache 1835008\ntotal_rss 1744896\n…"
    MemoryParts parts;
    parts.reclaimable_bytes = droppable_bytes(stat, version).value_or(0);
    const auto consider = [&](const auto &kinds, std::string_view key, std::uint64_t bytes) {
        const auto *const kind = std::ranges::find(kinds, key, &Kind::key);
        if (kind != std::end(kinds) && bytes > parts.largest_bytes) {
            parts.largest = kind->words;
            parts.largest_bytes = bytes;
        }
    };
    while (!stat.empty()) {
        const std::string_view line = next_line(stat);
        const auto space = line.find(' ');
        std::uint64_t bytes = 0;
        if (space == std::string_view::npos || !parse_number(line.substr(space + 1), bytes))
            continue;
        if (version == 1)
            consider(kKindsV1, line.substr(0, space), bytes);
        else
            consider(kKindsV2, line.substr(0, space), bytes);
    }
    return parts;
}

std::optional<bool> parse_under_oom(std::string_view oom_control)
{
    constexpr std::string_view kKey = "under_oom ";
    while (!oom_control.empty())
        if (const std::string_view line = next_line(oom_control); line.starts_with(kKey)) {
            std::uint64_t value = 0;
            return parse_number(line.substr(kKey.size()), value) ? std::optional(value != 0) : std::nullopt;
        }
    return std::nullopt;
}

FuseCgroup::FuseCgroup(int version, int directory, Limit line, Limit cap)
    : version_(version), directory_(directory), line_(line), cap_(cap), written_(cap)
{
}

Result<void> FuseCgroup::prepare()
{
    if (version_ != 1)
        return {};
    event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_.valid())
        return fail(errno_error(errno, "create", "eventfd"));
    const auto control = open_at(directory_, kV1OomControl, O_RDONLY);
    if (!control)
        return fail(control.error());
    // The registration ends with the eventfd, not with this descriptor.
    return write_at(directory_, "cgroup.event_control",
                    std::to_string(event_.get()) + ' ' + std::to_string(control->get()));
}

void FuseCgroup::drain_event()
{
    eventfd_t count = 0;
    if (event_.valid())
        (void)::eventfd_read(event_.get(), &count);
}

Result<void> FuseCgroup::arm()
{
    if (version_ != 1) {
        auto written = write_at(directory_, "memory.high", control_text(line_, version_));
        lifted_ = lifted_ && !written;
        return written;
    }
    if (auto lowered = write_limit(line_); !lowered)
        return lowered;
    if (auto held = write_at(directory_, kV1OomControl, "1"); !held) {
        (void)write_limit(cap_).has_value();
        return held;
    }
    lifted_ = false;
    return {};
}

Result<void> FuseCgroup::lift()
{
    if (version_ != 1) {
        auto written = write_at(directory_, "memory.high", "max");
        lifted_ = lifted_ || written;
        return written;
    }
    // Room first: with the killer on, what waits would be killed at the line.
    auto raised = write_limit(cap_);
    auto killer = write_at(directory_, kV1OomControl, "0");
    lifted_ = lifted_ || killer;
    return raised ? killer : raised;
}

/// What the kernel cannot refuse (__GFP_NOFAIL, …) is charged above the limit, and a limit below usage is EBUSY. Seen
/// on Linux 6.18: 2 MiB above it, under gdb.
Result<void> FuseCgroup::lend(std::uint64_t bytes)
{
    const auto usage = read_bytes(directory_, "memory.usage_in_bytes");
    if (!usage)
        return fail(usage.error());
    const std::uint64_t base = std::max(written_.bytes(), *usage);
    if (base < cap_.bytes())
        return write_limit(Limit(base + std::min(bytes, cap_.bytes() - base)));
    return *usage < cap_.bytes() ? Result<void>{} : write_limit(Limit(base + page_bytes()));
}

Result<void> FuseCgroup::take_back()
{
    return write_limit(line_);
}

/// v1's invariant is limit <= memsw, so the order depends on the direction (EINVAL otherwise).
Result<void> FuseCgroup::write_limit(Limit limit)
{
    const std::string text = control_text(limit, version_);
    const auto before = read_limit(directory_, kV1Limit);
    const bool raise = before && limit > *before;
    for (const char *const name : {raise ? kV1BothLimit : kV1Limit, raise ? kV1Limit : kV1BothLimit}) {
        auto written = write_at(directory_, name, text);
        if (!written && !(name == kV1BothLimit && written.error().error_number == ENOENT))
            return written;
    }
    written_ = limit.finite() ? Limit(limit.bytes() / page_bytes() * page_bytes()) : limit; // what it reads back as
    return {};
}

Result<void> FuseCgroup::write_freezer(bool frozen)
{
    return write_at(directory_, "cgroup.freeze", frozen ? "1" : "0");
}

Result<FuseReading> FuseCgroup::read(bool at_rest)
{
    FuseReading reading;
    if (auto done = version_ == 1 ? read_v1(reading) : read_v2(reading); !done)
        return pass(done);
    if (!at_rest || reading.current_bytes != last_current_bytes_) {
        auto stat = read_at(directory_, "memory.stat");
        if (!stat)
            return pass(stat);
        parts_ = parse_memory_parts(version_, *stat);
    }
    last_current_bytes_ = reading.current_bytes;
    reading.parts = parts_;
    reading.line = line_;
    reading.cap = cap_;
    return reading;
}

Result<void> FuseCgroup::read_v2(FuseReading &reading)
{
    const auto current = read_bytes(directory_, "memory.current");
    if (!current)
        return fail(current.error());
    const auto cap = read_limit(directory_, "memory.max");
    const auto line = read_limit(directory_, "memory.high");
    if (!cap || !line)
        return fail(!cap ? cap.error() : line.error());
    reading.current_bytes = *current;
    cap_ = *cap;
    reading.line_in_force = line->finite() || !lifted_;
    if (reading.line_in_force) {
        line_ = *line;
        lifted_ = false;
    }
    return {};
}

Result<void> FuseCgroup::read_v1(FuseReading &reading)
{
    const auto current = read_bytes(directory_, "memory.usage_in_bytes");
    if (!current)
        return fail(current.error());
    const auto limit = read_limit(directory_, kV1Limit);
    const auto control = read_at(directory_, kV1OomControl);
    if (!limit || !control)
        return fail(!limit ? limit.error() : control.error());
    if (*limit != written_) { // somebody else's: a new cap
        cap_ = written_ = *limit;
        line_ = fuse_line_for(*limit);
    }
    reading.current_bytes = *current;
    reading.limit = written_;
    reading.line_in_force = !lifted_;
    reading.waiting = !lifted_ && parse_under_oom(*control).value_or(false);
    return {};
}

std::optional<double> FuseCgroup::pressure_avg10() const
{
    const auto text =
        version_ == 1 ? fail(errno_error(ENOENT, "read", "memory.pressure")) : read_at(directory_, "memory.pressure");
    Pressure pressure;
    if (!text || !parse_pressure(*text, pressure))
        return std::nullopt;
    return pressure.some.avg10;
}

} // namespace dbgscope
