# SPDX-License-Identifier: Apache-2.0
"""Proves the harness, not dbgscope: each environment is what its name promises."""

import json
import os
import pathlib
import pwd
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

UNIFIED = pathlib.Path("/sys/fs/cgroup/unified")
READ_LIMIT = """
import pathlib
lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
v1 = [l.split(":", 2)[2] for l in lines if "memory" in l.split(":")[1].split(",")]
v2 = [l.split(":", 2)[2] for l in lines if l.startswith("0::")]
print(pathlib.Path("/sys/fs/cgroup/memory" + v1[0], "memory.limit_in_bytes").read_text() if v1
      else pathlib.Path("/sys/fs/cgroup" + v2[0], "memory.max").read_text())
"""


def filesystem(path):
    return tap.succeed(["stat", "-f", "-c", "%T", path]).stdout.strip()


def limit_in_scope(*options):
    scope = ["systemd-run", *options, "--scope", "-q", "-p", "MemoryMax=512M"]
    return tap.succeed([*scope, "python3", "-c", READ_LIMIT]).stdout.strip()


@tap.test("host", "pidns", "vm:v2", "vm:hybrid", "vm:legacy")
def version():
    if not os.access(tap.dbgscope, os.X_OK):
        tap.skip("there is no dbgscope binary (DBGSCOPE_BIN)")
    tap.contains(tap.succeed([tap.dbgscope, "--version"]).stdout, "dbgscope")


@tap.test("pidns", "vm:v2", "vm:hybrid", "vm:legacy")
def systemd_is_pid_1():
    tap.equal(pathlib.Path("/proc/1/comm").read_text(), "systemd\n")
    tap.wait_until(lambda: tap.run(["systemctl", "is-system-running"]).stdout.strip() == "running",
                   60, 0.2, lambda: "running; failed: " + tap.run(["systemctl", "--failed", "--no-legend"]).stdout)


@tap.test("pidns", "vm:v2", "vm:hybrid", "vm:legacy", user="root")
def scope_has_its_memory_limit():
    tap.equal(limit_in_scope(), str(512 << 20))


@tap.test("pidns", "vm:v2", "vm:hybrid", "vm:legacy", user="root")
def memory_limit_is_enforced():
    scope = ["systemd-run", "--scope", "-q", "-p", "MemoryMax=64M", "-p", "MemorySwapMax=0"]
    tap.contains(tap.succeed([*scope, tap.program("alloc"), "16"]).stdout, "done")
    tap.equal(tap.run([*scope, tap.program("alloc"), "128"]).rc, -9, "status of what allocates 128 of 64 MiB")


@tap.test("vm:v2")
def layout_v2():
    tap.equal(filesystem("/sys/fs/cgroup"), "cgroup2fs")
    tap.contains(pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text(), "memory")


@tap.test("vm:hybrid", "pidns")
def layout_hybrid():
    tap.equal(filesystem("/sys/fs/cgroup/memory"), "cgroupfs")
    tap.equal(filesystem(UNIFIED), "cgroup2fs")
    tap.contains(pathlib.Path("/proc/1/cgroup").read_text(), "0::/init.scope\n")


@tap.test("vm:legacy")
def layout_legacy():
    tap.equal(filesystem("/sys/fs/cgroup/memory"), "cgroupfs")
    tap.true(not UNIFIED.exists(), f"{UNIFIED} exists")


@tap.test("vm:v2", "vm:hybrid", "vm:legacy", user="dev")
def dev_has_session_and_user_manager():
    tap.equal(pwd.getpwuid(os.getuid()).pw_name, "dev")
    tap.equal(os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}")
    own = pathlib.Path("/proc/self/cgroup").read_text()
    tap.contains(own, "/user.slice/user-1000.slice/session-")
    tap.true("user@1000.service" not in own, f"inside the user manager:\n{own}")
    tap.succeed(["systemctl", "--user", "is-active", "basic.target"])


@tap.test("vm:v2", user="dev")
def dev_scope_has_its_memory_limit():
    tap.equal(limit_in_scope("--user"), str(512 << 20))


@tap.test("host", "vm:v2")
def go_program_runs():
    result = tap.succeed([tap.program("hello")], env={"GODEBUG": "gctrace=0", "GOMEMLIMIT": "64MiB"})
    said = json.loads(result.stdout)
    tap.equal((said["GODEBUG"], said["GOMEMLIMIT"]), ("gctrace=0", "64MiB"))
    tap.equal(said["cgroup"], pathlib.Path("/proc/self/cgroup").read_text().splitlines())


@tap.test("vm:v2", timeout=600)
def dlv_debugs_our_go_program():
    """The guest's dlv understands the tool chain our test programs are built with."""
    result = tap.run(["dlv", "exec", "--allow-non-terminal-interactive=true", tap.program("leak"), "--", "-max-mib=1"],
                     timeout=500, input="break main.leakForever\ncontinue\nprint s.mibPerStep\ncontinue\nexit\n")
    tap.contains(result.stdout, "main.leakForever() ", result.stderr)
    tap.true("\n1\n" in result.stdout.replace("(dlv) ", ""), f"no value of s.mibPerStep in\n{result.stdout}")


if __name__ == "__main__":
    tap.main()
