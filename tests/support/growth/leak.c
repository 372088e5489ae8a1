// SPDX-License-Identifier: Apache-2.0
// Keeps 1 KiB at a time, at most 117 MiB of it, beside code that takes ten times as much and gives it back to the system,
// all but the last MiB.
//
//     leak [threads|read|fast|round]     threads: each step in a thread of its own; read: the kernel is the first to touch
//                                        it; round: nothing is kept, and 32 MiB are taken anew five times a second
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
    struct node *next;
    char data[1008];
};
static struct node *kept;
static int zeros = -1;

__attribute__((noinline)) static void leak_node(void)
{
    struct node *fresh = malloc(sizeof *fresh);
    memset(fresh, 1, sizeof *fresh);
    fresh->next = kept;
    kept = fresh;
}

__attribute__((noinline)) static void churn(size_t bytes)
{
    static void *block;
    if (block != NULL)
        munmap(block, bytes);
    block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        exit(1);
    memset(block, 2, bytes);
}

__attribute__((noinline)) static void read_zeros(void)
{
    static char buffer[96 << 20];
    static size_t at;
    if (at + (100 << 10) <= sizeof buffer && read(zeros, buffer + at, 100 << 10) > 0)
        at += 100 << 10;
}

__attribute__((noinline)) static void *handle(void *unused)
{
    if (zeros >= 0)
        read_zeros();
    else
        for (int i = 0; i < 100; ++i)
            leak_node();
    churn(1 << 20);
    return unused;
}

int main(int count, char **words)
{
    const char *how = count > 1 ? words[1] : "";
    if (strcmp(how, "read") == 0)
        zeros = open("/dev/zero", O_RDONLY);
    fputs("leak: ready\n", stderr);
    for (int step = 0; step < 1200; ++step) {
        pthread_t thread;
        if (strcmp(how, "round") == 0)
            churn(32 << 20);
        else if (strcmp(how, "threads") != 0)
            handle(NULL);
        else if (pthread_create(&thread, NULL, handle, NULL) != 0 || pthread_join(thread, NULL) != 0)
            return 1;
        usleep(strcmp(how, "round") == 0 ? 200000 : 1000);
    }
    fputs("leak: done\n", stderr);
    if (strcmp(how, "fast") != 0)
        sleep(60);
    return 0;
}
