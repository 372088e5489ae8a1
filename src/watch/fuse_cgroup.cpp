// SPDX-License-Identifier: Apache-2.0
#include "watch/fuse_cgroup.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "dbgscope/session.hpp"
#include "kernel/memory_stat.hpp"
#include "kernel/pressure.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// One line of memory.stat and what a person calls it.
struct Kind {
    std::string_view key;
    const char *words;
};
constexpr Kind kKinds[] = {{"anon", "anon"}, // v1 has the first two
                           {"shmem", "shmem"},
                           {"pagetables", "page tables"},
                           {"sock", "sockets"},
                           {"slab_unreclaimable", "kernel slab"},
                           {"kernel_stack", "kernel stacks"},
                           {"percpu", "kernel per-cpu"},
                           {"vmalloc", "kernel vmalloc"}};

std::uint64_t page_bytes()
{
    return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

MemoryParts parse_memory_parts(int version, std::string_view stat)
{
    MemoryParts parts;
    parts.reclaimable_bytes = droppable_bytes(stat, version).value_or(0);
    while (const auto pair = next_stat(stat, version)) {
        const auto *const kind = std::ranges::find(kKinds, pair->key, &Kind::key);
        if (kind != std::end(kKinds) && pair->value > parts.largest_bytes) {
            parts.largest = kind->words;
            parts.largest_bytes = pair->value;
        }
    }
    return parts;
}

std::optional<bool> parse_under_oom(std::string_view oom_control)
{
    const auto value = count_of(oom_control, "under_oom");
    return value ? std::optional(*value != 0) : std::nullopt;
}

FuseCgroup::FuseCgroup(int version, int directory, Limit line, Limit cap)
    : cgroup_(directory, version), line_(line), cap_(cap), written_(cap)
{
}

Result<void> FuseCgroup::prepare()
{
    if (!waits_at_limit())
        return {};
    event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_.valid())
        return fail(errno_error(errno, "create", "eventfd"));
    const auto control = cgroup_.open(CgroupFile::oom_control, O_RDONLY);
    if (!control)
        return fail(control.error());
    // The registration ends with the eventfd, not with this descriptor.
    return cgroup_.write(CgroupFile::event_control,
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
    if (!waits_at_limit()) {
        auto written = cgroup_.write(CgroupFile::high, control_text(line_, cgroup_.version()));
        lifted_ = lifted_ && !written;
        return written;
    }
    if (auto lowered = write_limit(line_); !lowered)
        return lowered;
    if (auto held = cgroup_.write(CgroupFile::oom_control, "1"); !held) {
        (void)write_limit(cap_).has_value();
        return held;
    }
    lifted_ = false;
    return {};
}

Result<void> FuseCgroup::lift()
{
    if (!waits_at_limit()) {
        auto written = cgroup_.write(CgroupFile::high, control_text(Limit(), cgroup_.version()));
        lifted_ = lifted_ || written;
        return written;
    }
    // Room first: with the killer on, what waits would be killed at the line.
    auto raised = write_unless_changed(cap_);
    auto killer = cgroup_.write(CgroupFile::oom_control, "0");
    lifted_ = lifted_ || killer;
    return raised ? killer : raised;
}

/// What the kernel cannot refuse (__GFP_NOFAIL, …) is charged above the limit, and a limit below usage is EBUSY. Seen
/// on Linux 6.18: 2 MiB above it, under gdb.
Result<void> FuseCgroup::lend(std::uint64_t bytes)
{
    const auto usage = cgroup_.read_number(CgroupFile::usage);
    if (!usage)
        return fail(usage.error());
    const std::uint64_t base = std::max(written_.bytes(), *usage);
    if (base < cap_.bytes())
        return write_unless_changed(Limit(base + std::min(bytes, cap_.bytes() - base)));
    return *usage < cap_.bytes() ? Result<void>{} : write_unless_changed(Limit(base + page_bytes()));
}

Result<void> FuseCgroup::take_back()
{
    return write_unless_changed(line_);
}

/// v1: what is lent is reckoned from a reading; what `set` has written since then is not to be written over. The next
/// reading brings it.
Result<void> FuseCgroup::write_unless_changed(Limit limit)
{
    constexpr std::chrono::milliseconds kPatience{50};
    const auto file = cgroup_.open(CgroupFile::limit, O_RDONLY);
    (void)(file && lock_file(file->get(), kPatience));
    if (const auto now = cgroup_.read_limit(CgroupFile::limit); now && adopt(*now))
        return {};
    return write_limit(limit);
}

/// v1: true, when it is not what was written last, but somebody else's: a new cap.
bool FuseCgroup::adopt(Limit limit)
{
    if (limit == written_)
        return false;
    cap_ = written_ = limit;
    line_ = fuse_line_for(limit);
    return true;
}

Result<void> FuseCgroup::write_limit(Limit limit)
{
    if (auto written = cgroup_.write_limit(limit); !written)
        return written;
    written_ = limit.finite() ? Limit(limit.bytes() / page_bytes() * page_bytes()) : limit; // what it reads back as
    return {};
}

Result<FuseReading> FuseCgroup::read(bool at_rest)
{
    FuseReading reading;
    if (auto done = waits_at_limit() ? read_v1(reading) : read_v2(reading); !done)
        return pass(done);
    if (!at_rest || reading.current_bytes != last_current_bytes_) {
        auto stat = cgroup_.read(CgroupFile::stat);
        if (!stat)
            return pass(stat);
        parts_ = parse_memory_parts(cgroup_.version(), *stat);
    }
    last_current_bytes_ = reading.current_bytes;
    reading.parts = parts_;
    reading.line = line_;
    reading.cap = cap_;
    return reading;
}

Result<void> FuseCgroup::read_v2(FuseReading &reading)
{
    const auto current = cgroup_.read_number(CgroupFile::usage);
    if (!current)
        return fail(current.error());
    const auto line = cgroup_.read_limit(CgroupFile::high);
    const auto cap = cgroup_.read_limit(CgroupFile::limit); // raised before the line: who sees the one sees the other
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
    const auto current = cgroup_.read_number(CgroupFile::usage);
    if (!current)
        return fail(current.error());
    const auto limit = cgroup_.read_limit(CgroupFile::limit);
    const auto control = cgroup_.read(CgroupFile::oom_control);
    if (!limit || !control)
        return fail(!limit ? limit.error() : control.error());
    adopt(*limit);
    reading.current_bytes = *current;
    reading.limit = written_;
    reading.line_in_force = !lifted_;
    reading.waiting = !lifted_ && parse_under_oom(*control).value_or(false);
    return {};
}

std::optional<double> FuseCgroup::pressure_avg10() const
{
    const auto text = cgroup_.read(CgroupFile::pressure);
    Pressure pressure;
    if (!text || !parse_pressure(*text, pressure))
        return std::nullopt;
    return pressure.some.avg10;
}

} // namespace dbgscope
