# SPDX-License-Identifier: Apache-2.0
"""Helpers for the system tests (tests/system/*_test.py) and rule tests.

A test is a function decorated with @test("pidns", "vm:v2", ...). A module that
ends in `tap.main()` and is run as `X_test.py --env ENV` runs its tests of that
environment and prints `1..N`, then per test one of

    ok NAME
    not ok NAME         followed by indented detail
    skip NAME # reason

Each test runs in a child process with a deadline; what it left behind is killed.
"""

import argparse
import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass

DEADLINES = {"vm": 300}  # seconds per test by kind of environment; others 60
PR_SET_CHILD_SUBREAPER = 36
EXIT_OK, EXIT_SKIP = 0, 77
KEPT_FOR_DEV = ["GOCACHE", "CGO_ENABLED", "PYTHONDONTWRITEBYTECODE"]

dbgscope = os.environ.get("DBGSCOPE_BIN", "")
_tests = []


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Timeout(AssertionError):
    """A deadline passed."""


@dataclass
class Test:
    name: str
    function: object
    envs: tuple
    user: str | None
    debian: tuple
    timeout: float | None


@dataclass
class Result:
    rc: int  # negative: killed by that signal
    stdout: str
    stderr: str


def test(*envs, user=None, debian=("12", "13", "sid"), timeout=None):
    """Register a test. envs: host, pidns, desktop, vm:v2, vm:hybrid, vm:legacy, rules.

    user: "root", "dev" (an ordinary user; in a VM uid 1000 with a user manager and a
    login session outside of it), None = whoever runs the suite (in a VM root, or dev in a cell "+dev").
    debian: releases of the guest it applies to. timeout: seconds.
    """
    def register(function):
        stem = re.sub(r"_test$", "", pathlib.Path(function.__code__.co_filename).stem)
        name = f"{stem}.{function.__name__.removeprefix('test_')}"
        _tests.append(Test(name, function, envs, user, tuple(debian), timeout))
        return function
    return register


# Checks: each raises AssertionError showing both sides.

def fail(message):
    raise AssertionError(message)


def skip(reason):
    raise Skip(reason)


def true(condition, message="condition does not hold"):
    if not condition:
        fail(message)


def equal(actual, expected, message=""):
    if actual != expected:
        fail(f"{message or 'not equal'}\nactual:   {actual!r}\nexpected: {expected!r}")


def contains(text, part, message=""):
    if part not in text:
        fail(f"{message or 'part is missing'}\npart: {part!r}\nin:   {text!r}")


