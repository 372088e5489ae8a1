// SPDX-License-Identifier: Apache-2.0

// alloc MIB: allocates and touches that many MiB, prints "done".
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
  for (size_t i = 0; i < mib; ++i) {
    volatile char* block = malloc(1 << 20);
    if (!block) return 1;
    for (size_t at = 0; at < 1 << 20; at += 4096) block[at] = 1;
  }
  puts("done");
  return 0;
}
