# SPDX-License-Identifier: Apache-2.0
"""Where only a debugger may write to the program, dlv itself switches its heap profile on: by an init file it is given."""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from session import Session

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
DLV = ["dlv", "exec", "--allow-non-terminal-interactive=true"]
LEAK = ["--", "-mib-per-step=2"]  # held at the fuse it stays


def words(*options, dlv=()):
    return [tap.dbgscope, "--memory-max=128M", "--snapshot=off", *options, *DLV, *dlv, tap.program("leak"), *LEAK]


def sites(*target):
    found = tap.run([tap.dbgscope, "heap", *target, "--json"])
    return [site for site in (json.loads(found.stdout)["sites"] if found.rc == 0 else []) if site["function"] == "main.leakForever"]


def run_on(dlv):
    dlv.match("Type 'help' for list of commands")
    dlv.process.stdin.write("continue\n")
    dlv.process.stdin.flush()


def init_files(dlv):
    command = pathlib.Path(f"/proc/{dlv}/cmdline").read_bytes().decode().split("\0")
    return [command[at + 1] for at, word in enumerate(command) if word == "--init"]


@tap.test("host", "pidns")
def dlv_is_given_the_lines_and_the_heap_is_named():
    with Session(words("--assume=no-ptrace"), env=CLEAN, stdin=subprocess.PIPE) as dlv:
        run_on(dlv)
        record = tap.wait_until(lambda: (now := watched.wait_record(dlv.pid))["debuggees"] and now, session.PATIENCE_S)
        dlv.debuggees += record["debuggees"]
        tap.equal(record["heap_profile"], "", "the watcher has not written")
        file, = init_files(dlv.pid)
        tap.equal(os.stat(os.path.dirname(file)).st_mode & 0o777, 0o700)
        found = tap.wait_until(lambda: sites(record["id"]), session.PATIENCE_S, interval=0.3)
        tap.true(found[0]["share"] > 0.5, f"{found}")
        tap.true("rror" not in dlv.stdout, dlv.stdout)


@tap.test("host")
def a_users_own_init_file_stays():
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder, "own")
        own.write_text("help\n")
        with Session(words("--assume=no-ptrace", dlv=["--init", str(own)]), env=CLEAN, stdin=subprocess.PIPE) as dlv:
            dlv.match("Type 'help' for list of commands")
            tap.equal(init_files(dlv.pid), [str(own)])


@tap.test("host")
def a_directory_that_others_may_write_to_is_not_used():
    """/run/dbgscope is not ours to spoil: an ordinary user's may be anywhere."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/dbgscope")
        os.chmod(f"{folder}/dbgscope", 0o777)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tap.dbgscope, "--backend=none", "--dry-run",
                   "--assume=no-ptrace", "--memory-max=256M", "dlv", "exec", tap.program("leak")]
        planned = tap.succeed(command, env={"XDG_RUNTIME_DIR": folder}).stdout
        tap.true("--init" not in planned, "without a scope nothing is written")


@tap.test("vm:v2", user="root")
def an_ordinary_users_dlv_under_yama_1():
    yama = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
    before = yama.read_text()
    names = ",".join(name for name in os.environ if name.startswith("DBGSCOPE_"))
    try:
        yama.write_text("1")
        command = ["su", "-l", "-w", names, "dev", "-c", "exec " + shlex.join([str(word) for word in words()])]
        with Session(command, env=CLEAN, stdin=subprocess.PIPE) as dlv:
            run_on(dlv)
            leaks = tap.wait_until(lambda: subprocess.run(["pgrep", "-u", "dev", "-x", "leak"], capture_output=True,
                                                          text=True).stdout.split(), session.PATIENCE_S)
            dlv.debuggees += [int(pid) for pid in leaks]
            found = tap.wait_until(lambda: sites("--pid", leaks[0]), session.PATIENCE_S, interval=0.5)
            tap.true(found[0]["share"] > 0.5, f"{found}")
            tap.true(list(pathlib.Path("/run/user/1000/dbgscope").glob("heap-profile-*.dlv")), "the file")
            denied = tap.run(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", tap.dbgscope, "heap", "--pid", leaks[0]])
            tap.contains(denied.stderr, "ptrace_scope is 1")
    finally:
        yama.write_text(before)


if __name__ == "__main__":
    tap.main()
