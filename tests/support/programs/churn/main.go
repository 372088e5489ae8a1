// SPDX-License-Identifier: Apache-2.0

// churn makes garbage for five minutes and keeps none of it; with GOGC off only GOMEMLIMIT makes it collect.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

var last []byte

func main() {
	own := flag.Int64("own-mib", 0, "a memory limit of the program's own")
	flag.Parse()
	runtime.MemProfileRate = 65536 // which keeps the profile from being linked out
	debug.SetGCPercent(-1)
	if *own != 0 {
		debug.SetMemoryLimit(*own << 20)
	}
	fmt.Fprintln(os.Stderr, "churn: ready")
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		last = make([]byte, 1<<20)
	}
}
