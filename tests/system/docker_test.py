# SPDX-License-Identifier: Apache-2.0
"""Debug sessions in containers of Docker, of containerd by itself and by its CRI, and of LXC: all real, in a virtual machine.

Docker 28 is in sid alone: tests/support/vm.py module vm:docker@sid docker_test.py
"""

import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import engines
import pods
import runtimes
import session
import tap
from container_checks import (CAP, CLEAN, check_all_read_only, check_entrypoint, check_read_only, check_verdict, check_writable,
                              gone, hold, leaking, type_in)
from session import MIB, Session

BY_KERNEL = r"dbgscope: debuggee held: \S+ of its 96M cap cannot be reclaimed"
BY_US = r"dbgscope: debuggee held: \S+ of its 96M cap in use, which only this enforces here"
ITS_LIMIT = r"process 1 is limited to 256M where it is \(/\.\./\S+\); dlv's own memory is not counted there"
CGROUP_MOUNT = "--mount=type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options={}:nosuid:noexec:nodev"


def registered(name, check, *options, **how):
    """One of the matrix of Docker's containers."""
    def test():
        with engines.container(*options) as container:
            check(container)
    test.__name__ = name
    tap.test("vm:docker", user="root", timeout=600, **how)(test)


registered("docker_read_only", check_all_read_only)
registered("docker_in_the_machines_cgroup_namespace", check_read_only, "--cgroupns=host")
registered("docker_with_all_that_hardens", check_read_only, "--security-opt=no-new-privileges", "--cap-drop=ALL", "--read-only",
           "--pids-limit=60", "--init")
registered("docker_writable", check_writable, "--security-opt=writable-cgroups=true", debian=("sid",))  # Docker 28 and later
registered("docker_privileged", check_writable, "--privileged")
registered("docker_privileged_in_the_machines_cgroup_namespace", check_writable, "--privileged", "--cgroupns=host")


@tap.test("vm:docker", user="root", timeout=600)
def docker_rootless():
    with engines.rootless():
        with engines.container() as container:
            status = container.succeed(tap.dbgscope, "status").stdout
            tap.contains(status, "limits above the container cannot be seen")
            tap.contains(status, "writable-cgroups=true (Docker 28 and later, not rootless), or --privileged")
            check_all_read_only(container)
        with engines.container("--privileged") as container:
            tap.contains(container.succeed(tap.dbgscope, "status").stdout, "not who grows in C (perf): root outside of this user")
            check_writable(container)
        check_entrypoint(engines.container_of)


@tap.test("vm:docker", user="root", timeout=600)
def docker_entrypoint():
    check_entrypoint(engines.container_of)


def now(container):
    """The one session, as its own user is told."""
    return tap.wait_until(lambda: json.loads(container.succeed(tap.dbgscope, "ps", "--json").stdout), session.PATIENCE_S,
                          message="a session")[0]


def check_user(container, pattern, backend):
    with leaking(container, CAP) as dlv:
        hold(dlv, pattern)
        record = now(container)
        tap.equal(record["backend"], backend)
        tap.contains(container.succeed(tap.dbgscope, "more").stdout, f"{record['id']}: cap 96M -> 192M")
        dlv.match("no longer held: its cap is now 192M")
        container.succeed("kill", "-9", str(record["debugger"]["pid"]))
        gone(container, "leak")
        gone(container, "dbgscope-watch")


@tap.test("vm:docker", user="root", timeout=600)
def docker_gives_a_writable_cgroup_to_the_user_it_starts():
    with engines.container("--user=1000:1000") as container:
        status = container.succeed(tap.dbgscope, "status").stdout
        tap.contains(status, "or --privileged; it is then for the user the container is started as")
        check_user(container, BY_US, "none")
    with engines.container("--user=1000:1000", "--privileged") as container:
        check_user(container, BY_KERNEL, "cgroupfs")
    with engines.container("--privileged", execute=("--user=1000:1000",)) as container:
        tap.contains(container.succeed(tap.dbgscope, "status").stdout, "run as root, or start the container as this user")
        check_user(container, BY_US, "none")