def wait_until(condition, timeout=10, interval=0.02, message=""):
    """The first true value of condition(), asked every `interval` seconds. message: a text, or what tells it at the end."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            what = message() if callable(message) else message
            raise Timeout(f"not so within {timeout} s: {what or condition.__name__}")
        time.sleep(interval)


def within(limit, measure, what, tries=5):
    """measure() gives seconds, and once they are at most `limit`: a busy machine may be late now and then, not always."""
    best = float("inf")
    for _ in range(tries):
        best = min(best, measure())
        if best <= limit:
            return
    fail(f"{what} {best:.3f} s at best, {limit:g} s allowed")


def run(cmd, timeout=30, env=None, cwd=None, input=None, pass_fds=()):
    """Run to the end, pipes included, in a session of its own; Timeout after `timeout` seconds.

    env: variables added to ours; a value of None removes one.
    """
    full_env = {**os.environ, **(env or {})}
    full_env = {k: v for k, v in full_env.items() if v is not None}
    cmd = [str(part) for part in cmd]
    process = subprocess.Popen(
        cmd, env=full_env, cwd=cwd, start_new_session=True, pass_fds=pass_fds,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        out, err = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired:
        out, err = _kill_and_drain(process)
        raise Timeout(f"{cmd} had not ended (or closed its output) after {timeout} s\n"
                      f"stdout: {out}\nstderr: {err}") from None
    return Result(process.returncode, out, err)


def _kill_and_drain(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        return process.communicate(timeout=2)
    except subprocess.TimeoutExpired as expired:  # someone outside the group holds a pipe
        def text(data):
            return (data or b"").decode(errors="replace") if not isinstance(data, str) else data
        return text(expired.stdout), text(expired.stderr)


def succeed(cmd, **options):
    """run(), and fail unless the status is 0."""
    result = run(cmd, **options)
    if result.rc != 0:
        fail(f"{[str(part) for part in cmd]} ended with {result.rc}\n"
             f"stdout: {result.stdout}\nstderr: {result.stderr}")
    return result


def program(name):
    """Path of a built test program (tests/support/programs/NAME).

    Go programs are built by the guest's own tool chain where the host's one and the
    guest's dlv do not fit together ($DBGSCOPE_PROGRAMS_GO=guest).
    """
    built = pathlib.Path(os.environ.get("DBGSCOPE_PROGRAMS", "")) / name
    source = pathlib.Path(__file__).resolve().parent / "programs" / name
    if os.environ.get("DBGSCOPE_PROGRAMS_GO") == "guest" and (source / "main.go").exists():
        import programs
        out = pathlib.Path(tempfile.gettempdir()) / f"dbgscope-programs-{os.getuid()}" / name
        if not out.exists():
            programs.build_go(source, out)
        return str(out)
    if not os.access(built, os.X_OK):
        fail(f"test program {name} is not built: no {built}")
    return str(built)


# Running a module.

def debian_version():
    """"12", "13", or "sid", which has no number."""
    try:
        match = re.search(r'^VERSION_ID="?(\d+)|^PRETTY_NAME=.*/(sid)\b', pathlib.Path("/etc/os-release").read_text(), re.M)
    except OSError:
        match = None
    return match[1] or match[2] if match else ""


def _selected(options):
    any_debian = options.list or not options.env.startswith("vm:")
    only = os.environ.get("DBGSCOPE_TEST_USER")
    if only:
        for entry in _tests:
            entry.user = entry.user or only
    return [t for t in _tests
            if options.env in t.envs
            and (any_debian or debian_version() in t.debian)
            and (not only or t.user == only)
            and options.filter in t.name]


def _descendants():
    """Children of this process: ours and, as we are their reaper, orphans of a finished test."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = pathlib.Path(entry.path, "stat").read_text()
            except OSError:
                continue
            comm, rest = stat.rsplit(")", 1)
            if int(rest.split()[1]) == os.getpid():
                found.append((int(entry.name), comm.split("(", 1)[1]))
    return found


def _reap_leftovers(grace=2.0):
    """Give orphans `grace` seconds, kill the rest; returns what was killed."""
    killed = []
    end = time.monotonic() + grace
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return killed
        if time.monotonic() > end:
            for pid, comm in _descendants():
                killed.append(f"{pid} ({comm})")
                os.kill(pid, signal.SIGKILL)
            end = time.monotonic() + 0.5
            if len(killed) > 1000:
                return killed
        time.sleep(0.02)


def _child(entry, log):
    os.setpgid(0, 0)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    sys.stdout = sys.stderr = open(1, "w", buffering=1, closefd=False)
    status = 1
    try:
        entry.function()
        status = EXIT_OK
    except Skip as reason:
        print(reason)
        status = EXIT_SKIP
    except BaseException as error:  # SystemExit of a test is a failure too
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename != __file__] or frames
        print(f"{type(error).__name__}: {error}")
        for frame in own:
            print(f"  at {os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}")
    finally:
        sys.stdout.flush()
        os._exit(status)


def _run_one(entry, deadline):
    """("ok" | "not ok" | "skip", text)."""
    with tempfile.TemporaryFile() as log:
        pid = os.fork()
        if pid == 0:
            _child(entry, log)
        end = time.monotonic() + deadline
        status = None
        while status is None and time.monotonic() < end:
            done, raw = os.waitpid(pid, os.WNOHANG)
            status = raw if done else time.sleep(0.005)
        if status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        left = _reap_leftovers(0 if status is None else 2.0)
        log.seek(0)
        text = log.read().decode(errors="replace").rstrip()
    if left:
        print(f"# {entry.name} left behind, now killed: {', '.join(left)}")
    if status is None:
        return "not ok", f"not done after {deadline:g} s\n{text}".rstrip()
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == EXIT_OK:
        return "ok", text
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == EXIT_SKIP:
        return "skip", " ".join(text.split()) or "no reason given"
    return "not ok", text or f"the test process ended with wait status {status:#x}"


