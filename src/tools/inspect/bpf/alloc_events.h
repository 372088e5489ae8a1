/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef DBGSCOPE_ALLOC_EVENTS_H
#define DBGSCOPE_ALLOC_EVENTS_H

#include <linux/types.h>

/* What the kernel's side of the watch on allocations (alloc_watch.bpf.c) tells ours. */

enum alloc_kind { ALLOC_MAPPING, ALLOC_STALL, ALLOC_VICTIM };

#define ALLOC_NAME_BYTES 16          /* TASK_COMM_LEN */
#define ALLOC_EVERY_NS 1000000000ULL /* at most one event of a kind in this time, but for victims */

struct alloc_event {
    __u32 kind;
    __u32 pid; /* as the process itself sees it: in the pid namespace that it was started in */
    char name[ALLOC_NAME_BYTES];
    __u64 bytes;      /* mapping: its size; victim: anonymous memory */
    __u64 file_bytes; /* victim: of files, and shared */
    __u64 stall_ns;   /* stall: within the last span_ns, of all threads together */
    __u64 span_ns;
};

/* All since the start. */
struct alloc_totals {
    __u64 mappings, mapped_bytes;
    __u64 reclaims, stall_ns, reclaimed_pages;
    __u64 lost; /* events the ring had no room for */
};

#endif
