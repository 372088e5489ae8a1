/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The kernel's side of the watch on allocations: what happens to the processes of one cgroup and those below it.
 *
 * Nothing here runs at an allocation of the kernel's own (kmem:kmem_cache_alloc): an empty program there slows down
 * whoever opens files, on the whole machine, and the cgroup's own account says what is held for nothing. Nor at a system call: that puts each one of each process on the slow path. No program wants tracefs. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "alloc_events.h"

char LICENSE[] SEC("license") = "GPL"; /* the dual one above; the helpers ask for this word */

#define KERNEL_TYPE __attribute__((preserve_access_index))
#define FILE_PAGES 0 /* MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES */
#define ANON_PAGES 1
#define SHMEM_PAGES 3

typedef _Bool bool;

struct kernfs_node {
    __u64 id;
} KERNEL_TYPE;
struct cgroup_subsys_state {
    struct cgroup *cgroup;
    struct cgroup_subsys_state *parent;
} KERNEL_TYPE;
struct cgroup {
    struct cgroup_subsys_state self;
    struct kernfs_node *kn;
} KERNEL_TYPE;
struct css_set {
    struct cgroup_subsys_state *subsys[1];
    struct cgroup *dfl_cgrp;
} KERNEL_TYPE;
enum cgroup_subsys_id { memory_cgrp_id };
struct upid {
    int nr;
} KERNEL_TYPE;
struct pid {
    unsigned int level;
    struct upid numbers[1];
} KERNEL_TYPE;
struct percpu_counter {
    __s64 count;
} KERNEL_TYPE;
struct mm_struct {
    struct percpu_counter rss_stat[4]; /* since 6.2 */
} KERNEL_TYPE;
typedef struct {
    __s64 counter;
} KERNEL_TYPE atomic64_t;
struct mm_rss_stat {
    atomic64_t count[4];
} KERNEL_TYPE;
struct mm_struct___before_6_2 {
    struct mm_rss_stat rss_stat;
} KERNEL_TYPE;
struct task_struct {
    int tgid;
    char comm[ALLOC_NAME_BYTES];
    struct mm_struct *mm;
    struct css_set *cgroups;
    struct pid *thread_pid;
    struct task_struct *group_leader;
} KERNEL_TYPE;

struct pt_regs___x86 {
    unsigned long orig_ax;
} KERNEL_TYPE;
struct pt_regs___arm64 {
    __s32 syscallno;
} KERNEL_TYPE;

/* Set before it is loaded. */
const volatile __u64 watched_cgroup = 0; /* its inode, which is kernfs' id */
const volatile __u32 hierarchy = 2;      /* 1: that of v1's memory controller */
const volatile __u64 page_bytes = 4096;
const volatile __u64 large_mapping_bytes = ~0ULL, long_stall_ns = ~0ULL;

struct alloc_totals totals;
__u64 mapping_told_ns, window_begin_ns, window_stall_ns;
__u32 window_told;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* Who is reclaiming, and since when. An entry goes when the reclaim ends, which it does for a dying task, too. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, __u64);
} reclaiming SEC(".maps");

static __always_inline struct cgroup *cgroup_of(struct task_struct *task)
{
    struct css_set *set = BPF_CORE_READ(task, cgroups);
    if (hierarchy != 1)
        return BPF_CORE_READ(set, dfl_cgrp);
    struct cgroup_subsys_state *state = 0;
    const __u32 index = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
    bpf_probe_read_kernel(&state, sizeof state,
                          (void *)set + bpf_core_field_offset(struct css_set, subsys) + index * sizeof state);
    return BPF_CORE_READ(state, cgroup);
}

static __always_inline bool is_watched(struct task_struct *task)
{
    struct cgroup *cgroup = cgroup_of(task);
    for (int level = 0; level < 8 && cgroup; ++level) {
        if (BPF_CORE_READ(cgroup, kn, id) == watched_cgroup)
            return 1;
        struct cgroup_subsys_state *parent = BPF_CORE_READ(cgroup, self.parent);
        if (!parent)
            break;
        cgroup = BPF_CORE_READ(parent, cgroup);
    }
    return 0;
}

