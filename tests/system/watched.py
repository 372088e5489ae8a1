# SPDX-License-Identifier: Apache-2.0
"""What the watcher tests look at: a session's record, its watcher and its cgroups, as the kernel shows them."""

import json
import os
import pathlib
import time

import kernel
import session
import tap

HELD = r"dbgscope: debuggee held: .*"


def live_directory():
    if os.geteuid() == 0:
        return pathlib.Path("/run/dbgscope")
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}"
    return pathlib.Path(runtime if os.path.isdir(runtime) else f"/tmp/dbgscope-{os.geteuid()}") / "dbgscope"


def history_file():
    if os.geteuid() == 0:
        return pathlib.Path("/var/lib/dbgscope/history.jsonl")
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return pathlib.Path(state, "dbgscope/history.jsonl")


def record(debugger):
    """The live record of the session whose debugger has this pid, or None."""
    try:
        files = list(live_directory().glob("*.json"))
    except OSError:
        return None
    for file in files:
        try:
            found = json.loads(file.read_text())
        except (OSError, ValueError):
            continue
        if found["debugger"]["pid"] == debugger:
            return found
    return None


def wait_record(debugger):
    return tap.wait_until(lambda: record(debugger), session.PATIENCE_S, message=f"a live record of pid {debugger}")


def ended_record(name):
    """The history's line of a session, once it is written."""
    def look():
        try:
            lines = history_file().read_text().split("\n")[:-1]  # one that is being written has no end yet
        except OSError:
            return None
        found = [json.loads(line) for line in lines if name in line]
        return found[-1] if found else None
    return tap.wait_until(look, session.PATIENCE_S, message=f"{name} in {history_file()}")


def watcher_pid(debugger):
    pid = wait_record(debugger)["watcher"]["pid"]
    tap.equal(pathlib.Path(f"/proc/{pid}/comm").read_text().strip(), "dbgscope-watch")
    return pid


def status_field(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return value.strip()
    return None


def private_kib(watcher):
    """What it and its guard have to themselves, and, once, what they share with each other since the fork."""
    total = 0
    for pid in (watcher, *kernel.children(watcher)):
        counted = ("Private_Clean", "Private_Dirty", *(("Shared_Dirty",) if pid == watcher else ()))
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(counted))
    return total


def read_from_disk_anew(binary):
    """Pages of a file just written are dirty, and in folios so large that one fault maps a megabyte; after this they
    are what they are for everybody who installs it."""
    with open(binary, "rb") as file:
        os.fsync(file)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def oom_score_adj(pid):
    return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())


def scope_directory(debugger):
    """The scope of a divided session, from the debugger's own place in it."""
    directory = kernel.memory_cgroup(debugger)[1]
    tap.equal(directory.name, "debugger", f"{directory}")
    return directory.parent


def check_divided(debugger, debuggee, cap):
    """Each in its own cgroup of the same scope, with the cap on the debuggee's; returns the scope's directory."""
    scope = scope_directory(debugger)
    tap.equal(kernel.memory_cgroup(debuggee)[1], scope / "debuggee", "cgroup of the debuggee")
    name = session.session_name(debugger)
    tap.true(name and name in scope.name, f"{scope} is not that of session {name!r}")
    file = "memory.max" if (scope / "debuggee/memory.max").exists() else "memory.memsw.limit_in_bytes"
    if (scope / "debuggee" / file).exists():
        tap.equal(int((scope / "debuggee" / file).read_text()), cap, "cap in force")
    return scope


def gone_within(check, seconds, what):
    """The seconds it took. `seconds` are those of a machine left to it, where tests/fault tells how soon; a busy one gets five times
    as many."""
    begin, limit = time.monotonic(), 5 * seconds
    try:
        tap.wait_until(check, limit, interval=0.005)
    except tap.Timeout:
        tap.fail(f"{what} after {limit} s")
    return time.monotonic() - begin


def sleeps(watcher):
    """Not one wake-up in five seconds. What was under way at the program's last work, such as the recording's
    timer, has come to its end by then; a busy machine gets a second and a third such time for what comes late."""
    time.sleep(10)
    seen = []
    for _ in range(3):
        before = status_field(watcher, "voluntary_ctxt_switches")
        time.sleep(5)
        seen.append(int(status_field(watcher, "voluntary_ctxt_switches")) - int(before))
        if seen[-1] == 0:
            return
    tap.fail(f"wake-ups in 5 s, three times: {seen}")
