// SPDX-License-Identifier: Apache-2.0

// leak allocates and keeps memory, step by step, from a goroutine of its own.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

type settings struct {
	mibPerStep int
	step       time.Duration
	maxMib     int // 0: for ever
}

var kept [][]byte

func leakForever(s settings, done chan<- int) {
	total := 0
	for s.maxMib == 0 || total < s.maxMib {
		for i := 0; i < s.mibPerStep; i++ {
			block := make([]byte, 1<<20)
			for at := 0; at < len(block); at += 4096 {
				block[at] = 1
			}
			kept = append(kept, block)
			total++
			if total%16 == 0 {
				fmt.Fprintf(os.Stderr, "leak: %d MiB\n", total)
			}
		}
		time.Sleep(s.step)
	}
	done <- total
}

func main() {
	perStep := flag.Int("mib-per-step", 1, "MiB allocated in each step")
	stepMs := flag.Int("step-ms", 10, "milliseconds between steps")
	maxMib := flag.Int("max-mib", 0, "end after this many MiB (0: never)")
	flag.Parse()
	done := make(chan int)
	go leakForever(settings{*perStep, time.Duration(*stepMs) * time.Millisecond, *maxMib}, done)
	fmt.Fprintf(os.Stderr, "leak: done, %d MiB\n", <-done)
}
