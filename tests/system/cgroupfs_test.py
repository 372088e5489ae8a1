# SPDX-License-Identifier: Apache-2.0
"""The cgroupfs backend on the real kernel, asked from inside the launched process."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

MIB = 1 << 20
SESSION_NAME = re.compile(r"dbgscope\..+\.[1-9][0-9]*-[1-9][0-9]*")
# What the launched process finds out about itself.
REPORT = r"""
import json, os, pathlib, sys
lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
v1 = [l.split(":", 2)[2] for l in lines if "memory" in l.split(":")[1].split(",")]
v2 = [l.split(":", 2)[2] for l in lines if l.startswith("0::")]
own = pathlib.Path("/sys/fs/cgroup/memory" + v1[0] if v1 else "/sys/fs/cgroup" + v2[0])
limit = (own / ("memory.limit_in_bytes" if v1 else "memory.max")).read_text().strip()
fds = sorted(int(n) for n in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + n))
print(json.dumps({"cgroup": str(own), "limit": limit, "pid": os.getpid(), "fds": fds, "uid": os.getresuid(),
                  "gid": os.getresgid(), "groups": os.getgroups(), "environment": dict(os.environ),
                  "oom_score_adj": pathlib.Path("/proc/self/oom_score_adj").read_text().strip()}))
"""
PYTHON = ["/usr/bin/python3", "-I", "-c", REPORT]  # not one in a home directory: other users run it


def launch(*options, command=PYTHON, **run_options):
    return tap.run([tap.dbgscope, "run", "--backend=cgroupfs", *options, "--", *command], **run_options)


def report(result):
    """What REPORT printed; fails when the launch did."""
    tap.equal(result.rc, 0, result.stderr)
    return json.loads(result.stdout)


def own_memory_cgroup():
    """Directory of this process's own cgroup in the hierarchy that carries memory, and the version."""
    lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return pathlib.Path("/sys/fs/cgroup/memory" + path), 1
    return pathlib.Path("/sys/fs/cgroup" + lines[0].split(":", 2)[2]), 2


def needs_host_v1():
    if os.geteuid() != 0:
        tap.skip("needs root")
    if own_memory_cgroup()[1] != 1:
        tap.skip("needs a v1 memory hierarchy; v2 is tried in the VM")


def session_directories(parent):
    return [entry.name for entry in os.scandir(parent) if SESSION_NAME.fullmatch(entry.name)]


@tap.test("host")
def limit_is_in_force_in_a_cgroup_of_its_own():
    needs_host_v1()
    said = report(launch("--memory-max=64M"))
    tap.equal(said["limit"], str(64 * MIB))
    own = pathlib.Path(said["cgroup"])
    tap.equal(own.parent, own_memory_cgroup()[0])
    tap.true(SESSION_NAME.fullmatch(own.name), own.name)
    tap.contains(own.name, said["environment"]["DBGSCOPE_SESSION"])


@tap.test("host")
def allocating_more_is_killed_and_less_is_not():
    needs_host_v1()
    limits = ["--memory-max=64M", "--memory-swap-max=0"]
    tap.equal(launch(*limits, command=[tap.program("alloc"), "16"]).stdout, "done\n")
    tap.equal(launch(*limits, command=[tap.program("alloc"), "100"]).rc, -signal.SIGKILL)


@tap.test("host")
def process_keeps_pid_status_signals_and_descriptors():
    needs_host_v1()
    process = subprocess.Popen([tap.dbgscope, "run", "-q", "--backend=cgroupfs", "--memory-max=64M", "--", *PYTHON],
                               stdout=subprocess.PIPE, text=True)
    tap.equal(json.loads(process.communicate(timeout=30)[0])["pid"], process.pid)
    tap.equal(launch(command=["sh", "-c", "exit 42"]).rc, 42)
    tap.equal(launch(command=["sh", "-c", "kill -TERM $$"]).rc, -signal.SIGTERM)
    read_end, write_end = os.pipe()
    tap.equal(report(launch(pass_fds=(write_end,)))["fds"], [0, 1, 2, write_end])
    os.close(read_end)
    os.close(write_end)


@tap.test("host")
def stdout_carries_nothing_but_the_command():
    needs_host_v1()
    result = launch("--memory-max=64M", command=["echo", "only this"])
    tap.equal(result.stdout, "only this\n")
    for line in result.stderr.splitlines():
        tap.true(line.startswith("dbgscope: "), line)


