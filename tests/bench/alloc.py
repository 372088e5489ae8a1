#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the watch on allocations (alloc.*) costs a program: CPU time with it over that without, pairs interleaved, medians. Root.

usage: alloc.py [--runs N]
Loads: opening files, mapping and unmapping 1 MiB, touching new memory, writing files through a limit that is too small.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel

DBGSCOPE = pathlib.Path(os.environ.get("DBGSCOPE_BUILD", "build")).resolve() / "dbgscope"
LIMIT = 64 << 20
THRESHOLDS = {"on": ["268435456", "200000", "67108864", "1"], "off": None}
C = r"""#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static void *map(size_t bytes) { return mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
int main(int count, char **words)
{
    static char block[1 << 20];
    const char *load = count > 1 ? words[1] : "";
    if (!strcmp(load, "open"))
        for (int i = 0; i < 200000; ++i) close(open("/dev/null", O_RDONLY));
    else if (!strcmp(load, "map"))
        for (int i = 0; i < 200000; ++i) munmap(map(1 << 20), 1 << 20);
    else if (!strcmp(load, "touch"))
        for (int i = 0; i < 20; ++i) {
            char *at = map(32 << 20);
            memset(at, 1, 32 << 20);
            munmap(at, 32 << 20);
        }
    else if (!strcmp(load, "reclaim")) {
        FILE *file = tmpfile();
        for (int round = 0; round < 4; ++round) {
            rewind(file);
            for (int i = 0; i < 150; ++i) fwrite(block, 1, sizeof block, file);
            rewind(file);
            while (fread(block, 1, sizeof block, file) > 0) continue;
        }
    }
    return 0;
}
"""


def cpu_seconds(command, procs):
    pid = os.fork()
    if pid == 0:
        procs.write_text(str(os.getpid()))
        os.execv(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime


class Watch:
    def __init__(self, version, directory, thresholds):
        self.socket, its = socket.socketpair()
        self.tool = subprocess.Popen([DBGSCOPE, "alloc-of", str(version), directory, *thresholds], stdin=its, stdout=its)
        its.close()
        fds = pathlib.Path(f"/proc/{self.tool.pid}/fd")
        while sum(os.readlink(fd) == "anon_inode:bpf_link" for fd in fds.iterdir() if fd.is_symlink()) < 3:
            time.sleep(0.05)

    def end(self):
        self.socket.close()
        self.tool.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    version, parent = kernel.memory_cgroup()
    if version == 2:
        parent = pathlib.Path("/sys/fs/cgroup")
    here = parent / f"dbgscope-bench-{os.getpid()}"
    here.mkdir()
    (here / ("memory.max" if version == 2 else "memory.limit_in_bytes")).write_text(str(LIMIT))
    try:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            os.environ["TMPDIR"] = folder
            program = f"{folder}/load"
            subprocess.run(["cc", "-O2", "-x", "c", "-o", program, "-"], input=C, text=True, check=True)
            for load in ("open", "map", "touch", "reclaim"):
                ratios = []
                for run in range(runs):
                    seconds = {}
                    for kind in ("on", "off") if run % 2 else ("off", "on"):
                        watch = Watch(version, here, THRESHOLDS["on"]) if kind == "on" else None
                        seconds[kind] = cpu_seconds([program, load], here / "cgroup.procs")
                        if watch:
                            watch.end()
                    ratios.append(seconds["on"] / seconds["off"])
                spread = statistics.quantiles(ratios, n=4)
                print(f"{load:8} {statistics.median(ratios):.3f}  ({spread[0]:.3f} to {spread[2]:.3f}, {runs} pairs)", flush=True)
    finally:
        while (here / "cgroup.procs").read_text():
            time.sleep(0.05)
        here.rmdir()


if __name__ == "__main__":
    main()
