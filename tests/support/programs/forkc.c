// SPDX-License-Identifier: Apache-2.0

// forkc [KIND]: forks a child that sleeps for a minute, prints its pid, and exits; the child lives on. KIND:
//   daemon  the child has a session of its own (setsid)
//   child   it stays in ours
//   wait    as `daemon`, and the parent sleeps too
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { kSeconds = 60 };

int main(int argc, char** argv) {
  const char* kind = argc > 1 ? argv[1] : "daemon";
  int ready[2];
  if (pipe(ready) != 0) return 1;
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(ready[0]);
    if (strcmp(kind, "child") != 0) setsid();
    // so that nobody waits for the end of our standard output and error
    for (int fd = 0; fd < 3; ++fd) close(fd);
    if (write(ready[1], "", 1) != 1) return 1;
    close(ready[1]);
    sleep(kSeconds);
    return 0;
  }
  char byte;
  close(ready[1]);
  if (read(ready[0], &byte, 1) != 1) return 1;
  printf("child %d\n", child);
  fflush(stdout);
  if (strcmp(kind, "wait") == 0) sleep(kSeconds);
  return 0;
}
