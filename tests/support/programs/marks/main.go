// SPDX-License-Identifier: Apache-2.0

// Takes 100 MiB of small objects in such an order that marking them takes a quarter as much again for the collector's own
// queue; nothing but the collector allocates then. It ends by itself after five minutes.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

const width = 8 << 10

type leaf struct {
	next *leaf
	_    uint64
}

// The last is looked at first, while all leaves before it wait in the queue.
type wide struct {
	leaves [width]*leaf
	next   *wide
}

var (
	all   *wide
	count uint64
)

func fill(bytes uint64) {
	for taken := uint64(0); taken < bytes; taken += width * 24 {
		one := &wide{next: all}
		for i := range one.leaves {
			one.leaves[i] = &leaf{}
		}
		all = one
	}
}

//go:noinline
func spin(until time.Time) {
	for time.Now().Before(until) {
		for i := 0; i < 1000000; i++ {
			count++
		}
	}
	os.Exit(0)
}

func main() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(math.MaxInt64) // not while it is filled
	runtime.GOMAXPROCS(2)
	go spin(time.Now().Add(5 * time.Minute))
	fill(100 << 20)
	fmt.Fprintln(os.Stderr, "marks: filled")
	for {
		runtime.GC()
	}
}
