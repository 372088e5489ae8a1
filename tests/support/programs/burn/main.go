// SPDX-License-Identifier: Apache-2.0

// burn works in one function, holds memory of another, and has goroutines that wait in a third; for five minutes.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

var (
	kept  [][]byte
	spun  int
	limit = time.Now().Add(5 * time.Minute)
)

//go:noinline
func burn() {
	for time.Now().Before(limit) {
		for i := 0; i < 1<<22; i++ {
			spun += i * i
		}
	}
	os.Exit(0)
}

//go:noinline
func hold() {
	for i := 0; i < 64; i++ {
		kept = append(kept, make([]byte, 1<<20))
	}
}

func waitForWork(work chan int) { spun += <-work }

func main() {
	runtime.MemProfileRate = 65536 // which keeps the profile from being linked out
	hold()
	runtime.GC()
	runtime.GC()
	work := make(chan int)
	for i := 0; i < 7; i++ {
		go waitForWork(work)
	}
	go burn()
	fmt.Fprintln(os.Stderr, "burn: ready")
	waitForWork(work)
}
