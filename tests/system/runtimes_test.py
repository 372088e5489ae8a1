# SPDX-License-Identifier: Apache-2.0
"""Debug sessions in containers of real runtimes: runc here, podman with crun and runc in a virtual machine."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import runtimes
import session
import tap
from container_checks import LIMIT, check_all_read_only, check_entrypoint, check_read_only, check_verdict, check_writable
from session import MIB


@tap.test("containers", user="root")
def runc_read_only():
    with runtimes.bundle("runc", LIMIT) as container:
        check_all_read_only(container)


@tap.test("containers", user="root")
def runc_in_the_machines_cgroup_namespace():
    with runtimes.bundle("runc", LIMIT, cgroupns="host") as container:
        check_read_only(container)
        check_verdict(container)


@tap.test("containers", user="root")
def runc_writable():
    with runtimes.bundle("runc", LIMIT, writable=True) as container:
        check_writable(container)


@tap.test("containers", user="root")
def runc_entrypoint():
    check_entrypoint(lambda *command: runtimes.bundle_of("runc", LIMIT, *command))


UNMASK = "--security-opt=unmask=/sys/fs/cgroup"  # the cure that `status` names


def registered(name, check, *options, runtime="crun", user="root"):
    """One of the matrix of podman's containers."""
    def test():
        with runtimes.podman(runtime, *options) as container:
            check(container)
    test.__name__ = name
    tap.test("vm:containers", user=user, timeout=600)(test)


registered("podman_crun_read_only", check_all_read_only)
registered("podman_runc_read_only", check_read_only, runtime="runc")
registered("podman_crun_in_the_machines_cgroup_namespace", check_read_only, "--cgroupns=host")
registered("podman_crun_writable", check_writable, UNMASK)
registered("podman_runc_writable", check_writable, UNMASK, runtime="runc")
registered("podman_rootless_read_only", check_read_only, user="dev")
registered("podman_rootless_writable", check_writable, UNMASK, user="dev")


@tap.test("vm:containers", user="root", timeout=600)
def podman_entrypoint():
    check_entrypoint(lambda *command: runtimes.podman_of("crun", *command))


# A limit of the kernel's own, read where it is in force.
LIMITED = ["run", "--memory-max=64M", "--", "sh", "-c", "cat /sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)/memory.max"]


@tap.test("vm:containers", user="root", timeout=600)
def bubblewrap_by_its_cure():
    own = [word for place in runtimes.seen_inside() for word in ("--ro-bind", place, place)]
    links = [word for name in ("bin", "lib", "lib64") for word in ("--symlink", f"usr/{name}", f"/{name}")]
    sandbox = ["systemd-run", "--scope", "--quiet", "-p", "Delegate=yes", "bwrap", "--ro-bind", "/usr", "/usr", *links, "--proc",
               "/proc", "--dev", "/dev", "--ro-bind", "/sys", "/sys", *own]
    status = tap.succeed([*sandbox, "--unshare-pid", tap.dbgscope, "status"], timeout=session.PATIENCE_S).stdout
    tap.contains(status, "in a bubblewrap container")
    tap.contains(status, "start it with --bind /sys/fs/cgroup /sys/fs/cgroup, on cgroup v2 without --unshare-pid")
    cured = tap.succeed([*sandbox, "--bind", "/sys/fs/cgroup", "/sys/fs/cgroup", tap.dbgscope, *LIMITED], timeout=session.PATIENCE_S)
    tap.equal(cured.stdout, f"{64 * MIB}\n", cured.stderr)


@tap.test("vm:containers", user="root", timeout=600)
def nspawn_needs_no_cure():
    own = [f"--bind-ro={place}" for place in runtimes.seen_inside()]
    done = tap.succeed(["systemd-nspawn", "--quiet", "--pipe", "--volatile=yes", "--directory=/", *own, tap.dbgscope, *LIMITED],
                       timeout=session.PATIENCE_S)
    tap.equal(done.stdout, f"{64 * MIB}\n", done.stderr)


@tap.test("vm:containers", user="root", timeout=600)
def the_pod_as_podman_plays_it():
    """packaging/container/pod.yaml to the letter: the server leaves its snapshot where the container beside it reads it."""
    pod = pathlib.Path(__file__).resolve().parents[2] / "packaging/container/pod.yaml"
    runtimes.server_image("localhost/server:latest", "localhost/dbgscope-debug:latest")

    def podman(*words):
        return tap.run(["podman", *words], timeout=session.PATIENCE_S)
    try:
        tap.succeed(["podman", "kube", "play", "--network=none", str(pod)], timeout=session.PATIENCE_S)
        kept = tap.wait_until(lambda: re.search(r"dbgscope: snapshot: (/snapshots/\S+)", podman("logs", "server-server").stderr),
                              session.PATIENCE_S, interval=2, message="the server's snapshot")
        said = podman("logs", "server-server").stderr
        tap.contains(said, "in force: the container's limit of 256M; a snapshot at 182.4M")
        summary = tap.succeed(["podman", "exec", "server-debug", "cat", f"{kept[1]}/summary.txt"], timeout=session.PATIENCE_S).stdout
        tap.contains(summary, "main.leakForever")
        verdict = r"dbgscope: the command was killed for memory: server .* because the container hit its limit of 256M \(memory.max\)"
        tap.wait_until(lambda: re.search(verdict, podman("logs", "server-server").stderr), session.PATIENCE_S, interval=2,
                       message=f"the verdict: {said}")
        status = tap.succeed(["podman", "exec", "server-debug", "dbgscope", "status"], timeout=session.PATIENCE_S).stdout
        tap.contains(status, "in a podman container")
        tap.contains(status, "512M")
    finally:
        podman("pod", "rm", "--force", "--time=0", "server")


if __name__ == "__main__":
    tap.main()
