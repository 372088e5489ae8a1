// SPDX-License-Identifier: Apache-2.0

// cgo keeps memory of C's, which no profile of Go's can see, and some of its own; at most 100 MiB of both.
package main

/*
#include <stdlib.h>
#include <string.h>
void *volatile kept[1 << 16]; // or the compiler leaves all of it out
int count;
static void leak_in_c(void)
{
	void *block = malloc(64 << 10);
	memset(block, 1, 64 << 10);
	kept[count++] = block;
}
*/
import "C"

import (
	"fmt"
	"os"
	"time"
)

var blocks [][]byte

func leakInGo() {
	block := make([]byte, 16<<10)
	for i := range block {
		block[i] = 1
	}
	blocks = append(blocks, block)
}

func main() {
	fmt.Fprintln(os.Stderr, "cgo: ready")
	for i := 0; i < 1200; i++ {
		C.leak_in_c()
		leakInGo()
		time.Sleep(time.Millisecond)
	}
	time.Sleep(time.Minute)
}