@tap.test("vm:docker", user="root", timeout=600)
def docker_with_a_read_only_root_knows_its_sessions():
    engines.started()
    mounts = [option for option in runtimes.mounts(pathlib.Path("/nowhere")) if "/nowhere" not in option]
    name = "read-only-root"
    command = ["docker", "run", "--rm", "--interactive", f"--name={name}", "--memory=256m", "--network=none", "--read-only", *mounts,
               engines.IMAGE, tap.dbgscope, CAP, "dlv", "exec", "--allow-non-terminal-interactive=true", tap.program("leak"), "--",
               "-mib-per-step=2"]
    try:
        with Session(command, env=CLEAN, stdin=subprocess.PIPE) as dlv:
            hold(dlv, BY_US)
            said = engines.docker("exec", name, tap.dbgscope, "more")
            tap.contains(said, "cap 96M -> 192M")
            dlv.match("no longer held: its cap is now 192M")
    finally:
        tap.run(["docker", "rm", "--force", name], timeout=session.PATIENCE_S)


def stopped(folder, *command):
    """`docker stop` of a container whose first process that is, once it holds or has said it is done: its status."""
    name = folder.name
    with Session(["docker", "run", "--interactive", f"--name={name}", *engines.words(folder), *command], env=CLEAN,
                 stdin=subprocess.PIPE) as dlv:
        dlv.match(f"{BY_US}|leak: done")
        engines.docker("stop", "--time=120", name)
        dlv.process.wait(session.PATIENCE_S)
    status = engines.docker("inspect", "--format={{.State.ExitCode}} {{.State.OOMKilled}}", name).strip()
    tap.succeed(["docker", "rm", name])
    return status


@tap.test("vm:docker", user="root", timeout=600)
def docker_stop_ends_a_held_session_as_it_ends_the_bare_debugger():
    engines.started()
    dlv = ["dlv", "exec", "--headless", "--listen=127.0.0.1:0", "--continue", "--accept-multiclient", tap.program("leak"), "--",
           "-mib-per-step=2"]
    with runtimes.folders() as folder:
        held = stopped(folder, tap.dbgscope, CAP, *dlv)
    with runtimes.folders() as folder:
        bare = stopped(folder, *dlv, "-max-mib=32")
    tap.equal(held, bare, "status, and whether it was killed for memory")
    tap.true(not held.startswith("137"), f"{held}: it was killed once its time was over")


@tap.test("vm:docker", user="root", timeout=600)
def docker_started_again_tells_of_the_session_that_it_cut_off():
    with engines.container() as container:
        with leaking(container, CAP) as dlv:
            hold(dlv, BY_US)
            record = container.record()
            engines.docker("restart", "--time=1", container.words[-1])
            dlv.process.wait(session.PATIENCE_S)
        tap.equal(now(container)["now"]["state"], "ended")
        container.succeed(tap.dbgscope, "dlv", "version")  # starts no session, and so sweeps none
        with leaking(container, CAP, program=("leak", "-max-mib=8")) as dlv:
            dlv.match("Type 'help'")
            tap.true(container.ended(record["id"]), "it is in the history")
            type_in(dlv, "exit\n")
            dlv.wait()


ATTACH = [tap.dbgscope, "dlv", "attach", "--allow-non-terminal-interactive=true", "1"]


def server():
    """It may be attached to."""
    return [tap.program("leak"), "-mib-per-step=1", "-step-ms=60000"]


