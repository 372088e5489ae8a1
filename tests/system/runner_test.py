# SPDX-License-Identifier: Apache-2.0
"""An interrupted test run leaves nothing behind, whatever its suites had started; what counts as failed."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import runner
import tap
import vm
from outcome import Outcome

RUNNER = pathlib.Path(tap.__file__).parent / "runner.py"
# A suite as bad as they come: one process in a session of its own whose parent is gone (as QEMU and the watcher are),
# one that ignores SIGTERM, and itself. Each has an end of its own, should the runner fail.
STUB = """#!/bin/sh
setsid sh -c 'sleep 60 & echo $! >>"$PIDS"' &
sh -c 'trap "" TERM; echo $$ >>"$PIDS"; sleep 61; sleep 1' &
echo $$ >>"$PIDS"
sleep 60
"""


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Run:
    """runner.py with the stub as its only suite."""

    def __init__(self, folder):
        self.pids = pathlib.Path(folder, "pids")
        stub = pathlib.Path(folder, "tests/unit_tests")
        stub.parent.mkdir(parents=True)
        stub.write_text(STUB)
        stub.chmod(0o755)
        env = os.environ | {"DBGSCOPE_BUILD": str(folder), "PIDS": str(self.pids)}
        self.process = subprocess.Popen([sys.executable, RUNNER, "unit"], env=env, stdout=subprocess.PIPE, text=True)

    def started(self):
        found = self.pids.read_text().split() if self.pids.exists() else []
        return found if len(found) == 3 else None


@tap.test("host")
def the_first_line_of_a_guest_is_known():
    """What came of systemd 262: a question to the terminal stands before it, which an answer would have ended."""
    for line in ("# guest started", "\x1bP+q6E616D65\x1b\\# guest started", "\x1b[c\x1b[?25h# guest started"):
        tap.true(vm.is_first_line(line), repr(line))
    for line in ("", "# guest done 0", "it said # guest started", "# guest started, or not"):
        tap.true(not vm.is_first_line(line), repr(line))


@tap.test("host")
def test_interrupted():
    expected = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129, signal.SIGKILL: -9}
    with tempfile.TemporaryDirectory(prefix="dbgscope-runner-") as name:
        runs = {number: Run(pathlib.Path(name, number.name)) for number in expected}
        pids = {number: tap.wait_until(run.started) for number, run in runs.items()}
        for number, run in runs.items():
            run.process.send_signal(number)
        for number, run in runs.items():
            said = run.process.communicate(timeout=20)[0]
            tap.equal(run.process.returncode, expected[number], said)
            tap.wait_until(lambda n=number: not any(map(alive, pids[n])), 15, message=f"{pids[number]} after {number.name}")


def counted(names, passes, detail="not done after 60 s"):
    """(failed, unsteady) of failures with these names and this detail whose repetitions pass so often."""
    def repeat(outcome, env, modules, filter_):
        tap.equal({pathlib.Path(module).name for module in modules}, {f"{filter_.split('.')[0]}_test.py"})
        outcome.passed = min(passes, len(modules))
        outcome.failed = [(f"{env} {filter_}", "")] * (len(modules) - outcome.passed)
    outcome, kept = Outcome("host", failed=[(name, detail) for name in names]), runner.run_modules
    runner.run_modules = repeat
    try:
        runner.look_again([Outcome("unit", passed=1), outcome])
    finally:
        runner.run_modules = kept
    return [[name for name, _ in part] for part in (outcome.failed, outcome.unsteady)]


@tap.test("host")
def test_what_passes_alone_is_unsteady():
    host, vm = "host watch.a", "vm:v2@12 fuse.b"
    tap.equal(counted([host, vm], 3), [[], [host, vm]])
    tap.equal(counted([host], 2), [[host], []])
    tap.equal(counted([host] * 4, 3), [[host] * 4, []])
    tap.equal(counted([host], 3, "AssertionError: never printed X"), [[], [host]])
    for wrong in ("AssertionError: not equal\nactual: 1", "AssertionError: ended with 1 and never printed X", ""):
        tap.equal(counted([host], 6, wrong), [[], [host]])
        tap.equal(counted([host], 5, wrong), [[host], []])
        tap.equal(counted([host, vm], 6, wrong), [[host, vm], []])
    for fixed in ("Plan.Cap", "host watch_test.py", "rules layout.rooms", "package debian.install"):
        tap.equal(counted([fixed], 3), [[fixed], []])


if __name__ == "__main__":
    tap.main()
