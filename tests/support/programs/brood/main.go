// SPDX-License-Identifier: Apache-2.0

// brood forks children that wait, prints how many there are, and waits too: for ever, or -seconds.
package main

import (
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

var patience *syscall.Timespec // nil: for ever

// A forked child is this one thread without a runtime around it: it may only make system calls.
func fork() (int, syscall.Errno) {
	pid, _, code := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	for pid == 0 && code == 0 {
		_, _, woken := syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(patience)), 0, 0, 0)
		if woken == 0 && patience != nil {
			syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
		}
	}
	return int(pid), code
}

func main() {
	wanted := flag.Int("children", 100, "how many to fork")
	seconds := flag.Int64("seconds", 0, "how long they and we wait; 0: for ever")
	flag.Parse()
	if *seconds > 0 {
		patience = &syscall.Timespec{Sec: *seconds}
		time.AfterFunc(time.Duration(*seconds)*time.Second, func() { os.Exit(0) })
	}
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