@tap.test("vm:docker", user="root", timeout=600)
def docker_under_apparmor_attaches_within_its_profile_alone():
    with engines.container("--security-opt=apparmor=unconfined", command=server()) as other:
        beside = ["--cap-add=SYS_PTRACE", f"--pid=container:{other.words[-1]}"]
        with engines.container(*beside) as container:
            tap.equal(container.succeed("cat", "/proc/self/attr/current").stdout, "docker-default (enforce)\n")
            said = " ".join(container.run(tap.dbgscope, "doctor", "ptrace").stdout.split())
            tap.contains(said, "AppArmor's profile docker-default holds here")
            tap.contains(said, "--security-opt apparmor=unconfined for the container that debugs")
            refused = container.run(*ATTACH)
            tap.true(refused.rc != 0, refused.stdout)
            why = container.run(tap.dbgscope, "explain", input=refused.stderr).stdout
            tap.contains(why, "AppArmor")
        with engines.container(*beside, "--security-opt=apparmor=unconfined") as container:
            tap.true("AppArmor" not in container.run(tap.dbgscope, "doctor", "ptrace").stdout)
            went = container.succeed(*ATTACH, input="print 6*7\nexit\nn\n")
            tap.contains(went.stdout, "42")
            tap.true(re.search("dbgscope: " + ITS_LIMIT, went.stderr), went.stderr)
    with engines.container(command=server()) as other:
        with engines.container("--cap-add=SYS_PTRACE", f"--pid=container:{other.words[-1]}") as container:
            tap.contains(container.succeed(*ATTACH, input="print 6*7\nexit\nn\n").stdout, "42")


@tap.test("vm:docker", user="root", timeout=600)
def ctr_mounts_no_cgroup_and_nothing_false_is_said_of_it():
    with engines.task() as container:
        status = container.succeed(tap.dbgscope, "status").stdout
        tap.contains(status, "in a containerd container")
        tap.contains(status, "start it with ctr run --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=rw")
        tap.true("mount cgroup2 on" not in status, f"it may not do that\n{status}")
        with leaking(container, CAP) as dlv:
            hold(dlv, BY_US)
            tap.contains(dlv.stderr, "no memory limit can be seen here")
            container.succeed("kill", "-9", str(container.record()["debugger"]["pid"]))
            gone(container, "leak")
    leak = [tap.program("leak"), "-mib-per-step=2"]
    with engines.task_of(tap.dbgscope, "run", "--wait", "--", *leak) as done:
        tap.equal(done.rc, 137, done.stderr)
        tap.contains(done.stderr, "dbgscope: the command itself was probably killed for memory: pid ")
        tap.contains(done.stderr, "because a limit was hit that cannot be seen from here, as no cgroup is mounted")
        tap.contains(done.stderr, "Try --snapshot=DIR with a --memory-max below what it may have.")
    with engines.task_of(tap.dbgscope, "run", "--wait", "--snapshot=/data/kept", "--memory-max=128M", "--", *leak) as done:
        tap.equal(done.rc, 137, done.stderr)
        tap.contains(done.stderr, "dbgscope: snapshot: /data/kept/")


@tap.test("vm:docker", user="root", timeout=600)
def ctr_by_its_cures():
    with engines.task(CGROUP_MOUNT.format("ro")) as container:
        check_read_only(container)
        check_verdict(container)
    with engines.task(CGROUP_MOUNT.format("rw")) as container:
        check_writable(container)


