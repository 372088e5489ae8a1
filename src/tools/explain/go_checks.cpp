// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/go_checks.hpp"

#include <algorithm>

namespace dbgscope {
namespace {

// How the texts begin that the runtime hands to throw() and fatal(), of Go 1.19, 1.24 and 1.27: one word, and up to
// four where the first are ones that everybody uses. One text: a table of views would be relocated in every process.
constexpr std::string_view kBegin =
    "|"
    "AllThreadsSyscall6|Couldn't put|FixedStack is|G waiting|GC work|IsReachable failed|P destroyed|P has|"
    "_cgo_notify_runtime_init_done|_cgo_pthread_key_created|_cgo_setenv|_cgo_thread_start|_cgo_unsetenv|"
    "abi mismatch|abiRegArgsType|acquireSudog:|active <|active sweepers|addr range|address not|addspecial on|"
    "addtimer called|adjusttimers:|all goroutines|allgadd:|allocated pages|already have|arena already|"
    "arena chunk|arena_New:|args_get|args_sizes_get|asan|assembly checks|async stack|atomicand8|atomicor8|"
    "attempt to clear|attempt to drain|attempt to execute system|attempt to trace|"
    "attempted to add zero-sized|attempted to release P|attempted to trace|bad TinySizeClass|bad a|"
    "bad allocCount|bad argument|bad b|bad c|bad d|bad defer|bad e|bad evacuatedN|bad f|bad flushGen|"
    "bad frame|bad g|bad g->status|bad h|bad heapBitsSetType|bad i|bad j|bad k|bad kind|bad l|bad lfnode|"
    "bad m|bad magic|bad manualFreeList|bad map|bad newosproc0|bad notifyList|bad number|bad offsetof|"
    "bad oldval|bad pagesPerReclaimerChunk|bad pagesPerSpanRoot|bad panic|bad pcvalue|bad pointer|"
    "bad profile|bad prune|bad recovery|bad restart|bad runtime·mstart|bad sequence|bad shift|bad sigtable|"
    "bad span|bad spdelta|bad special|bad stack|bad start|bad status|bad summary|bad sweepgen|bad symbol|"
    "bad system|bad timediv|bad timer|bad top|bad ts|bad type|bad unsafe.Sizeof|bad use of|bad workbufAlloc|"
    "bad write|bindm in|bucketsize too|bulkBarrierPreWrite:|bypassed recovery|cache size|cache.inUse|"
    "can't happen|can't scan|cannot free workbufs|cannot open standard|cannot read stack|cannot trace user|"
    "cas1|cas2|cas3|cas4|cas5|cas6|cas64|casGToWaitingForGC|casGToWaitingForSuspendG|casfrom_Gscanstatus:|"
    "casfrom_Gscanstatus:top|casgstatus:|castogscanstatus|cgo not|cgoKeepAlive|cgoUse|cgocall nil|"
    "cgocall unavailable|cgocheck >|chansend:|check this code for|checkdead:|checkmark found|checkptr:|"
    "cleantimers:|clock_time_get|close of synctest|concurrent map|copy exceeded|copystack:|coro:|"
    "coroswitch of|coroswitch on|corrupted semaphore|created objptr|ctxt !=|deadlock|defer after|defer on|"
    "deferproc:|delayed zeroing|detected possible|doaddtimer:|dodeltimer0:|dodeltimer:|double scavenge|"
    "double traceGCSweepStart|double unlock|dumpgs in|duplicated defer|elem align|elem size|entersyscall|"
    "entersyscallblock|environ_get|environ_sizes_get|exited a|exitsyscall:|expected all|expected noscan|"
    "expected racectx|expected span|failed putFast|failed to acquire lock|failed to allocate aligned|"
    "failed to allocate debug|failed to correctly flush|failed to get or|failed to get system|"
    "failed to put span|failed to set sweep|fake timer|fault|fd_write|finalizer out|findRunnable:|"
    "findrunnable:|finishGCTransition|float32nan|float32nan1|float32nan2|float32nan3|float64nan|float64nan1|"
    "float64nan2|float64nan3|floating point|forEachP:|forcegc:|found bad|found non-zeroed|found pointer|"
    "found two|freeIndex|freedefer with|freegc called|freegc deadlock|freegc during|freegc nil|freeing stack|"
    "freemark array|full list|fully empty|g already|gc done|gc:|gcBgMarkWorker:|gcController.heapLive|"
    "gcControllerState.findRunnable:|gcDrain|gcDrainN|gcSweep|gcmarknewobject called|gcstopm:|"
    "gentraceback callback|gentraceback cannot|getWeakHandle|getenv before|gfput:|global runq|go of|gopark:|"
    "goroutine stack|gp.waiting|gp.xRegState.p|gp.xRegs.state|grew heap,|greyobject:|growslice:|hash of|"
    "hash_iter|headTailIndex|heap bits|heapArenaBitmapBytes|heapArenaBitmapWords|heapBits|heapBitsSetType|"
    "heapBitsSetType:|heapBitsSetTypeGCProg:|heapInUse|heapReleased|heapSetType:|heapStatsDelta|heapdump:|"
    "impossible cgroup|in gcMark|inconsistent lockedm|inconsistent world|index out|initSpan:|inittask with|"
    "integer divide|integer overflow|internal error|internal lockOSThread|invalid addrBytes|invalid function|"
    "invalid g|invalid length of trace|invalid limiter|invalid pointer found|invalid profile|invalid runtime|invalid "
    "skip|"
    "invalid span|invalid timer|invalid timer:|invalid use of gostartcall|invalid user arena|invalid wordBytes|key "
    "align|key size|"
    "left over|lfstack node|lfstack.push|limiterEvent.stop:|load64|lock count|lock ordering|lockRank|"
    "locked m0|m changed|m not|makechan:|malloc deadlock|malloc during|mallocgc called|manual span|"
    "mappedReady|maps:|mark -|markBits|markBitsForSpan:|markWorkerStop:|marking free|markroot:|marks don't|"
    "max pointer/scan|measures of|mem:|memory reservation|memstats.gcPauseDist|memstats.heapStats|"
    "methodValueCallFrameObjs|mheap.freeSpanLocked|min must|min size|min too|minpc or|misaligned mask|"
    "misaligned stack|mismatch between|mismatched begin/end|mismatched count|mismatched isSending|"
    "misrounded allocation|missing deferreturn|missing mcache?|missing stack in|missing stackmap|"
    "missing traceGCSweepStart|missing type|misuse of|morestack on|msan|mspan.ensureSwept:|mspan.sweep:|"
    "must be able|nanotime returning|need padding|negative idle|newProfBuf:|newUserArenaChunk|newosproc|"
    "newosproc:|newproc1:|nextReusable:|nextReusableNoScan:|nil elem|nil stackbase|no P|no deferreturn|"
    "no goroutines|no module data|no world|non in-use|non-Go|non-concurrent|noscan allocated|noscan object|"
    "not a pointer|not enough|not holding|notesleep -|notesleep not|notetsleep -|notetsleep not|"
    "notetsleepg on|notewakeup -|nwait >|objects added|objects with|oldoverflow is|on a|overflow|"
    "p mcache|pageAlloc:|panic during|panic holding|panic on|panicwrap:|persistentalloc:|pidleput:|plugin:|"
    "pointerless type|poll_oneoff|potentially overlapping|preempt SPWRITE|preempt at|procresize:|produced a|"
    "profilealloc called|progToPointerMask:|queuefinalizer during|race|raceinit:|racy sudog|randinit missed|"
    "randinit twice|range partially|receive on|record too|record wrapped|recovery failed|recursive call|"
    "recursive world|refill of|reflect mismatch|released less|released non-stopped|releasep:|"
    "remaining pointer|removespecial on|reset of|resetspinning:|riscv64|root level|rootBlockBytes|"
    "rt_sigaction|runOneTimer:|runPerThreadSyscall|runlock of|running <|running ==|runqputslow:|runqsteal:|"
    "runtime.Goexit|runtime.Pinner:|runtime.SetFinalizer:|runtime.addCovMeta:|runtime.m|runtime.main|"
    "runtime.reflect_makemap:|runtime.write|runtime/secret.Do|runtime:|runtimer:|runtime·lock:|"
    "runtime·unlock:|s.allocCount|s.freeindex|save on|scan missed|scanObject|scanobject n|scanobject of|"
    "scanstack -|scanstack:|scavenger state|sched.timeToRun|sched_yield|schedule:|select on|select:|"
    "selectgo:|self deadlock|semaRoot|semacquire|semaphore wake|send on|set_crosscall2|setprofilebucket:|"
    "setsigstack|short slice|should have|shrinking stack|shrinkstack at|sigNoteSetup|sigNoteSleep|"
    "sigNoteWakeup|sigaction failed|signal received|signal_recv:|sigsend:|size of|slice bounds|small map|"
    "span has|span is|span on|span set|spanQueue.destroy|split stack|spmc capacity|stack growth|stack not|"
    "stack overflow|stack size|stackalloc not|stackmapdata:|startTheWorld:|startlockedm:|startm:|steal with|"
    "stop of|stopTheWorld:|stoplockedm:|stopm|store64|string concatenation|suspendG|sweep increased|sweep:|"
    "sweeper left|swept cached|sync:|synctest root|synctest timer|sysAlloc|sysGrow|sysMemStat|tagBits|"
    "taggedPointerBits|taggedPointerPack|the current|thread exhaustion|time went|timer data|timer period|"
    "timer when|timer_delete|timer_settime|timespec64|too many address|too many concurrent timer|"
    "too many locks|too many pages|total <|totalAlloc|totalFree|trace:|traceInitReadCPU|traceRegion:|"
    "traceSnapshotMemory:|traceStartReadCPU|traceStopReadCPU|traceback|traceback did|traceback stuck|"
    "transitioning GC|tried to park|tried to run|tried to sleep|tried to trace|tried to write heap|ts set|"
    "typePointersOfUnchecked|unaligned sysHugePageCollapseOS|unaligned sysNoHugePageOS|unaligned sysUnused|"
    "uncaching span|unexpected g|unexpected gp.param|unexpected heap|unexpected kind|unexpected multiple|"
    "unexpected racectx|unexpected return|unexpected signal|unexpected state passed|unexpected syncgroup|"
    "unexpected trace|unfinished open-coded|unimplemented|unknown caller|unknown pc|unknown runnable|"
    "unlock of|unlock without|unreachable|unreachable method|update during|updateMaxProcsGoroutine:|"
    "use of invalid|user arena|v could|wakep:|wasi_snapshot_preview1.poll_oneoff|wasted too|wirep:|work.full|"
    "work.nwait|workbuf is|world not|wrong timers|wrong unescaped|xadd64|xchg64|";

bool stands_in_table(std::string_view words)
{
    if (words.find('|') != std::string_view::npos)
        return false;
    for (auto at = kBegin.find(words); at != std::string_view::npos; at = kBegin.find(words, at + 1))
        if (kBegin[at - 1] == '|' && kBegin.substr(at + words.size(), 1) == "|")
            return true;
    return false;
}

/// "gcMarkDone", "_cgo_setenv": names of the runtime, in texts of releases that were not looked at.
bool is_name(std::string_view word)
{
    const bool plain = std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
               c == '.';
    });
    return plain && word.size() > 4 && !(word[0] >= 'A' && word[0] <= 'Z') &&
           std::ranges::any_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

} // namespace

bool begins_as_go_check(std::string_view text)
{
    constexpr int kMostWords = 4;
    std::size_t end = 0;
    for (int words = 0; words < kMostWords && end < text.size(); ++words) {
        end = std::min(text.find(' ', end + (words == 0 ? 0 : 1)), text.size());
        if (end == 0 || stands_in_table(text.substr(0, end)) || (words == 0 && is_name(text.substr(0, end))))
            return end != 0;
    }
    return false;
}

} // namespace dbgscope
