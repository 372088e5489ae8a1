// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "sys/file.hpp"
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
    void copy(const std::string &path, const std::string &name) { add(name, read_file(path, kMaxProcBytes)); }
    Snapshot done()
    {
        add("summary.txt", summary_);
        return std::move(snapshot_);
    }

  private:
    void add(std::string name, const Result<std::string> &bytes)
    {
        if (bytes)
            snapshot_.files.push_back({std::move(name), *bytes});
        else
            missing(name, bytes.error());
    }
    void missing(std::string_view what, const Error &error)
    {
        summary_ += fmt::format("Without {}: {}\n\n", what, to_line(error));
    }

    const Target &target_;
    std::int64_t unix_ns_;
    Snapshot snapshot_;
    std::string summary_;
};

/// Where the process' memory is accounted: the line of the v2 hierarchy, or that of v1's controller.
std::string memory_stat_path(const std::string &cgroups)
{
    constexpr struct {
        std::string_view mark, mount;
        int version;
    } kHierarchies[] = {{":memory:", "/sys/fs/cgroup/memory", 1}, {"0::", "/sys/fs/cgroup", 2}};
    for (const auto &[mark, mount, version] : kHierarchies) {
        const auto at = cgroups.find(mark);
        if (at == std::string::npos)
            continue;
        const auto begin = at + mark.size();
        return fmt::format("{}{}/{}", mount, cgroups.substr(begin, cgroups.find('\n', begin) - begin),
                           file_name(CgroupFile::stat, version));
    }
    return {};
}

} // namespace

Snapshot take_snapshot(const Target &target, std::int64_t unix_ns, const std::string &proc)
{
    Taking taking(target, unix_ns);
    taking.heap();
    taking.collector();
    taking.goroutines();
    if (target.pid != 0) {
        const std::string own = fmt::format("{}/{}/", proc, target.pid);
        taking.copy(own + "maps", "maps");
        taking.copy(own + "status", "status");
        if (const auto cgroups = read_file(own + "cgroup"); cgroups)
            if (const std::string path = memory_stat_path(*cgroups); !path.empty())
                taking.copy(path, file_name(CgroupFile::stat, 2));
    }
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