@tap.test("host")
def failures_have_their_status_and_leave_nothing():
    needs_host_v1()
    parent = own_memory_cgroup()[0]
    report(launch())  # sweeps
    before = sorted(session_directories(parent))
    plain = pathlib.Path("/etc/passwd")
    tap.equal(launch(command=["/no/such/command"]).rc, 127)
    tap.equal(launch(command=["no-such-command-in-path"]).rc, 127)
    tap.equal(launch(command=[plain]).rc, 126)
    unknown = launch("--uid=no-such-user", command=["true"])
    tap.equal(unknown.rc, 125)
    tap.contains(unknown.stderr, "no-such-user: there is no such user")
    nowhere = launch("--working-directory=/nowhere", command=["true"])
    tap.equal(nowhere.rc, 125)
    tap.contains(nowhere.stderr, "/nowhere: No such file or directory")
    left = [name for name in session_directories(parent) if name not in before]
    tap.equal(left, [], "directories of failed launches")


@tap.test("host")
def user_and_score_are_set_inside():
    needs_host_v1()
    said = report(launch("--memory-max=64M", "--uid=daemon", "--oom-score-adjust=500", env={"SHELL": "/bin/bash"}))
    tap.equal((said["uid"], said["gid"], said["groups"]), ([1] * 3, [1] * 3, [1]))
    tap.equal((said["environment"]["USER"], said["environment"]["HOME"]), ("daemon", "/usr/sbin"))
    tap.equal((said["oom_score_adj"], said["limit"]), ("500", str(64 * MIB)))