static __always_inline __u32 own_pid(struct task_struct *task)
{
    struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
    struct upid number = {};
    const __u32 level = BPF_CORE_READ(pid, level);
    bpf_probe_read_kernel(&number.nr, sizeof number.nr,
                          (void *)pid + bpf_core_field_offset(struct pid, numbers) +
                              level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
    return number.nr;
}

static __always_inline struct alloc_event *begin_event(__u32 kind, struct task_struct *task)
{
    struct alloc_event *event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
    if (!event) {
        __sync_fetch_and_add(&totals.lost, 1);
        return 0;
    }
    __builtin_memset(event, 0, sizeof *event);
    event->kind = kind;
    event->pid = own_pid(task);
    BPF_CORE_READ_STR_INTO(&event->name, task, comm);
    return event;
}

static __always_inline __u64 resident_bytes(struct mm_struct *mm, int kind)
{
    __s64 pages = 0;
    struct mm_struct___before_6_2 *before = (void *)mm;
    /* Not whether its type exists: one that does not is looked for in the kernel's modules, which takes CAP_SYS_ADMIN. */
    if (bpf_core_field_exists(before->rss_stat.count)) {
        pages = kind == ANON_PAGES   ? BPF_CORE_READ(before, rss_stat.count[ANON_PAGES].counter)
                : kind == FILE_PAGES ? BPF_CORE_READ(before, rss_stat.count[FILE_PAGES].counter)
                                     : BPF_CORE_READ(before, rss_stat.count[SHMEM_PAGES].counter);
    } else {
        pages = kind == ANON_PAGES   ? BPF_CORE_READ(mm, rss_stat[ANON_PAGES].count)
                : kind == FILE_PAGES ? BPF_CORE_READ(mm, rss_stat[FILE_PAGES].count)
                                     : BPF_CORE_READ(mm, rss_stat[SHMEM_PAGES].count);
    }
    return pages > 0 ? pages * page_bytes : 0;
}

/* fork(2), vfork(2), clone(2), clone3(2) of the kernel's own architecture. */
static __always_inline bool is_forking(struct task_struct *task)
{
    const struct pt_regs *registers = (void *)bpf_task_pt_regs(task); /* since 5.15 */
    if (bpf_core_type_exists(struct pt_regs___x86) && bpf_core_field_exists(struct pt_regs___x86, orig_ax)) {
        const unsigned long call = BPF_CORE_READ((const struct pt_regs___x86 *)registers, orig_ax);
        return call == 56 || call == 57 || call == 58 || call == 435;
    }
    if (bpf_core_field_exists(struct pt_regs___arm64, syscallno)) {
        const __s32 call = BPF_CORE_READ((const struct pt_regs___arm64 *)registers, syscallno);
        return call == 220 || call == 435;
    }
    return 0;
}

/* Memory that a program asks for as its own and may write: mmap(2), also over what it has reserved, mprotect(2),
 * brk(2), mremap(2). What is only reserved (PROT_NONE, MAP_NORESERVE) does not come here; what a fork shares does. */
SEC("fentry/__vm_enough_memory")
int BPF_PROG(mapping, struct mm_struct *mm, long pages)
{
    if (pages <= 0 || pages * page_bytes < large_mapping_bytes)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    if ((__u64)mm != (__u64)task->mm || !is_watched(task) || is_forking(task))
        return 0;
    __sync_fetch_and_add(&totals.mappings, 1);
    __sync_fetch_and_add(&totals.mapped_bytes, pages * page_bytes);
    const __u64 now = bpf_ktime_get_ns();
    if (mapping_told_ns && now - mapping_told_ns < ALLOC_EVERY_NS)
        return 0;
    mapping_told_ns = now;
    struct alloc_event *event = begin_event(ALLOC_MAPPING, task);
    if (!event)
        return 0;
    event->bytes = pages * page_bytes;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

/* Both run in the task that waits, whatever the limit was: its cgroup's own, or one above. */
SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(reclaim_begin)
{
    if (!is_watched(bpf_get_current_task_btf()))
        return 0;
    const __u32 thread = bpf_get_current_pid_tgid();
    const __u64 now = bpf_ktime_get_ns();
    bpf_map_update_elem(&reclaiming, &thread, &now, BPF_ANY);
    return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(reclaim_end, unsigned long reclaimed_pages)
{
    const __u32 thread = bpf_get_current_pid_tgid();
    const __u64 *begin = bpf_map_lookup_elem(&reclaiming, &thread);
    if (!begin)
        return 0;
    const __u64 now = bpf_ktime_get_ns();
    const __u64 took = now - *begin;
    bpf_map_delete_elem(&reclaiming, &thread);
    __sync_fetch_and_add(&totals.reclaims, 1);
    __sync_fetch_and_add(&totals.stall_ns, took);
    __sync_fetch_and_add(&totals.reclaimed_pages, reclaimed_pages);
    if (now - window_begin_ns >= ALLOC_EVERY_NS) {
        window_begin_ns = now - took;
        window_stall_ns = 0;
        window_told = 0;
    }
    __sync_fetch_and_add(&window_stall_ns, took);
    if (window_told || window_stall_ns < long_stall_ns)
        return 0;
    window_told = 1;
    struct alloc_event *event = begin_event(ALLOC_STALL, bpf_get_current_task_btf());
    if (!event)
        return 0;
    event->stall_ns = window_stall_ns;
    event->span_ns = now - window_begin_ns;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

/* Runs in the task that wanted memory; the victim is another's. */
SEC("raw_tp/mark_victim")
int victim(struct bpf_raw_tracepoint_args *arguments)
{
    struct task_struct *task = (void *)arguments->args[0];
    if (!is_watched(task))
        return 0;
    struct alloc_event *event = begin_event(ALLOC_VICTIM, task);
    if (!event)
        return 0;
    struct mm_struct *mm = BPF_CORE_READ(task, mm);
    event->bytes = resident_bytes(mm, ANON_PAGES);
    event->file_bytes = resident_bytes(mm, FILE_PAGES) + resident_bytes(mm, SHMEM_PAGES);
    bpf_ringbuf_submit(event, 0);
    return 0;
}
