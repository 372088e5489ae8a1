# SPDX-License-Identifier: Apache-2.0
"""The systemd backend against a real manager, through the binary people run."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap

SYSTEMD = ("pidns", "vm:v2", "vm:hybrid")
MIB = 1 << 20
OWN_CGROUP_AND_LIMIT = """
import pathlib
lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
v1 = [l.split(":", 2)[2] for l in lines if "memory" in l.split(":")[1].split(",")]
v2 = [l.split(":", 2)[2] for l in lines if l.startswith("0::")]
print(*v1 or v2)
print(pathlib.Path("/sys/fs/cgroup/memory" + v1[0], "memory.limit_in_bytes").read_text() if v1
      else pathlib.Path("/sys/fs/cgroup" + v2[0], "memory.max").read_text())
"""


def command(*options):
    return [tap.dbgscope, "run", "--backend=systemd-system", "--require=scope", *options]


def unit_name(suffix):
    return f"dbgscope-test-{os.getpid()}-{suffix}.scope"


def properties(unit, *names):
    shown = tap.succeed(["systemctl", "show", unit, *(f"-p{name}" for name in names)]).stdout
    return dict(line.split("=", 1) for line in shown.splitlines())


def systemd_version():
    # "systemd 252 (252.39-1~deb12u2)"
    return int(tap.succeed(["systemctl", "--version"]).stdout.split()[1])


def hold(*options):
    """A running scope; its command waits for the end of its input."""
    process = subprocess.Popen([*command(*options), "--", "sh", "-c", "echo up; exec cat"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    tap.equal(process.stdout.readline(), "up\n", "the command in the scope has started")
    return process


def release(process):
    process.stdin.close()
    rc = process.wait(10)
    process.stdout.close()
    return rc


@tap.test(*SYSTEMD, user="root")
def limit_is_in_force_inside():
    unit = unit_name("limit")
    result = tap.succeed([*command("-q", "--unit", unit, "--memory-max=512M"), "--",
                          "python3", "-c", OWN_CGROUP_AND_LIMIT])
    cgroup, limit = result.stdout.split()
    tap.equal(cgroup, f"/system.slice/{unit}")
    tap.equal(int(limit), 512 * MIB)
    tap.equal(result.stderr, "")


@tap.test(*SYSTEMD, user="root")
def properties_arrive():
    unit = unit_name("properties")
    process = hold("-q", "--unit", unit, "-p", "MemoryMax=64M", "-p", "TasksMax=100", "-p", "Description=a b",
                   "-p", "RuntimeMaxSec=1h", "-p", "TimeoutStopSec=7s", "-p", "CPUWeight=50",
                   "-p", "CollectMode=inactive-or-failed", "-p", "KillMode=mixed")
    try:
        tap.equal(properties(unit, "MemoryMax", "TasksMax", "Description", "RuntimeMaxUSec", "TimeoutStopUSec",
                             "CPUWeight", "CollectMode", "KillMode", "OOMPolicy"),
                  {"MemoryMax": str(64 * MIB), "TasksMax": "100", "Description": "a b", "RuntimeMaxUSec": "1h",
                   "TimeoutStopUSec": "7s", "CPUWeight": "50", "CollectMode": "inactive-or-failed",
                   "KillMode": "mixed", "OOMPolicy": "continue"})
    finally:
        tap.equal(release(process), 0)


@tap.test(*SYSTEMD, user="root")
def status_is_the_commands_own():
    tap.equal(tap.run([*command("-q"), "--", "sh", "-c", "exit 7"]).rc, 7)
    tap.equal(tap.run([*command("-q"), "--", "sh", "-c", "kill -TERM $$"]).rc, -15)
    tap.equal(tap.run([*command("-q"), "--", "/nonexistent/tool"]).rc, 127)
    tap.equal(tap.run([*command("-q"), "--", "/etc/passwd"]).rc, 126)


@tap.test(*SYSTEMD, user="root")
def pid_stays_and_nothing_leaks():
    process = subprocess.Popen([*command("-q"), "--", "sh", "-c", "echo $$; ls /proc/self/fd"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    pid, *descriptors = process.communicate(timeout=20)[0].split()
    tap.equal(int(pid), process.pid)
    tap.equal(descriptors, ["0", "1", "2", "3"], "3 is the directory that ls reads")


@tap.test(*SYSTEMD, user="root")
def many_at_once():
    at_once = 8 if session.IN_VM else 50 # a busy emulated machine needs half a second for each, and each has 5 s
    started = [subprocess.Popen([*command("-q", "--memory-max=64M"), "--", "cat", "/proc/self/cgroup"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(at_once)]
    scopes = set()
    for process in started:
        out, err = process.communicate(timeout=50)
        tap.equal((process.returncode, err), (0, ""))
        scopes |= set(re.findall(r"/system\.slice/(run-p\d+-[0-9a-f]+\.scope)", out))
    tap.equal(len(scopes), at_once, "different scopes")
    tap.wait_until(lambda: not scopes & set(tap.run(["systemctl", "list-units", "--all", "--plain", "--no-legend",
                                                     "--type=scope"]).stdout.split()), message="all scopes are gone")


def fail_unit(unit, *options):
    tap.run([*command("-q", "--unit", unit, "-p", "RuntimeMaxSec=200ms", *options), "--", "sleep", "30"])
    tap.wait_until(lambda: properties(unit, "ActiveState")["ActiveState"] == "failed", message=f"{unit} has failed")


@tap.test(*SYSTEMD, user="root")
def failed_unit_of_that_name_is_reset():
    unit = unit_name("failed")
    fail_unit(unit)
    tap.equal(tap.run(["systemd-run", "--scope", "-q", "--unit", unit, "true"]).rc, 1, "systemd-run gives up here")
    result = tap.succeed([*command("-q", "--unit", unit), "--", "cat", "/proc/self/cgroup"])
    tap.contains(result.stdout, f"/system.slice/{unit}\n")


@tap.test("vm:v2", user="root")
def name_is_free_again_after_running_out_of_memory():
    unit = unit_name("oom")
    limits = ["-p", "MemoryMax=64M", "-p", "MemorySwapMax=0", "-p", "OOMPolicy=stop"]
    tap.equal(tap.run([*command("-q", "--unit", unit, *limits), "--", tap.program("alloc"), "128"]).rc, -9)
    tap.wait_until(lambda: properties(unit, "ActiveState")["ActiveState"] == "failed", message=f"{unit} has failed")
    tap.equal(properties(unit, "Result"), {"Result": "oom-kill"})
    tap.contains(tap.succeed([*command("-q", "--unit", unit, *limits), "--", tap.program("alloc"), "16"]).stdout, "done")


@tap.test(*SYSTEMD, user="root")
def active_unit_of_that_name_is_left_alone():
    unit = unit_name("active")
    process = hold("-q", "--unit", unit)
    try:
        result = tap.run([*command("--unit", unit), "--", "echo", "started"])
        tap.equal((result.rc, result.stdout), (125, ""))
        tap.contains(result.stderr, unit)
        tap.contains(result.stderr, "--unit")
        tap.equal(properties(unit, "ActiveState"), {"ActiveState": "active"})
    finally:
        tap.equal(release(process), 0)


@tap.test(*SYSTEMD, user="root")
def unknown_property_is_dropped_and_said():
    # MemoryZSwapMax= came with systemd 253
    result = tap.succeed([*command("-p", "MemoryMax=64M", "-p", "MemoryZSwapMax=0"), "--",
                          "python3", "-c", OWN_CGROUP_AND_LIMIT])
    tap.equal(int(result.stdout.split()[1]), 64 * MIB, "the limit is kept")
    tap.equal("MemoryZSwapMax" in result.stderr, systemd_version() < 253, f"said that it was dropped: {result.stderr}")


@tap.test(*SYSTEMD, user="root")
def refused_value_is_the_users_to_see():
    result = tap.run([*command("-p", "Slice=no/slice.slice"), "--", "echo", "started"])
    tap.equal((result.rc, result.stdout), (125, ""))
    tap.contains(result.stderr, "slice")


@tap.test(*SYSTEMD, user="root")
def invocation_id_is_exported():
    unit = unit_name("invocation")
    result = tap.succeed([*command("-q", "--unit", unit), "--", "sh", "-c",
                          f"echo _$INVOCATION_ID; systemctl show {unit} -p InvocationID --value"],
                         env={"INVOCATION_ID": None})
    given, known = result.stdout.split()
    # as systemd-run, which does so from 255 on
    tap.equal(given, "_" + known if systemd_version() >= 255 else "_")


@tap.test(*SYSTEMD, user="root")
def set_limits_a_slice_live():
    name = f"dbgscopetest{os.getpid()}.slice"
    process = hold("-q", "--slice", name)
    try:
        tap.succeed([tap.dbgscope, "set", name, "memory.max=256M"])
        tap.equal(properties(name, "MemoryMax"), {"MemoryMax": str(256 * MIB)})
        tap.succeed([tap.dbgscope, "set", name, "memory.max=infinity"])
        tap.equal(properties(name, "MemoryMax"), {"MemoryMax": "infinity"})
    finally:
        tap.equal(release(process), 0)
        tap.run(["systemctl", "stop", name])


@tap.test("vm:v2", "vm:hybrid", user="root")  # pidns reads units from one directory only, not from where drop-ins go
def set_loads_a_slice():
    name = f"dbgscopetestnew{os.getpid()}.slice"
    tap.succeed([tap.dbgscope, "set", name, "memory.max=256M"])
    process = hold("-q", "--slice", name)
    try:
        tap.equal(properties(name, "MemoryMax"), {"MemoryMax": str(256 * MIB)})
    finally:
        tap.equal(release(process), 0)
        tap.run(["systemctl", "revert", name])



@tap.test("pidns", user="root")
def a_limit_that_v1_does_not_know_is_said_and_an_error_where_it_is_required():
    for words in (["--memory-high=100M"], ["-p", "MemoryLow=10M"], ["-p", "MemorySwapMax=0"], ["-p", "MemoryZSwapMax=0"]):
        done = tap.run([*command(*words), "true"])
        tap.equal(done.rc, 0, done.stderr)
        tap.contains(done.stderr, "has no effect: cgroup v1 has no limit that does what Memory")
        strict = tap.run([*command("--require=limit", *words), "true"])
        tap.equal(strict.rc, 125, f"{words}")
        tap.contains(strict.stderr, "cannot enforce every limit that was asked for")


@tap.test("vm:v2", user="root")
def a_limit_that_this_systemd_does_not_know_is_an_error_where_it_is_required():
    if systemd_version() >= 253:
        return
    tap.contains(tap.succeed([*command("-p", "MemoryZSwapMax=0"), "true"]).stderr, "does not know MemoryZSwapMax, left out")
    strict = tap.run([*command("--require=limit", "-p", "MemoryZSwapMax=0"), "true"])
    tap.equal(strict.rc, 125, strict.stderr)


if __name__ == "__main__":
    tap.main()
