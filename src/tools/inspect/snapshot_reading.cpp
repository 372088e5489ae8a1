// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/snapshot_reading.hpp"

#include "kernel/proc_files.hpp"
#include "sys/file.hpp"
#include "tools/inspect/cgroup_json.hpp"
#include "tools/inspect/running_stacks.hpp"
#include "tools/inspect/standstill.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxProcBytes = 16 * kMaxFileBytes;

} // namespace

SnapshotReading::SnapshotReading(const Target &target, const std::string &proc)
    : target_(target), proc_(proc), heap_layout_(go_heap_layout(target.program)),
      goroutine_layout_(goroutine_layout(target.program))
{
}

void SnapshotReading::prepare() const
{
    if (target_.program.is_go())
        (void)read_go_gc(*target_.memory, target_.program);
    if (!target_.program.segments().empty())
        (void)target_.program.frame_size(target_.program.segments().front().address);
}

void SnapshotReading::read(bool still)
{
    begin = Moment::now();
    heap = heap_layout_ ? read_go_heap(*target_.memory, *heap_layout_) : Result<GoHeap>(fail(heap_layout_.error()));
    if (target_.program.is_go())
        gc = read_go_gc(*target_.memory, target_.program);
    goroutines = goroutine_layout_ ? read_goroutines(*target_.memory, *goroutine_layout_)
                                   : Result<Goroutines>(fail(goroutine_layout_.error()));
    if (goroutines && still)
        read_running_stacks(target_, *goroutines);
    if (target_.pid != 0) {
        cgroup = cgroup_json(target_.pid);
        maps = read_file(process_file(target_.pid, ProcessFile::maps, proc_), kMaxProcBytes);
        status = read_file(process_file(target_.pid, ProcessFile::status, proc_));
        how = standing_still(target_.pid, proc_);
    }
    end = Moment::now();
}

} // namespace dbgscope
