// SPDX-License-Identifier: Apache-2.0

// brood forks children that wait for ever, prints how many there are, and sleeps.
package main

import (
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
)

// A forked child is this one thread without a runtime around it: it may only make system calls.
func fork() (int, syscall.Errno) {
	pid, _, code := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	for pid == 0 && code == 0 {
		syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
	return int(pid), code
}

func main() {
	wanted := flag.Int("children", 100, "how many to fork")
	flag.Parse()
	made := 0
	for ; made < *wanted; made++ {
		if _, code := fork(); code != 0 {
			fmt.Fprintf(os.Stderr, "brood: fork: %v\n", code)
			break
		}
	}
	fmt.Fprintf(os.Stderr, "brood: %d children\n", made)
	for {
		time.Sleep(time.Hour)
	}
}
