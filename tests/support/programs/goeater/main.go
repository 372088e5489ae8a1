// SPDX-License-Identifier: Apache-2.0

// goeater MIB THREADS allocates and keeps MIB MiB, as fast as it can, from THREADS goroutines with a thread of its own
// each, prints "done" and ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

var kept [][]byte

func eat(left *int64, mutex *sync.Mutex, done *sync.WaitGroup) {
	runtime.LockOSThread()
	defer done.Done()
	for atomic.AddInt64(left, -1) >= 0 {
		block := make([]byte, 1<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		mutex.Lock()
		kept = append(kept, block)
		mutex.Unlock()
	}
}

func number(at int) int64 {
	if at < len(os.Args) {
		if value, err := strconv.ParseInt(os.Args[at], 10, 64); err == nil && value > 0 {
			return value
		}
	}
	fmt.Fprintln(os.Stderr, "usage: goeater MIB THREADS")
	os.Exit(2)
	return 0
}

func main() {
	left, threads := number(1), number(2)
	var mutex sync.Mutex
	var done sync.WaitGroup
	runtime.GOMAXPROCS(int(threads))
	for i := int64(0); i < threads; i++ {
		done.Add(1)
		go eat(&left, &mutex, &done)
	}
	done.Wait()
	fmt.Println("done")
}
