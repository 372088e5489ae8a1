#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a clean build costs, in user CPU seconds: no ccache, the default options of ./dev build, build directories of its
own that are removed.

usage: build.py [--binary-only]
Goals: binary <= 420 s user, binary and tests <= 600 s user. Each source's share is told for the most expensive ones.
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOALS = {"binary": 420, "binary and tests": 600}
SHOWN = 15
# Takes the place of the compiler and tells what each call used, without its own share: "USER_SECONDS SOURCE or OUTPUT".
SHIM = """#!/usr/bin/env python3
import os, resource, sys
pid = os.spawnvp(os.P_NOWAIT, {compiler!r}, [{compiler!r}, *sys.argv[1:]])
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
about = "-c" if "-c" in sys.argv else "-o" if "-o" in sys.argv else None
if about:
    with open({log!r}, "a") as log:
        log.write(f"{{used:.2f}} {{sys.argv[sys.argv.index(about) + 1]}}\\n")
sys.exit(status if status >= 0 else 128 - status)
"""


def shim(folder, name, compiler):
    path = folder / name
    path.write_text(SHIM.format(compiler=compiler, log=str(folder / "calls")))
    path.chmod(0o755)
    return str(path)


def run(command, **how):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **how)
    if done.returncode != 0:
        raise SystemExit(f"build: {shlex.join(map(str, command))} failed\n{done.stdout[-3000:]}")


def measure(what, targets, folder):
    """(the goal is met, [(user seconds, file)] of every call of the compiler, the dearest first)."""
    build, log = folder / re.sub(r"\W+", "-", what), folder / "calls"
    env = os.environ | {"CC": shim(folder, "cc", "gcc"), "CXX": shim(folder, "c++", "g++")}
    run(["meson", "setup", str(build)], env=env)
    log.unlink(missing_ok=True)  # meson's own trials
    start = time.monotonic()
    run(["ninja", "-C", str(build), *targets], env=env)
    wall = time.monotonic() - start
    calls = [line.split() for line in log.read_text().splitlines()]
    calls = sorted(((float(used), name) for used, name in calls), reverse=True)
    user, goal = sum(used for used, _ in calls), GOALS[what]
    print(f"{what}: {user:.0f} s user ({wall:.0f} s by the clock), goal {goal}: {'met' if user <= goal else 'MISSED'}", flush=True)
    return user <= goal, calls


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary-only", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dbgscope-build-") as name:
        folder = pathlib.Path(name)
        met, calls = measure("binary", ["dbgscope"], folder)
        if not options.binary_only:
            both, calls = measure("binary and tests", [], folder)
            met = met and both
    print(f"the {SHOWN} most expensive of {len(calls)}:")
    for user, source in calls[:SHOWN]:
        print(f"  {user:6.1f} s  {source.removeprefix('../').removeprefix(str(ROOT) + '/')}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
