#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Launch time against the rivals: pairs interleaved in alternating order, ratio of medians with a 95 % interval.

usage: launch.py [--pairs N]          both parts; needs root
  cgroupfs: dbgscope run --backend=cgroupfs against cgexec, on this machine's own hierarchy
  systemd:  dbgscope run against systemd-run --scope, under a real systemd in a PID namespace
Absolute times depend on the machine; the ratio of one run is what counts.
"""
import argparse
import contextlib
import functools
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))
import kernel  # noqa: E402

BUILT = ROOT / os.environ.get("DBGSCOPE_BUILD", "build") / "dbgscope"
WARM_UP = 20
RESAMPLES = 2000


@functools.cache
def installed():
    """The binary as a package leaves it: stripped, and written in one piece. The linker's own file is scattered over the page
    cache, which makes each start of it longer; the rivals are installed, too."""
    folder = BUILT.parent / "bench_installed"
    folder.mkdir(exist_ok=True)
    subprocess.run(["strip", "-o", folder / "dbgscope", BUILT], check=True)
    return folder / "dbgscope"



def milliseconds(command):
    """Wall time of one start to the command's end."""
    with open(os.devnull, "r+b", buffering=0) as null:
        files = [(os.POSIX_SPAWN_DUP2, null.fileno(), fd) for fd in (0, 1, 2)]
        begin = time.perf_counter_ns()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
        _, status = os.waitpid(pid, 0)
        end = time.perf_counter_ns()
    if status != 0:
        raise SystemExit(f"launch: {' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return (end - begin) / 1e6


def compare(ours, theirs, pairs):
    """Two lists of times, taken in turns."""
    for _ in range(WARM_UP):
        milliseconds(ours)
        milliseconds(theirs)
    times = ([], [])
    for number in range(pairs):
        for which in ((0, 1), (1, 0))[number % 2]:
            times[which].append(milliseconds((ours, theirs)[which]))
    return times


def interval(a, b):
    """95 % bootstrap interval of median(a) / median(b), resampling pairs."""
    rng = random.Random(1)
    ratios = []
    for _ in range(RESAMPLES):
        picks = rng.choices(range(len(a)), k=len(a))
        ratios.append(statistics.median(a[i] for i in picks) / statistics.median(b[i] for i in picks))
    ratios.sort()
    return ratios[int(RESAMPLES * 0.025)], ratios[int(RESAMPLES * 0.975)]


def report(name, bound, ours, theirs, pairs):
    mine, other = compare(ours, theirs, pairs)
    ratio = statistics.median(mine) / statistics.median(other)
    low, high = interval(mine, other)
    print(f"{name}\n  ours    {statistics.median(mine):6.2f} ms  {' '.join(ours)}\n"
          f"  theirs  {statistics.median(other):6.2f} ms  {' '.join(theirs)}\n"
          f"  ratio   {ratio:6.3f}     95 % interval {low:.3f} to {high:.3f}, {pairs} pairs"
          + (f", goal {bound:.2f}: {'met' if ratio <= bound else 'NOT MET'}" if bound else ""), flush=True)
    return not bound or ratio <= bound


def build_bare(name):
    """A C program that makes the unavoidable calls and no others: how far down a goal can be."""
    program = BUILT.parent / f"bench_{name}"
    subprocess.run(["cc", "-O2", "-o", program, HERE / f"{name}.c", "-lsystemd"], check=True)
    return str(program)


def systemd_part(pairs):
    theirs = ["systemd-run", "--scope", "-q", "-p", "MemoryMax=512M", "true"]
    good = report("systemd, system manager", 0.60, [str(installed()), "run", "-q", "--memory-max=512M", "--", "true"], theirs, pairs)
    # Two arguments: with a single one true(1) sets up its locale, which is nobody's launch.
    true = shutil.which("true")
    watched = [str(installed()), "-q", "--memory-max=512M", f"--debuggers-gdb={true}", "gdb", "-q", true]
    good = report("systemd, a debugger's launch with watcher, split and fuse", 0.80, watched, theirs, pairs) and good
    report("floor of the first: the bare call over sd-bus in C, and nothing else", None, [build_bare("bare_scope"), "true"], theirs, pairs)
    report("floor of the second: watcher, both in one call, two cgroups and the filter in C, without a check", None,
           [build_bare("bare_session"), "systemd", "true"], theirs, pairs)
    return good


@contextlib.contextmanager
def cgexec():
    """The command line of cgexec into a v1 memory cgroup made for it, up to the command; None where it does not serve."""
    version, own = kernel.memory_cgroup()
    if version != 1 or not shutil.which("cgexec"):
        yield None
        return
    group = own / f"dbgscope-bench-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(512 << 20))
        mount = next(p for p in group.parents if os.path.ismount(p))
        yield [shutil.which("cgexec"), "-g", f"memory:{group.relative_to(mount)}"]
    finally:
        group.rmdir()


def cgroupfs_part(pairs):
    with cgexec() as command:
        if command is None:
            print("cgroupfs: skipped, cgexec of this comparison is for the v1 memory controller")
            return True
        ours = [str(installed()), "run", "-q", "--backend=cgroupfs", "--memory-max=512M", "--", "true"]
        good = report("cgroupfs", 1.0, ours, [*command, "true"], pairs)
        report("floor of it: a cgroup made, limited and entered in C, without a check", None,
               [build_bare("bare_session"), "cgroup", "true"], [*command, "true"], pairs)
        version, own = kernel.memory_cgroup()
        for left in own.glob("bare-session.*"):
            left.rmdir()
        return good


def under_systemd(script, pairs):
    """The script's own part for a real systemd, in a PID namespace; whether its goals were met."""
    inside = subprocess.run([sys.executable, ROOT / "tests/support/pidns.py", "run", "--", sys.executable, script, "--inside",
                             "--pairs", str(pairs)], check=False)
    return inside.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--inside", action="store_true", help="already under the systemd to measure")
    options = parser.parse_args()
    if options.inside:
        return 0 if systemd_part(options.pairs) else 1
    if os.geteuid() != 0:
        raise SystemExit("launch: needs root")
    good = cgroupfs_part(options.pairs)
    return 0 if under_systemd(__file__, options.pairs) and good else 1


if __name__ == "__main__":
    sys.exit(main())
