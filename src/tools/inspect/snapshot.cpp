// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/pprof.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {
namespace {

class Taking {
  public:
    Taking(const Target &target, const SnapshotReading &reading, std::int64_t unix_ns)
        : target_(target), reading_(reading), unix_ns_(unix_ns)
    {
        if (reading.heap)
            heap_ = heap_view_of(target, *reading.heap, reading.gc, false);
        if (reading.goroutines)
            goroutines_ = goroutine_view_of(target, *reading.goroutines,
                                            target.pid != 0 ? std::optional(reading.begin.monotonic_ns) : std::nullopt);
    }

    void cpu(const CpuPart &part)
    {
        part.join = join_functions(part.profile, part.instant, heap_ ? &*heap_ : nullptr,
                                   goroutines_ ? &*goroutines_ : nullptr);
        add("cpu.pb.gz", cpu_pprof(part.profile));
        add("cpu.json", cpu_json(part.join).dump({.ascii = true}) + '\n');
        summary_ += cpu_text(part.join) + '\n';
    }
    void heap()
    {
        if (!heap_) {
            missing("the heap", reading_.heap.error());
            return;
        }
        add("heap.pb.gz", heap_pprof(heap_->heap, target_.program, heap_->with_recent, unix_ns_));
        add("heap.json", heap_json(*heap_));
        summary_ += heap_text(*heap_, false) + '\n';
        snapshot_.sites = largest_sites(*heap_);
    }
    void collector()
    {
        if (target_.program.is_go())
            add("gc.json", gc_json(reading_.gc));
    }
    void goroutines()
    {
        if (!goroutines_) {
            missing("the goroutines", reading_.goroutines.error());
            return;
        }
        add("goroutines.pb.gz", goroutine_pprof(goroutines_->raw, target_.program, unix_ns_));
        add("goroutines.json", goroutines_json(*goroutines_));
        summary_ += goroutines_text(*goroutines_, false) + '\n';
    }
    void growth(const GrowthAnswer &growth)
    {
        if (!growth.profile.empty())
            add("growth.pb.gz", growth.profile);
        summary_ += growth.text + '\n';
        if (snapshot_.sites.empty())
            snapshot_.sites = growth.sites;
    }
    void add(std::string name, const Result<std::string> &bytes)
    {
        if (bytes)
            snapshot_.files.push_back({std::move(name), *bytes});
        else
            missing(name, bytes.error());
    }
    /// Of one instant only where nothing ran meanwhile.
    void clock()
    {
        const std::chrono::nanoseconds took(reading_.end.monotonic_ns - reading_.begin.monotonic_ns);
        summary_ += fmt::format("Read within {} ms, {}.\n", std::chrono::ceil<std::chrono::milliseconds>(took).count(),
                                reading_.how.empty() ? "while it ran: the parts differ by that much" : reading_.how);
    }
    Snapshot done()
    {
        add("summary.txt", summary_);
        snapshot_.monotonic_ns = reading_.begin.monotonic_ns;
        return std::move(snapshot_);
    }

  private:
    void missing(std::string_view what, const Error &error)
    {
        summary_ += fmt::format("Without {}: {}\n\n", what, to_line(error));
    }

    const Target &target_;
    const SnapshotReading &reading_;
    std::int64_t unix_ns_;
    std::optional<HeapView> heap_;
    std::optional<GoroutineView> goroutines_;
    Snapshot snapshot_;
    std::string summary_;
};

Error taken(const std::string &directory)
{
    Error error = errno_error(EEXIST, "make", directory);
    error.kind = ErrorKind::usage;
    error.hint = "a snapshot goes into a directory of its own: give another name with -o";
    return error;
}

} // namespace

Snapshot take_snapshot(const Target &target, std::int64_t unix_ns, std::string_view session_json,
                       const GrowthAnswer *growth, const std::string &proc)
{
    SnapshotReading reading(target, proc);
    reading.read(false);
    return snapshot_of(target, reading, unix_ns, session_json, growth, nullptr);
}

Snapshot snapshot_of(const Target &target, const SnapshotReading &reading, std::int64_t unix_ns,
                     std::string_view session_json, const GrowthAnswer *growth, const CpuPart *cpu)
{
    Taking taking(target, reading, unix_ns);
    if (cpu != nullptr)
        taking.cpu(*cpu);
    taking.heap();
    taking.collector();
    taking.goroutines();
    if (growth != nullptr)
        taking.growth(*growth);
    if (target.pid != 0) {
        taking.add("cgroup.json", reading.cgroup);
        taking.add("maps", reading.maps);
        taking.add("status", reading.status);
        taking.clock();
    }
    if (!session_json.empty())
        taking.add("session.json", std::string(session_json));
    return taking.done();
}

Result<void> check_new_directory(const std::string &directory)
{
    if (::access(directory.c_str(), F_OK) == 0)
        return fail(taken(directory));
    return {};
}

Result<void> write_snapshot(const Snapshot &snapshot, const std::string &directory)
{
    constexpr mode_t kOwnerOnly = 0700;
    if (::mkdir(directory.c_str(), kOwnerOnly) != 0)
        return fail(errno == EEXIST ? taken(directory) : errno_error(errno, "make", directory));
    for (const Snapshot::File &file : snapshot.files)
        if (auto written = write_private_file(directory + '/' + file.name, file.bytes); !written)
            return written;
    return {};
}

} // namespace dbgscope
