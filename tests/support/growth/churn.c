// SPDX-License-Identifier: Apache-2.0
// Takes and gives back 32 MiB again and again, as fast as it can, and keeps 1 MiB after each, at most 400; for a minute.
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { kMib = 1 << 20, kSeconds = 60, kMostKept = 400 };

static void *map(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        exit(1);
    return block;
}

__attribute__((noinline)) static void keep(void)
{
    static int kept;
    if (kept++ < kMostKept)
        memset(map(kMib), 1, kMib);
}

__attribute__((noinline)) static void churn(void)
{
    void *block = map(32 * kMib);
    memset(block, 2, 32 * kMib);
    munmap(block, 32 * kMib);
}

int main(void)
{
    fputs("churn: ready\n", stderr);
    for (const time_t end = time(NULL) + kSeconds; time(NULL) < end;) {
        churn();
        keep();
    }
    return 0;
}
