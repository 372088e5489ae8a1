# SPDX-License-Identifier: Apache-2.0
"""Writes and builds Go programs that keep memory at as many places of their code as wanted, and know how much."""

import os
import pathlib
import subprocess

MIB = 1 << 20
SIZES = (32, 112, 512, 4096, 40960, MIB)  # of objects: size classes, and larger than any
LARGEST = (24 * MIB, 18 * MIB, 13 * MIB, 10 * MIB, 8 * MIB)

HEAD = """package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

var kept [][]byte
var tables []map[int][64]byte

func half(from int) {
	for i := from; i < len(kept); i += 2 {
		kept[i] = nil
	}
}

//go:noinline
func table(entries int) {
	one := map[int][64]byte{}
	for i := 0; i < entries; i++ {
		one[i] = [64]byte{1}
	}
	tables = append(tables, one)
}
"""

TAIL = """	table(40000)
	runtime.GC()
	runtime.GC()
	file, _ := os.Create(os.Args[1])
	pprof.WriteHeapProfile(file)
	file.Close()
	fmt.Fprintln(os.Stderr, "many: ready")
	time.Sleep(5 * time.Minute)
}
"""


def truth(sites):
    """{function: bytes it keeps}: the five largest first, the others of some hundred KiB."""
    sizes = list(LARGEST[:sites]) + [(64 + 2 * n) * 1024 for n in range(max(0, sites - len(LARGEST)))]
    return {f"main.site{n:03}": size for n, size in enumerate(sizes)}


def build(folder, sites, *flags, go="go"):
    """The program's path. Every third site takes twice as much, and half of it is let go."""
    code, calls = [HEAD], []
    kept = {}
    for n, (name, size) in enumerate(truth(sites).items()):
        object_bytes = min(SIZES[n % len(SIZES)], size)
        count = size // object_bytes
        kept[name] = count * object_bytes
        halved = n % 3 == 2
        code.append(f"//go:noinline\nfunc {name.removeprefix('main.')}() {{\n\tfrom := len(kept)\n"
                    f"\tfor i := 0; i < {count * (2 if halved else 1)}; i++ {{\n"
                    f"\t\tkept = append(kept, make([]byte, {object_bytes}))\n\t}}\n"
                    + ("\thalf(from)\n" if halved else "\t_ = from\n") + "}\n")
        calls.append(f"\t{name.removeprefix('main.')}()\n")
    # Each of the runtime's processors still waits for the first sample of the rate before, half a MiB on average: so one of them.
    main = "func main() {\n\truntime.GOMAXPROCS(1)\n\truntime.MemProfileRate = 4096\n\tkept = make([][]byte, 0, 4<<20)\n" + "".join(calls) + TAIL
    pathlib.Path(folder, "main.go").write_text("\n".join(code) + "\n" + main)
    out = pathlib.Path(folder, f"many{sites}")
    subprocess.run([go, "build", *flags, "-o", out, "main.go"], cwd=folder, check=True,
                   env={**os.environ, "CGO_ENABLED": "0", "GOPROXY": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"})
    return out, kept