@tap.test("vm:docker", user="root", timeout=600)
def a_pod_and_a_debug_container_beside_it():
    with pods.pod() as pod:
        target = pod.container("server", server(), limit=256 * MIB)
        container = pod.tasks(pod.container("debug", target=target, capabilities=["SYS_PTRACE"]))
        status = container.succeed(tap.dbgscope, "status").stdout
        tap.contains(status, "limits above the container cannot be seen")
        tap.contains(status, "cgroup_writable = true for the runtime")
        plan = container.succeed(tap.dbgscope, "--dry-run", "dlv", "attach", "1").stdout
        tap.contains(plan, "no memory limit can be seen here")
        tap.true(re.search(ITS_LIMIT, plan), plan)
        went = container.succeed(*ATTACH, input="print 6*7\nexit\nn\n")
        tap.contains(went.stdout, "42")
        tap.true(re.search("dbgscope: " + ITS_LIMIT, went.stderr), went.stderr)
        went = container.succeed(tap.dbgscope, "gdb", "-nx", "--batch", "-p", "1", "-ex", "print 6*7")
        tap.contains(went.stdout, "$1 = 42")
        tap.true(re.search(ITS_LIMIT.replace("dlv", "gdb"), went.stderr), went.stderr)
        tap.equal(container.succeed("cat", "/proc/1/comm").stdout, "leak\n", "what was attached to lives on")
        container = pod.tasks(pod.container("limited", limit=256 * MIB, target=target))
        plan = container.succeed(tap.dbgscope, "--dry-run", "dlv", "attach", "1").stdout
        tap.contains(plan, "in force for dlv itself: the container's limit of 256M")
        check_read_only(container)
        check_verdict(container)


@tap.test("vm:docker", user="root", debian=("sid",), timeout=600)  # containerd 2.1 and later
def a_pod_by_its_cure():
    with pods.pod(handler=pods.writable_handler()) as pod:
        container = pod.tasks(pod.container("root", limit=256 * MIB))
        tap.contains(container.succeed(tap.dbgscope, "status").stdout, "in a kubernetes container")
        check_writable(container)
        container = pod.tasks(pod.container("user", limit=256 * MIB, user=1000))
        check_user(container, BY_KERNEL, "cgroupfs")


@tap.test("vm:docker", user="root", timeout=600)
def lxc_says_that_limits_above_it_are_hidden():
    with engines.lxc("lxc.cgroup.dir.monitor = outer-monitor", "lxc.cgroup.dir.container = outer",
                     "lxc.cgroup.dir.container.inner = inner") as container:
        tap.equal(pathlib.Path("/sys/fs/cgroup/outer/memory.max").read_text(), f"{256 * MIB}\n")
        for words in (), ("sh", "-c", "echo $$ > /sys/fs/cgroup/cgroup.procs; exec \"$@\"", "sh"):
            status = container.succeed(*words, tap.dbgscope, "status").stdout
            tap.contains(status, "none: no visible cgroup limits memory; limits above the container cannot be seen")
        said = " ".join(container.run(tap.dbgscope, "doctor", "hierarchy").stdout.split())
        tap.contains(said, "its configuration, and lxc-cgroup -n NAME memory.max")


def check_lxc(container):
    """lxc-attach comes without a controller; its cure is needed once, and refused from then on."""
    status = container.succeed(tap.dbgscope, "status").stdout
    tap.contains(status, "in a lxc container")
    tap.contains(status, "in the shell that lxc-attach starts: echo $$ > /sys/fs/cgroup/cgroup.procs")
    container.words += ["sh", "-c", "echo $$ > /sys/fs/cgroup/cgroup.procs; exec \"$@\"", "sh"]
    check_writable(container)


@tap.test("vm:docker", user="root", timeout=600)
def lxc_by_its_cure():
    with engines.lxc() as container:
        check_lxc(container)


@tap.test("vm:docker", user="root", timeout=600)
def lxc_with_ids_of_its_own():
    with engines.lxc(first_id=200000) as container:
        check_lxc(container)


@tap.test("vm:docker", user="root", timeout=600)
def lxc_with_systemd_inside():
    with engines.lxc(systemd=True) as container:
        with leaking(container, CAP) as dlv:
            hold(dlv, BY_KERNEL)
            record = now(container)
            tap.equal(record["backend"], "systemd-system")
            container.succeed("kill", "-9", str(record["debugger"]["pid"]))
            gone(container, "leak")
        tap.wait_until(lambda: "dlv-debug" not in container.succeed("systemctl", "list-units", "--all", "--type=scope").stdout,
                       session.PATIENCE_S, message="no scope is left")


if __name__ == "__main__":
    tap.main()
