// SPDX-License-Identifier: Apache-2.0

// grows keeps memory, and on a line of its standard input keeps more of it at known places and frees some. It writes its
// own profile (FILE.1, FILE.2) each time, with which nothing of dbgscope's has to do.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

var still, grown, freed, fresh [][]byte

//go:noinline
func stays() { still = append(still, make([]byte, 20<<20)) }

//go:noinline
func grow() {
	for i := 0; i < 1024; i++ {
		grown = append(grown, make([]byte, 8<<10))
	}
}

//go:noinline
func frees() { freed = append(freed, make([]byte, 6<<20)) }

//go:noinline
func comes() { fresh = append(fresh, make([]byte, 4<<20)) }

func ready(time int) {
	runtime.GC()
	runtime.GC()
	if len(os.Args) > 1 {
		file, _ := os.Create(fmt.Sprintf("%s.%d", os.Args[1], time))
		pprof.WriteHeapProfile(file)
		file.Close()
	}
	fmt.Fprintf(os.Stderr, "grows: ready %d\n", time)
}

func main() {
	runtime.MemProfileRate = 4096 // exact enough to be held against the truth
	lines := bufio.NewScanner(os.Stdin)
	stays()
	grow()
	frees()
	ready(1)
	lines.Scan()
	for i := 0; i < 2; i++ {
		grow()
	}
	comes()
	freed = nil
	ready(2)
	lines.Scan()
}
