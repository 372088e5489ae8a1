#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test suites: runner.py [--filter SUBSTRING] [SUITE...]

    unit golden cli   gtest binaries $DBGSCOPE_BUILD/tests/SUITE_tests
    rules             tests/rules/*.py
    host pidns        tests/system/*_test.py on this machine, and under a systemd of its own
    desktop           notifications by a real service on a virtual display; what init writes, in Neovim and Emacs
    editors           VS Code in a browser, Neovim, Helix, Emacs and their debug adapters, driven as people do (editors.py fetches)
    containers        runc on this machine; podman, rootful and rootless, with crun and runc in a virtual one; Docker,
                      containerd and LXC in another
    package           the Debian package in clean Debian 12 and 13 roots
    vm                one boot: Debian 12, cgroup v2
    vm-all            Debian 12 v2, hybrid, legacy; Debian 13 and sid v2; 12 v2 with an ordinary user
    vm-today          the modules that matter most in one of the others, another one each day
    all               everything, with desktop, editors, containers, package and vm-all. Default: everything, with vm.

The last line is "N passed, N failed, N skipped". Exit status 1 when something failed, or
a suite ran no test at all. What fails beside other suites and passes alone is "unsteady" (look_again). With DBGSCOPE_MUST_RUN=1 a skip is a failure.
SIGTERM, SIGINT and SIGHUP end whatever runs, and so does our death (guard.py).
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import programs
from outcome import Outcome, tail, take_module, take_modules

SUPPORT = pathlib.Path(__file__).resolve().parent
REPO = SUPPORT.parents[1]
BUILD = (REPO / os.environ.get("DBGSCOPE_BUILD", "build")).resolve()
MUST_RUN = os.environ.get("DBGSCOPE_MUST_RUN") == "1"

GTEST = ("unit", "golden", "cli")
TURNS = ("vm:hybrid@12", "vm:legacy@12", "vm:v2@13", "vm:v2@12+dev")  # sid alone takes four minutes to boot
TURN_MODULES = ("fuse", "scope", "smoke", "split", "watch")
VM_SUITES = {
    "vm": ["vm:v2@12"],
    "vm-all": ["vm:v2@12", "vm:hybrid@12", "vm:legacy@12", "vm:v2@13", "vm:v2@sid", "vm:v2@12+dev"],
    "vm-today": [TURNS[datetime.date.today().toordinal() % len(TURNS)]],
    "containers": ["containers", "vm:containers@12", "vm:docker@13"],
}
SUITES = (*GTEST, "rules", "host", "pidns", "desktop", "editors", "package", *VM_SUITES)
DEFAULT = [s for s in SUITES if s not in ("vm-all", "vm-today", "package", "desktop", "editors", "containers")]
ALL = [s for s in SUITES if s not in ("vm", "vm-today")]
BOOTED = ("pidns",)
AGAIN, MOST_UNSTEADY = 3, 3
AGAIN_WRONG, MOST_WRONG = 6, 1
LATE = re.compile(r"not done after |Timeout: |AssertionError: never printed ")  # the first line of a failure
VM_DEADLINE = 1500  # seconds for one boot with all its modules; vm.py has shorter ones for hangs


def _environment():
    """What a test module may rely on."""
    env = dict(os.environ)
    env.setdefault("DBGSCOPE_BIN", str(BUILD / "dbgscope"))
    env.setdefault("DBGSCOPE_PROGRAMS", str(BUILD / "programs"))
    env["DBGSCOPE_BUILD"] = str(BUILD)
    env["PYTHONPATH"] = str(SUPPORT)
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env


class Running:
    """The commands of all lanes, so that a signal ends them."""

    def __init__(self):
        self._lock, self._processes, self.stopping = threading.Lock(), set(), False

    def start(self, command, **how):
        with self._lock:
            if self.stopping:
                raise RuntimeError("interrupted")
            guarded = [sys.executable, str(SUPPORT / "guard.py"), str(os.getpid()), *command]
            process = subprocess.Popen(guarded, cwd=REPO, env=_environment(), stdin=subprocess.DEVNULL,
                                       start_new_session=True, **how)
            self._processes.add(process)
            return process

    def done(self, process):
        with self._lock:
            self._processes.discard(process)

    def end(self):
        with self._lock:
            self.stopping = True
            left = list(self._processes)
        for process in left:
            _end(process)


_running = Running()


def _execute(command, deadline, progress=False):
    """(status or None at the deadline, output); then everything it started has ended.

    progress: let its stderr pass, instead of taking it as output.
    """
    with tempfile.TemporaryFile() as log:
        process = _running.start(command, stdout=log, stderr=None if progress else subprocess.STDOUT)
        try:
            status = process.wait(deadline)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end(process)
            _running.done(process)
        log.seek(0)
        return status, log.read().decode(errors="replace")


def _end(process):
    """Its guard ends the rest; one that does not get there in time is killed with its session."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(12)
    except subprocess.TimeoutExpired:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def run_gtest(outcome, options):
    binary = BUILD / "tests" / f"{outcome.suite}_tests"
    if not binary.exists():
        outcome.failed.append((outcome.suite, f"{binary} is not built"))
        return
    with tempfile.TemporaryDirectory(prefix="dbgscope-gtest-") as work:
        report = pathlib.Path(work, "report.json")
        status, output = _execute(
            [str(binary), f"--gtest_output=json:{report}", f"--gtest_filter=*{options.filter}*"], 600)
        try:
            suites = json.loads(report.read_text())["testsuites"]
        except (OSError, ValueError, KeyError):
            outcome.failed.append((outcome.suite, f"no report, status {status}\n{tail(output)}"))
            return
    for case in (case for suite in suites for case in suite["testsuite"]):
        name = f"{case['classname']}.{case['name']}"
        if case.get("failures"):
            outcome.failed.append((name, "\n".join(f["failure"] for f in case["failures"])))
        elif case.get("result") == "SKIPPED":
            outcome.skipped.append((name, _gtest_skip_reason(case, output)))
        elif case.get("status") == "RUN":
            outcome.passed += 1
    if status != 0 and not outcome.failed:
        outcome.failed.append((outcome.suite, f"the binary ended with {status}\n{tail(output)}"))


def _gtest_skip_reason(case, output):
    """gtest 1.12 tells the reason in its output only."""
    name = re.escape(f"{case['classname']}.{case['name']}")
    found = re.search(rf"\[ RUN +\] {name}\n(.*?)\[ +SKIPPED \] {name}", output, re.S)
    lines = found.group(1).splitlines() if found else []
    return " ".join(line for line in lines if not re.match(r".*:\d+: Skipped$", line)).strip() or "no reason given"


def _modules(folder, pattern):
    return sorted(str(path) for path in (REPO / "tests" / folder).glob(pattern))


def _for_env(env):
    """Modules that name this environment; saves starting those that do not."""
    kind = env.split("@")[0]
    return [m for m in _modules("system", "*_test.py") if f'"{kind}"' in pathlib.Path(m).read_text()]


def _wanted(modules, env, options):
    """With a filter, only modules that have such a test: it may save a boot."""
    if not options.filter:
        return modules

    def has_one(module):
        status, names = _execute([sys.executable, module, "--env", env.split("@")[0], "--filter", options.filter,
                                  "--list"], 60)
        return status != 0 or names.strip()
    return [m for m in modules if has_one(m)]


def run_python(outcome, options):
    env = outcome.suite
    run_modules(outcome, env, _modules("rules", "*.py") if env == "rules" else _for_env(env), options.filter)


def run_booted(outcome, options):
    """Systemd in a PID namespace, or in VMs: one boot for all modules. Some of containers need none."""
    for env in VM_SUITES.get(outcome.suite, [outcome.suite]):
        modules = _wanted(_for_env(env), env, options)
        if outcome.suite == "vm-today":
            modules = [m for m in modules if pathlib.Path(m).stem.removesuffix("_test") in TURN_MODULES]
        if not modules:
            continue
        start = time.monotonic()
        run_modules(outcome, env, modules, options.filter)
        if outcome.suite in VM_SUITES:
            print(f"     {env} took {time.monotonic() - start:.1f} s", flush=True)


def run_modules(outcome, env, modules, filter_):
    """The tests with filter_ in their names, of modules that may be named more than once."""
    if env in BOOTED or env.startswith("vm:"):
        in_vm = env.startswith("vm:")
        boot = [str(SUPPORT / "vm.py"), "module", env] if in_vm else [str(SUPPORT / f"{env}.py"), "module"]
        status, output = _execute([sys.executable, *boot, "--filter", filter_, *modules],
                                  VM_DEADLINE if in_vm else 900, progress=in_vm)
        if status == 77:
            outcome.skipped.append((env, tail(output, 3).replace("\n", " ")))
        else:
            take_modules(outcome, env, status, output)
        return
    for module in modules:
        status, output = _execute([sys.executable, module, "--env", env, "--filter", filter_],
                                  {"package": 7200, "editors": 2400, "containers": 2400}.get(env, 600))
        take_module(outcome, os.path.basename(module), env, status, output)


def look_again(results):
    """Host, PID namespace and an emulated machine share the processors. A test whose wait or time was over runs again by
    itself: one that passes AGAIN times of AGAIN is unsteady, which is told with its failure and fails no run. So is a single
    one of a run that was wrong, not late, and passes AGAIN_WRONG of AGAIN_WRONG. More than so many are failures, all of them."""
    failures = [(result, failed) for result in results for failed in result.failed]
    wrong = [failed for _, failed in failures if not LATE.match(failed[1])]
    if not 0 < len(failures) <= MOST_UNSTEADY:
        return
    for result, failed in failures:
        named = re.fullmatch(r"(host|pidns|vm:\S+) (\w+)\.(?!py$)(\w+)", failed[0])
        if not named or _running.stopping or (failed in wrong and len(wrong) > MOST_WRONG):
            continue
        env, stem, test = named.groups()
        times = AGAIN_WRONG if failed in wrong else AGAIN
        print(f"     again, {times} times alone: {failed[0]}", flush=True)
        alone = Outcome(env)
        run_modules(alone, env, [str(REPO / "tests" / "system" / f"{stem}_test.py")] * times, f"{stem}.{test}")
        if alone.passed >= times and not alone.failed and not alone.skipped:
            result.failed.remove(failed)
            result.unsteady.append(failed)
            print(f"     UNSTEADY {failed[0]}: failed beside the others, passed {times} of {times} alone\n"
                  + textwrap.indent(failed[1], " " * 11), flush=True)


def run_suite(suite, options, results, lock):
    outcome = Outcome(suite)
    print(f"     {suite} ...", flush=True)
    start = time.monotonic()
    try:
        if suite in GTEST:
            run_gtest(outcome, options)
        elif suite in VM_SUITES or suite in BOOTED:
            run_booted(outcome, options)
        else:
            run_python(outcome, options)
    except Exception as error:  # a broken suite must not hide the others
        outcome.failed.append((suite, f"{type(error).__name__}: {error}"))
    if outcome.ran == 0 and not options.filter:
        outcome.failed.append((suite, "ran no test"))
    if MUST_RUN:
        outcome.failed += [(name, f"skipped, and DBGSCOPE_MUST_RUN=1: {why}") for name, why in outcome.skipped]
        outcome.skipped = []
    outcome.seconds = time.monotonic() - start
    with lock:
        results.append(outcome)
        show(outcome)


def show(outcome):
    counts = f"{outcome.passed} passed, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped"
    print(f"{'FAIL' if outcome.failed else 'ok':4} {outcome.suite:8} {counts}  {outcome.seconds:.1f} s")
    for name, reason in outcome.skipped:
        print(f"     skipped {name}: {reason}")
    for name, detail in outcome.failed:
        print(f"     FAILED {name}")
        for line in detail.splitlines():
            print(f"         {line}")
    sys.stdout.flush()


def run_all(suites, options):
    """Two lanes: VMs (slow, mostly one emulated machine), and all the others in order."""
    results, lock = [], threading.Lock()
    lanes = [[s for s in suites if s in VM_SUITES], [s for s in suites if s not in VM_SUITES]]

    def walk(lane):
        for suite in lane:
            if not _running.stopping:
                run_suite(suite, options, results, lock)

    threads = [threading.Thread(target=walk, args=(lane,)) for lane in lanes if lane]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except SystemExit:
        _running.end()
        for thread in threads:
            thread.join()
        raise
    return results


def interrupted(number, _frame):
    signal.signal(number, signal.SIG_IGN)  # once is enough: ending takes a few seconds
    print(f"interrupted by {signal.Signals(number).name}: ending what runs", flush=True)
    raise SystemExit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", metavar="SUBSTRING")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    options = parser.parse_args()
    suites = []
    for name in options.suites or DEFAULT:
        suites += ALL if name == "all" else [name]
    suites = list(dict.fromkeys(suites))
    unknown = [s for s in suites if s not in SUITES]
    if unknown:
        parser.error(f"no suite {' '.join(unknown)}; there are {' '.join(SUITES)}, all")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupted)
    start = time.monotonic()
    results = []
    if any(s not in (*GTEST, "rules", "package") for s in suites):
        try:
            programs.build_all(BUILD / "programs")
        except (subprocess.CalledProcessError, OSError) as error:
            results.append(Outcome("programs", failed=[("programs", str(error))]))
            show(results[0])
    if not results:
        results = run_all(suites, options)
        look_again(results)
    unsteady = sum(len(r.unsteady) for r in results)
    passed, failed, skipped = (sum(n) for n in zip(*((r.passed, len(r.failed), len(r.skipped)) for r in results)))
    if passed + failed + skipped + unsteady == 0:
        print(f"no test has {options.filter!r} in its name")
    print(f"     all of it took {time.monotonic() - start:.1f} s")
    if unsteady:
        print(f"     {unsteady} unsteady: find out why, the next person's machine is as busy")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed + skipped + unsteady == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
