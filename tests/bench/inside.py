#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long the heap of a Go process of 1 GiB with 5,000 stacks takes to read and print, how long 100,000 goroutines take,
what watching the growth of a C program costs it, and how far the instant of `snapshot --cpu` is from the window before it.

usage: inside.py [--runs N]
Goals: 1 s, 2 s, 5 %, 10 ms (median, of a program with 100 threads that work). The growth's cost is the median ratio of pairs, alternating, of
a program that fills a std::map, and of one that does nothing but touch new memory, which nothing can be worse for.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

GOALS = {"heap": 1.0, "goroutines": 2.0}
# map: allocates and does nothing else; touch: takes pages and gives them back, and nothing else.
GROWTH_GOAL = 1.05
GROWN = ("map", "touch")
GAP_GOAL_US = 10_000
SESSION_PERIODS = (128, 256)  # of caps up to 256M, up to 1G
BUILD = pathlib.Path(os.environ.get("DBGSCOPE_BUILD", "build")).resolve()
DBGSCOPE = BUILD / "dbgscope"

GO = """package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

var kept [][]byte

//go:noinline
func left(depth, path int) { walk(depth-1, path) }

//go:noinline
func right(depth, path int) { walk(depth-1, path) }

//go:noinline
func walk(depth, path int) {
	if depth == 0 {
		kept = append(kept, make([]byte, 214<<10))
		return
	}
	if path>>(depth-1)&1 == 0 {
		left(depth, path)
	} else {
		right(depth, path)
	}
}

func main() {
	runtime.MemProfileRate = 4 << 10
	if os.Args[1] == "heap" {
		for i := 0; i < 5000; i++ {
			walk(13, i)
		}
		runtime.GC()
		runtime.GC()
	} else {
		never := make(chan int)
		for i := 0; i < 100000; i++ {
			go func() { <-never }()
		}
		time.Sleep(time.Second)
	}
	fmt.Println("ready")
	time.Sleep(5 * time.Minute)
}
"""
CPP = """#include <map>
#include <string>
#include <unistd.h>
int main()
{
    char go;
    if (read(0, &go, 1) != 1)
        return 1;
    std::map<int, std::string> kept;
    for (int i = 0; i < 3000000; ++i)
        kept.emplace_hint(kept.end(), i, std::string(40, 'x'));
    _exit(0);
}
"""
THREADS = """#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *work(void *ignored)
{
    for (volatile unsigned long i = 0;; ++i)
        if (i % 100000 == 0)
            usleep(10000);
    return ignored;
}
int main(void)
{
    pthread_t thread;
    for (int i = 0; i < 100; ++i)
        pthread_create(&thread, 0, work, 0);
    puts("ready");
    fflush(stdout);
    sleep(300);
    return 0;
}
"""
C = """#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
    char go;
    if (read(0, &go, 1) != 1)
        return 1;
    for (int round = 0; round < 80; ++round) {
        char *block = mmap(0, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(block, 1, 32 << 20);
        munmap(block, 32 << 20);
    }
    return 0;
}
"""


def reading(verb, program, runs):
    with subprocess.Popen([program, verb], stdout=subprocess.PIPE, text=True, env={**os.environ, "GOMEMLIMIT": "off"}) as target:
        try:
            target.stdout.readline()
            times = []
            for _ in range(runs):
                begin = time.monotonic()
                out = subprocess.run([DBGSCOPE, verb, "--pid", str(target.pid)], check=True, capture_output=True, text=True).stdout
                times.append(time.monotonic() - begin)
            return statistics.median(times), out
        finally:
            target.kill()


def gaps_us(program, folder, runs):
    """In their order."""
    with subprocess.Popen([program], stdout=subprocess.PIPE, text=True) as target:
        try:
            target.stdout.readline()
            return sorted(json.loads(subprocess.run(
                [DBGSCOPE, "snapshot", "--cpu", "200ms", "--json", "--pid", str(target.pid), "-o", f"{folder}/kept{run}"],
                check=True, capture_output=True, text=True).stdout)["cpu"]["gap_us"] for run in range(runs))
        finally:
            target.kill()


def processor_seconds(program, period):
    """Of the program alone. period: as a session samples its debuggee; 0: not sampled; None: as the growth verb does."""
    target = subprocess.Popen([program], stdin=subprocess.PIPE)
    watch = None
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, its:
        if period is None:
            watch = subprocess.Popen([DBGSCOPE, "growth", "--pid", str(target.pid), "--seconds", "60"], stdout=subprocess.DEVNULL)
        elif period:
            watch = subprocess.Popen([DBGSCOPE, "growth-of", str(target.pid), str(period)], stdin=its)
        its.close()
        if watch:
            time.sleep(0.5)
        return run_to_its_end(target, watch)


def growth_cost(program, period, runs):
    ratios = []
    for run in range(runs):
        pair = {watched: processor_seconds(program, watched) for watched in ((0, period), (period, 0))[run % 2]}
        ratios.append(pair[period] / pair[0])
    return statistics.median(ratios)


def run_to_its_end(target, watch):
    target.stdin.write(b"x")
    target.stdin.close()
    _, _, usage = os.wait4(target.pid, 0)
    target.returncode = 0
    if watch:
        watch.wait()
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "main.go").write_text(GO)
        subprocess.run(["go", "build", "-o", "target", "main.go"], cwd=folder, check=True,
                       env={**os.environ, "CGO_ENABLED": "0", "GOPROXY": "off", "GOFLAGS": ""})
        for verb, goal in GOALS.items():
            seconds, out = reading(verb, f"{folder}/target", runs)
            missed += seconds > goal
            print(f"{verb}: {seconds:.2f} s, goal {goal:.0f} s{'' if seconds <= goal else ': MISSED'}; {len(out.splitlines())} lines")
        pathlib.Path(folder, "touch.c").write_text(C)
        pathlib.Path(folder, "map.cpp").write_text(CPP)
        subprocess.run(["cc", "-O1", "-o", "touch", "touch.c"], cwd=folder, check=True)
        subprocess.run(["c++", "-O2", "-o", "map", "map.cpp"], cwd=folder, check=True)
        for program in GROWN:
            for name, period in {"growth": None, **{f"a session, 1 fault of {period}": period for period in SESSION_PERIODS}}.items():
                ratio = growth_cost(f"{folder}/{program}", period, runs)
                missed += ratio > GROWTH_GOAL
                print(f"{name}: {ratio:.3f} of the time of {program} without, goal {GROWTH_GOAL:.2f}{'' if ratio <= GROWTH_GOAL else ': MISSED'}", flush=True)
        pathlib.Path(folder, "threads.c").write_text(THREADS)
        subprocess.run(["cc", "-O1", "-pthread", "-o", "threads", "threads.c"], cwd=folder, check=True)
        gaps = gaps_us(f"{folder}/threads", folder, runs)
        gap = statistics.median(gaps)
        missed += gap > GAP_GOAL_US
        print(f"snapshot --cpu: {gap:.0f} us from the window to the instant (worst {gaps[-1]}), goal {GAP_GOAL_US}"
              f"{'' if gap <= GAP_GOAL_US else ': MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
