// SPDX-License-Identifier: Apache-2.0

// eater KIND MIB THREADS [PAUSE_US]: takes MIB MiB of one kind of memory from THREADS threads, as fast as it can, or
// PAUSE_US after each MiB, prints "done" and ends. KIND:
//   heap    anonymous pages    memfd   a memory file of each thread    shm   shared anonymous memory
//   tables  page tables: one page touched in each 2 MiB, the page read, so that hardly anything else is charged
//   cache   page cache: files in the working directory, unlinked at once
//   sleep   nothing: sleeps MIB seconds
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kMib = 1 << 20, kPage = 4096, kTableReach = 2 << 20 };

static atomic_long left_mib;
static useconds_t pause_us;

static void fail(const char* what) {
  perror(what);
  _exit(1);
}

static void* map(size_t bytes, int flags, int fd) {
  void* at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (at == MAP_FAILED) fail("mmap");
  return at;
}

static void touch(volatile char* at, size_t bytes) {
  for (size_t page = 0; page < bytes; page += kPage) at[page] = 1;
}

static void write_mib(int fd) {
  static const char zeros[65536];
  for (size_t done = 0; done < kMib;) { // a signal may cut a write short, and the next call starts again
    const ssize_t got = write(fd, zeros, sizeof zeros);
    if (got < 0 && errno != EINTR) fail("write");
    if (got > 0) done += (size_t)got;
  }
}

// A page table of 4 KiB maps 2 MiB: 256 of them are 1 MiB. Reading maps the shared zero page, which is charged to nobody.
static void make_tables(void) {
  const size_t reach = (size_t)256 * kTableReach;
  volatile char* at = map(reach, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  madvise((void*)at, reach, MADV_NOHUGEPAGE);
  for (size_t page = 0; page < reach; page += kTableReach) (void)at[page];
}

static int make_file(const char* kind) {
  if (!strcmp(kind, "memfd")) return memfd_create("eater", MFD_CLOEXEC);
  if (!strcmp(kind, "cache")) {
    char name[] = "./eater.XXXXXX";
    const int fd = mkstemp(name);
    if (fd >= 0) unlink(name);
    return fd;
  }
  return -2;
}

static void* eat(void* argument) {
  const char* kind = argument;
  const int fd = make_file(kind);
  if (fd == -1) fail(kind);
  while (atomic_fetch_sub(&left_mib, 1) > 0) {
    if (!strcmp(kind, "heap")) touch(map(kMib, MAP_PRIVATE | MAP_ANONYMOUS, -1), kMib);
    else if (!strcmp(kind, "shm")) touch(map(kMib, MAP_SHARED | MAP_ANONYMOUS, -1), kMib);
    else if (!strcmp(kind, "tables")) make_tables();
    else write_mib(fd);
    if (pause_us) usleep(pause_us);
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 4 || !strstr(" heap memfd shm tables cache sleep ", argv[1])) {
    fprintf(stderr, "usage: eater heap|memfd|shm|tables|cache|sleep MIB THREADS [PAUSE_US]\n");
    return 2;
  }
  const long mib = strtol(argv[2], NULL, 10), threads = strtol(argv[3], NULL, 10);
  pause_us = argc > 4 ? (useconds_t)strtoul(argv[4], NULL, 10) : 0;
  if (!strcmp(argv[1], "sleep")) {
    sleep((unsigned)mib);
    return 0;
  }
  atomic_store(&left_mib, mib);
  pthread_t* ids = calloc((size_t)threads, sizeof *ids);
  if (!ids) fail("calloc");
  for (long i = 0; i < threads; ++i)
    if (pthread_create(&ids[i], NULL, eat, argv[1])) fail("pthread_create");
  for (long i = 0; i < threads; ++i) pthread_join(ids[i], NULL);
  puts("done");
  return 0;
}