@tap.test("host")
def next_start_removes_what_is_dead_and_only_that():
    needs_host_v1()
    parent = own_memory_cgroup()[0]
    unified = pathlib.Path("/sys/fs/cgroup/unified" + next(
        line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")))
    alive = subprocess.Popen([tap.dbgscope, "run", "-q", "--backend=cgroupfs", "--", "sleep", "60"])
    dead = pathlib.Path(report(launch("--memory-max=64M"))["cgroup"])
    foreign = parent / "dbgscope-test-not-a-session"
    try:
        (dead / "debuggee").mkdir()
        foreign.mkdir()
        held = tap.wait_until(lambda: [n for n in session_directories(parent) if f".{alive.pid}-" in n])
        report(launch())
        tap.true(not dead.exists(), f"{dead} is still there")
        tap.true(foreign.exists() and (parent / held[0]).exists(), "what was not dead is gone")
        if unified.exists():
            tap.true(not (unified / dead.name).exists(), f"{unified / dead.name} is still there")
    finally:
        alive.kill()
        alive.wait()
        foreign.rmdir()


@tap.test("host")
def fifty_at_once():
    needs_host_v1()
    command = [tap.dbgscope, "run", "-q", "--backend=cgroupfs", "--memory-max=64M", "--", "sh", "-c",
               "grep :memory: /proc/self/cgroup; cat /sys/fs/cgroup/memory$(sed -n 's/.*:memory://p' "
               "/proc/self/cgroup)/memory.limit_in_bytes"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(50)]
    answers = [(process.communicate(timeout=50), process.returncode) for process in running]
    tap.equal([a for a in answers if a[1] != 0 or a[0][1] or not a[0][0].endswith(f"\n{64 * MIB}\n")], [])
    tap.equal(len({out for (out, _), _ in answers}), 50, "cgroups")


@tap.test("host")
def launcher_is_hardly_charged():
    needs_host_v1()
    shell = "cat /sys/fs/cgroup/memory$(sed -n 's/.*:memory://p' /proc/self/cgroup)/memory.max_usage_in_bytes"
    used = int(launch("--memory-max=64M", command=["sh", "-c", shell]).stdout)
    tap.true(used < 8 * MIB, f"{used} bytes charged at the start")


@tap.test("host")
def inside_a_session_there_is_no_second_one():
    needs_host_v1()
    inner = [tap.dbgscope, "run", "--backend=cgroupfs", "--memory-max=32M", "--", *PYTHON]
    said = report(launch("--memory-max=64M", command=inner))
    tap.equal(said["limit"], str(64 * MIB))


@tap.test("host")
def read_only_cgroupfs_is_said_and_survived():
    needs_host_v1()
    def read_only(*options):
        run = [tap.dbgscope, "run", "--backend=cgroupfs", "--memory-max=64M", *options, "--", "echo", "started"]
        script = "mount -o remount,bind,ro /sys/fs/cgroup/memory && exec \"$@\""
        return tap.run(["unshare", "-m", "sh", "-c", script, "sh", *run])
    soft = read_only()
    tap.equal((soft.rc, soft.stdout), (0, "started\n"), soft.stderr)
    tap.contains(soft.stderr, "read-only")
    for requirement in ("scope", "limit"):
        hard = read_only(f"--require={requirement}")
        tap.equal((hard.rc, hard.stdout), (125, ""), hard.stderr)


# cgroup v2: the tests start in a scope of their own, whose processes may be moved.

def in_scope(script, *prefix, user=False, properties=()):
    """Runs a shell script in a fresh scope; "$@" in it is the launch of REPORT under 64M, $D the binary."""
    scope = ["systemd-run", *(["--user"] if user else []), "--scope", "-q", *properties]
    command = [tap.dbgscope, "run", "--backend=cgroupfs", "--memory-max=64M", "--memory-swap-max=0", "--", *PYTHON]
    return tap.run([*scope, *prefix, "sh", "-c", script, "sh", *command], env={"D": tap.dbgscope}, timeout=120)


def reports(result):
    tap.equal(result.rc, 0, result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


@tap.test("vm:v2", user="root")
def v2_moves_the_parent_aside_once():
    first, second = reports(in_scope('"$@" && "$@"'))
    for said in (first, second):
        tap.equal(said["limit"], str(64 * MIB))
        tap.true(SESSION_NAME.fullmatch(pathlib.Path(said["cgroup"]).name), said["cgroup"])
    # not one level deeper each time
    tap.equal(pathlib.Path(first["cgroup"]).parent, pathlib.Path(second["cgroup"]).parent)
    tap.true("dbgscope.leaf" not in second["cgroup"], second["cgroup"])


@tap.test("vm:v2", user="root")
def v2_shell_is_in_the_leaf_afterwards():
    result = in_scope('"$@" >/dev/null && cat /proc/self/cgroup')
    tap.true(result.stdout.endswith(".scope/dbgscope.leaf\n"), result.stdout + result.stderr)


@tap.test("vm:v2", user="root")
def v2_limit_is_enforced():
    result = in_scope(f'"$D" run --backend=cgroupfs --memory-max=64M --memory-swap-max=0 -- '
                      f'{tap.program("alloc")} 100; echo $?',
                      properties=["-p", "OOMPolicy=continue"])  # else systemd stops the scope around it, sh included
    tap.equal(result.stdout, f"{128 + signal.SIGKILL}\n", result.stderr)


@tap.test("vm:v2", user="root")
def v2_ten_at_once_keep_their_limits():
    script = 'for i in 1 2 3 4 5 6 7 8 9 10; do "$@" & done; wait'
    result = in_scope(script)
    answers = reports(result)
    tap.equal([said["limit"] for said in answers], [str(64 * MIB)] * 10, result.stderr)
    tap.equal(len({said["cgroup"] for said in answers}), 10)


@tap.test("vm:v2", user="root")
def v2_moved_aside_by_another_launch_that_has_not_enabled_the_controllers_yet():
    result = in_scope('own=/sys/fs/cgroup$(sed s/0::// /proc/self/cgroup) && mkdir "$own/dbgscope.leaf" && '
                      'echo 0 >"$own/dbgscope.leaf/cgroup.procs" && "$@"')
    said = report(result)
    tap.equal(said["limit"], str(64 * MIB), result.stderr)
    tap.true("dbgscope.leaf" not in said["cgroup"], said["cgroup"])


@tap.test("vm:v2", user="root")
def v2_failed_launch_puts_everything_back():
    result = in_scope('"$D" run --backend=cgroupfs --memory-max=64M --working-directory=/nowhere -- true; echo $?; '
                      'ls -d "/sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)"/../dbgscope.* 2>/dev/null | '
                      'grep -v leaf$')
    tap.equal(result.stdout, "125\n", result.stderr)


@tap.test("vm:v2", user="root")
def v2_cgroup_namespace():
    inside = ["unshare", "-Cm"]
    script = 'umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && "$@" && "$@"'
    for said in reports(in_scope(script, *inside, properties=["-p", "Delegate=yes"])):
        tap.equal(said["limit"], str(64 * MIB))
        tap.equal(pathlib.Path(said["cgroup"]).parent, pathlib.Path("/sys/fs/cgroup"))


@tap.test("vm:v2", user="dev")
def v2_delegated_subtree_of_an_ordinary_user():
    first, second = reports(in_scope('"$@" && "$@"', user=True, properties=["-p", "Delegate=yes"]))
    tap.equal((first["limit"], second["limit"]), (str(64 * MIB),) * 2)
    tap.equal(pathlib.Path(first["cgroup"]).parent, pathlib.Path(second["cgroup"]).parent)


@tap.test("vm:v2", user="dev")
def v2_without_delegation_is_said_and_survived():
    result = launch("--memory-max=64M", command=["echo", "started"])
    tap.equal((result.rc, result.stdout), (0, "started\n"), result.stderr)
    tap.true(result.stderr.startswith("dbgscope: "), result.stderr)
    tap.equal(launch("--memory-max=64M", "--require=limit", command=["true"]).rc, 125)


if __name__ == "__main__":
    tap.main()