def _run_as_dev(options):
    """The dev tests of this module, in a process of an ordinary user; returns its status."""
    module = os.path.abspath(sys.argv[0])
    args = [sys.executable, module, "--env", options.env, "--filter", options.filter, "--no-plan"]
    if options.env.startswith("vm:"):
        names = [k for k in os.environ if k.startswith("DBGSCOPE_")] + KEPT_FOR_DEV
        # pam_systemd gives su a login session: user-1000.slice/session-N.scope, as ssh does
        command = "exec " + shlex.join(args)
        return subprocess.run(["su", "-l", "-w", ",".join(names), "dev", "-c", command]).returncode
    home = pathlib.Path(tempfile.mkdtemp(prefix="dbgscope-dev-"))
    try:
        env = _copy_for_dev(home, module) | {k: os.environ[k] for k in ("PATH", "DBGSCOPE_TEST_ENV") if k in os.environ}
        args[1] = str(home / "tests/system" / os.path.basename(module))
        return subprocess.run(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", *args],
                              env=env, cwd=home).returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _copy_for_dev(home, module):
    """The repository may be closed to others, so the ordinary user gets copies; returns its environment."""
    support = pathlib.Path(__file__).resolve().parent
    shutil.copytree(support, home / "tests/support", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "tests/system").mkdir()
    shutil.copy(module, home / "tests/system")
    env = {"HOME": str(home), "TMPDIR": str(home), "USER": "dev", "LOGNAME": "dev", "PYTHONDONTWRITEBYTECODE": "1"}
    if os.path.exists(dbgscope):
        env["DBGSCOPE_BIN"] = shutil.copy(dbgscope, home / "dbgscope")
    if os.path.isdir(os.environ.get("DBGSCOPE_PROGRAMS", "")):
        env["DBGSCOPE_PROGRAMS"] = str(shutil.copytree(os.environ["DBGSCOPE_PROGRAMS"], home / "programs"))
    subprocess.run(["chown", "-R", "1000:1000", str(home)], check=True)
    return env


def _report(verdict, name, text):
    if verdict == "skip":
        print(f"skip {name} # {text}", flush=True)
        return
    print(f"{verdict} {name}")
    if verdict == "not ok":
        for line in text.splitlines():
            print(f"    {line}")
    sys.stdout.flush()


def main():
    """Run the tests of the calling module; exits 1 when one failed."""
    parser = argparse.ArgumentParser()
    folder = pathlib.Path(sys.argv[0]).resolve().parent.name
    parser.add_argument("--env", required=folder != "rules", default="rules")
    parser.add_argument("--filter", default="")
    parser.add_argument("--no-plan", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--list", action="store_true", help="print the names, run nothing")
    options = parser.parse_args()
    tests = _selected(options)
    if options.list:
        print("".join(f"{t.name}\n" for t in tests), end="")
        return
    am_root = os.getuid() == 0
    if options.no_plan:
        tests = [t for t in tests if t.user == "dev"]
    else:
        print(f"1..{len(tests)}", flush=True)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background job, which is inherited
    failed = False
    for entry in tests:
        if entry.user == "dev" and am_root:
            continue
        if entry.user == "root" and not am_root:
            _report("skip", entry.name, "needs root")
            continue
        kind = options.env.split(":")[0]
        verdict, text = _run_one(entry, entry.timeout or DEADLINES.get(kind, 60))
        _report(verdict, entry.name, text)
        failed |= verdict == "not ok"
    if am_root and any(t.user == "dev" for t in tests):
        failed |= _run_as_dev(options) != 0
    sys.exit(1 if failed else 0)
