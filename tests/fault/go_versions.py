#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is the heap of programs of other Go versions named as truly? The tests of what is seen inside, once for each tool chain.

usage: go_versions.py [--filter NAME] GOROOT...     /usr/lib/go-1.24, /usr/local/go. Needs root.

The programs are built by that tool chain, and its own pprof reads what is written. Goal: no test fails.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("DBGSCOPE_BUILD", ROOT / "build")).resolve()
# what needs a dlv that knows this Go is left to the suites
TESTS = ("ten_sites_agree", "one_site_and_two_hundred", "loaded_elsewhere", "pprof_reads_the_heap", "what_grew_since",
         "goroutines_are_listed", "a_core_file_tells", "a_snapshot_is_a_directory")


def environment(goroot, folder):
    known = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "DBGSCOPE"))}
    return {**known, "GOROOT": str(goroot), "PATH": f"{goroot}/bin:{os.environ['PATH']}", "GOTOOLCHAIN": "local",
            "GOFLAGS": "", "GOPROXY": "off", "GOCACHE": f"{folder}/cache", "DBGSCOPE_PROGRAMS": f"{folder}/programs",
            "DBGSCOPE_BIN": str(BUILD / "dbgscope")}


def listed(env):
    command = [sys.executable, ROOT / "tests/system/inspect_test.py", "--env", "host", "--list"]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.split()


def run(goroot, wanted):
    """Names of the tests that failed."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(goroot, folder)
        print(subprocess.run(["go", "version"], env=env, check=True, capture_output=True, text=True).stdout.strip(), flush=True)
        subprocess.run([sys.executable, ROOT / "tests/support/programs.py", env["DBGSCOPE_PROGRAMS"]], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        for flags in ([], ["-buildmode=pie"]):  # the library once: no test has the time for that
            subprocess.run(["go", "build", *flags, "-o", f"{folder}/once", ROOT / "tests/support/programs/sites/main.go"],
                           env=env | ({} if flags else {"CGO_ENABLED": "0"}), check=True)
        subprocess.run(["go", "tool", "pprof", "-h"], env=env, capture_output=True)
        failed = []
        for name in (name for name in listed(env) if any(part in name for part in wanted)):
            command = [sys.executable, ROOT / "tests/system/inspect_test.py", "--env", "host", "--filter", name]
            done = subprocess.run(command, env=env, capture_output=True, text=True)
            print("".join(line + "\n" for line in done.stdout.splitlines() if not line.startswith("1..")), end="", flush=True)
            if done.returncode != 0:
                failed.append(name)
        return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", help="tests of inspect_test.py; without, those that need no debugger")
    parser.add_argument("goroot", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if os.getuid() != 0:
        parser.error("needs root")
    failed = {str(goroot): run(goroot.resolve(), [options.filter] if options.filter else TESTS) for goroot in options.goroot}
    for goroot, names in failed.items():
        print(f"{goroot}: " + (f"{len(names)} failed: {', '.join(names)}" if names else "none failed"))
    return 1 if any(failed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
