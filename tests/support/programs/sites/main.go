// SPDX-License-Identifier: Apache-2.0

// sites keeps memory of ten places of the code, frees in between, and parks goroutines; it tells the truth about both.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

type node struct {
	next *node
	data [120]byte
}

var (
	blocks  [][]byte
	nodes   *node
	strings []string
	lock    sync.Mutex
)

func fill(count, size int) {
	for i := 0; i < count; i++ {
		blocks = append(blocks, make([]byte, size))
	}
}

//go:noinline
func huge() { blocks = append(blocks, make([]byte, 24<<20)) }

//go:noinline
func large() {
	for i := 0; i < 16; i++ {
		blocks = append(blocks, make([]byte, 1<<20))
	}
}

//go:noinline
func pages() {
	for i := 0; i < 1536; i++ {
		blocks = append(blocks, make([]byte, 8<<10))
	}
}

//go:noinline
func small() {
	for i := 0; i < 10<<10; i++ {
		blocks = append(blocks, make([]byte, 1<<10))
	}
}

//go:noinline
func linked() {
	for i := 0; i < 64<<10; i++ {
		nodes = &node{next: nodes}
	}
}

//go:noinline
func words() {
	for i := 0; i < 4096; i++ {
		strings = append(strings, string(make([]byte, 2<<10)))
	}
}

// inlined into its caller: a site of its own all the same
func kept(size int) { blocks = append(blocks, make([]byte, size)) }

//go:noinline
func outer() {
	for i := 0; i < 6; i++ {
		kept(1 << 20)
	}
}

//go:noinline
func halfFreed() {
	var mine [][]byte
	for i := 0; i < 2048; i++ {
		mine = append(mine, make([]byte, 4<<10))
	}
	blocks = append(blocks, mine[:1024]...)
}

//go:noinline
func dropped() {
	for i := 0; i < 64; i++ {
		sink = make([]byte, 1<<20)
	}
	sink = nil
}

var sink []byte

//go:noinline
func viaHelper() { fill(3<<10, 1<<10) }

func waitForLock() {
	lock.Lock()
	lock.Unlock()
}

func receive(from chan int) { <-from }

func deep(depth int, from chan int) {
	if depth > 0 {
		deep(depth-1, from)
		return
	}
	receive(from)
}

func main() {
	runtime.MemProfileRate = 4096 // exact enough to be held against the truth
	blocks = make([][]byte, 0, 64<<10)
	strings = make([]string, 0, 8<<10)
	lock.Lock()
	never := make(chan int)
	for i := 0; i < 20; i++ {
		go waitForLock()
	}
	for i := 0; i < 30; i++ {
		go receive(never)
	}
	for i := 0; i < 5; i++ {
		go deep(6, never)
	}
	huge()
	large()
	pages()
	small()
	linked()
	words()
	outer()
	halfFreed()
	dropped()
	viaHelper()
	runtime.GC()
	runtime.GC()
	fmt.Fprintln(os.Stderr, "sites: ready")
	time.Sleep(5 * time.Minute)
}
