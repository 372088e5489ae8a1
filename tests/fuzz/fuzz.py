#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets: fuzz.py BUILD_DIR [TARGET...] [--seconds N] [--jobs N]

Each target first reads its seeds (tests/fuzz/corpus/TARGET, and the files of other tests that are such input) and what
earlier runs found (BUILD_DIR/corpus/TARGET), then goes on for --seconds. An input that breaks a reader is kept in
BUILD_DIR/crashes, and makes the exit status 1. The runs of all times are counted in BUILD_DIR/runs.json.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ELSEWHERE = {  # seeds that other tests hold already
    "facts": ROOT / "tests/golden/machines",
    "jsonc": ROOT / "tests/editor/corpus",
    "recording": ROOT / "tests/report",
    "yaml": ROOT / "profiles",
}
MAX_BYTES = {"log": 65536, "facts": 65536, "elf": 16384, "yaml": 8192}
LIMITS = ["-timeout=60", "-rss_limit_mb=2048", "-close_fd_mask=0", "-print_final_stats=1", "-verbosity=0"]


def targets_of(build):
    return {path.name.removeprefix("fuzz_"): path for path in sorted((build / "tests/fuzz").glob("fuzz_*"))
            if path.is_file() and os.access(path, os.X_OK)}


class Runs:
    """How many each target has made, kept over all times."""

    def __init__(self, file):
        self._file, self._lock = file, threading.Lock()
        self.counts = json.loads(file.read_text()) if file.exists() else {}

    def add(self, target, count):
        with self._lock:
            self.counts[target] = self.counts.get(target, 0) + count
            self._file.write_text(json.dumps(self.counts, indent=2, sort_keys=True) + "\n")


def run(name, binary, build, seconds):
    """(runs made, what it said where an input broke it)."""
    found, crashes = build / "corpus" / name, build / "crashes"
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    seeds = [str(place) for place in (HERE / "corpus" / name, ELSEWHERE.get(name)) if place and place.is_dir()]
    words = HERE / "corpus" / f"{name}.dict"
    guarded = [sys.executable, str(ROOT / "tests/support/guard.py"), str(os.getpid())]
    command = [*guarded, str(binary), *LIMITS, f"-max_total_time={seconds}", f"-max_len={MAX_BYTES.get(name, 4096)}",
               f"-artifact_prefix={crashes}/{name}-", *([f"-dict={words}"] if words.exists() else []), str(found), *seeds]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    made = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    return int(made[1]) if made else 0, "" if done.returncode == 0 else done.stderr[-6000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at the same time")
    options = parser.parse_intermixed_args()
    build = options.build.resolve()
    known = targets_of(build)
    if unknown := [name for name in options.targets if name not in known]:
        parser.error(f"no target {' '.join(unknown)}; there are {' '.join(known)}")
    chosen = {name: path for name, path in known.items() if not options.targets or name in options.targets}
    runs, failed = Runs(build / "runs.json"), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = {pool.submit(run, name, path, build, options.seconds): name for name, path in chosen.items()}
        for job in concurrent.futures.as_completed(jobs):
            name, (made, said) = jobs[job], job.result()
            runs.add(name, made)
            print(f"{'FAIL' if said else 'ok':4} {name:12} {made:>12,} runs, {runs.counts[name]:,} in all times", flush=True)
            if said:
                failed += 1
                print("    " + said.replace("\n", "\n    "))
    print(f"{len(chosen) - failed} targets held, {failed} broke; {sum(runs.counts.values()):,} runs in all times")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
