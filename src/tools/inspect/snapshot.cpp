// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "kernel/process_stat.hpp"
#include "sys/file.hpp"
#include "tools/inspect/cgroup_json.hpp"
#include "tools/inspect/goroutine_view.hpp"
#include "tools/inspect/heap_view.hpp"
#include "tools/inspect/inspect_json.hpp"
#include "tools/inspect/pprof.hpp"
#include "tools/inspect/profiles.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxProcBytes = 16 * kMaxFileBytes;

class Taking {
  public:
    Taking(const Target &target, std::int64_t unix_ns) : target_(target), unix_ns_(unix_ns) {}

    void heap()
    {
        const auto view = view_heap(target_, false);
        if (!view) {
            missing("the heap", view.error());
            return;
        }
        add("heap.pb.gz", heap_pprof(view->heap, target_.program, view->with_recent, unix_ns_));
        add("heap.json", heap_json(*view));
        summary_ += heap_text(*view, false) + '\n';
    }
    void collector()
    {
        if (target_.program.is_go())
            add("gc.json", gc_json(read_go_gc(*target_.memory, target_.program)));
    }
    void goroutines()
    {
        const auto view = view_goroutines(target_);
        if (!view) {
            missing("the goroutines", view.error());
            return;
        }
        add("goroutines.pb.gz", goroutine_pprof(view->raw, target_.program, unix_ns_));
        add("goroutines.json", goroutines_json(*view));
        summary_ += goroutines_text(*view, false) + '\n';
    }
    void growth(const GrowthAnswer &growth)
    {
        if (!growth.profile.empty())
            add("growth.pb.gz", growth.profile);
        summary_ += growth.text + '\n';
    }
    void add(std::string name, const Result<std::string> &bytes)
    {
        if (bytes)
            snapshot_.files.push_back({std::move(name), *bytes});
        else
            missing(name, bytes.error());
    }
    /// Of one instant only where nothing ran meanwhile.
    void clock(std::string_view still, std::chrono::steady_clock::duration took)
    {
        summary_ +=
            fmt::format("Read within {} ms, {}.\n", std::chrono::ceil<std::chrono::milliseconds>(took).count(), still);
    }
    Snapshot done()
    {
        add("summary.txt", summary_);
        return std::move(snapshot_);
    }

  private:
    void missing(std::string_view what, const Error &error)
    {
        summary_ += fmt::format("Without {}: {}\n\n", what, to_line(error));
    }

    const Target &target_;
    std::int64_t unix_ns_;
    Snapshot snapshot_;
    std::string summary_;
};

/// Whether anything can have run meanwhile, as far as its leader shows.
std::string_view still_text(pid_t pid, const std::string &proc)
{
    if (const std::string_view by_cgroup = standstill_by_cgroup(pid); !by_cgroup.empty())
        return by_cgroup;
    const auto stat = read_process_stat(pid, proc);
    if (stat && (stat->state == 't' || stat->state == 'T'))
        return "while it was stopped: all of one instant";
    return "while it ran: the parts differ by that much";
}

} // namespace

Snapshot take_snapshot(const Target &target, std::int64_t unix_ns, std::string_view session_json,
                       const GrowthAnswer *growth, const std::string &proc)
{
    const auto start = std::chrono::steady_clock::now();
    Taking taking(target, unix_ns);
    taking.heap();
    taking.collector();
    taking.goroutines();
    if (growth != nullptr)
        taking.growth(*growth);
    if (target.pid != 0) {
        const std::string own = fmt::format("{}/{}/", proc, target.pid);
        taking.add("cgroup.json", cgroup_json(target.pid));
        taking.add("maps", read_file(own + "maps", kMaxProcBytes));
        taking.add("status", read_file(own + "status"));
        taking.clock(still_text(target.pid, proc), std::chrono::steady_clock::now() - start);
    }
    if (!session_json.empty())
        taking.add("session.json", std::string(session_json));
    return taking.done();
}

Result<void> write_snapshot(const Snapshot &snapshot, const std::string &directory)
{
    constexpr mode_t kOwnerOnly = 0700;
    if (::mkdir(directory.c_str(), kOwnerOnly) != 0) {
        Error error = errno_error(errno, "make", directory);
        if (error.error_number == EEXIST) {
            error.kind = ErrorKind::usage;
            error.hint = "a snapshot goes into a directory of its own: give another name with -o";
        }
        return fail(std::move(error));
    }
    for (const Snapshot::File &file : snapshot.files)
        if (auto written = write_private_file(directory + '/' + file.name, file.bytes); !written)
            return written;
    return {};
}

} // namespace dbgscope
