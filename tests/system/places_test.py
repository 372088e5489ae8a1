# SPDX-License-Identifier: Apache-2.0
"""Other people's homes, closed directories, foreign namespaces: a launch says what it left out in one line, and goes on."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import faults
import session
import kernel
import tap
import watched

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None, "XDG_CONFIG_HOME": None, "XDG_RUNTIME_DIR": None}
AS_USER = ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"]
LEFT_OUT = "may not be searched by this user: settings below it are left out"


def launch(words=(), env=None, cwd="/", before=()):
    """A launch of `true` by an ordinary user who has nothing: (status, what was said)."""
    command = [*AS_USER, *before, tap.dbgscope, *words, "run", "--", "true"]
    result = tap.run(command, env=CLEAN | {"HOME": "/nonexistent"} | (env or {}), cwd=cwd)
    return result.rc, result.stderr.splitlines()


def said_more(usual, result):
    """Lines said now that are not said everywhere."""
    tap.equal(result[0], 0, "\n".join(result[1]))
    return [line for line in result[1] if line not in usual[1]]


class Tree:
    """Directories of root's that anybody may pass through but for those named closed."""

    def __init__(self, *closed):
        self._closed = closed

    def __enter__(self):
        self._base = tempfile.TemporaryDirectory(prefix="dbgscope-test-")
        base = pathlib.Path(self._base.name)
        base.chmod(0o755)
        for name in self._closed:
            (base / name).mkdir(parents=True)
        for name in self._closed:
            (base / name).chmod(0o700)
        return base

    def __exit__(self, *_):
        self._base.cleanup()


@tap.test("host", "pidns", "vm:v2", user="root")
def a_closed_configuration_is_one_line():
    usual = launch()
    tap.equal(usual[0], 0, "\n".join(usual[1]))
    with Tree("xdg/dbgscope", "home") as base:
        (base / "xdg/dbgscope/config.yaml").write_text("memory: {max: 1G}\n")
        for env, closed in (({"XDG_CONFIG_HOME": f"{base}/xdg"}, f"{base}/xdg/dbgscope"),
                            ({"HOME": f"{base}/home"}, f"{base}/home"),
                            ({"HOME": f"{base}/home/of/nobody"}, f"{base}/home"),
                            ({"XDG_CONFIG_HOME": f"{base}/none"}, None)):
            said = said_more(usual, launch(env=env))
            tap.equal(said, [f"dbgscope: {closed} {LEFT_OUT}"] if closed else [])
            shown = tap.run([*AS_USER, tap.dbgscope, "profile", "show"], env=CLEAN | {"HOME": "/nonexistent"} | env, cwd="/")
            tap.equal(shown.rc, 0, shown.stderr)


@tap.test("host", "pidns", "vm:v2", user="root")
def a_closed_working_directory_is_one_line():
    usual = launch()
    with Tree("work", "parent") as base:
        (base / "parent/work").mkdir()
        (base / "parent/work/.dbgscope.yaml").write_text("profile: low-memory\n")
        for directory, closed in (("work", "work"), ("parent/deeper", "parent"), ("parent/work", None)):
            (base / directory).mkdir(exist_ok=True)
            said = [line for line in said_more(usual, launch(cwd=base / directory)) if LEFT_OUT in line]
            tap.equal(said, [f"dbgscope: {base}/{closed} {LEFT_OUT}"] if closed else [])


@tap.test("host", "pidns", user="root")
def a_user_namespace_that_does_not_know_root():
    usual = launch(before=["unshare", "--map-root-user"])
    tap.equal(usual[0], 0, "\n".join(usual[1]))
    with Tree("home") as base:
        said = said_more(usual, launch(before=["unshare", "--map-root-user"], env={"HOME": f"{base}/home"}))
        tap.equal(said, [f"dbgscope: {base}/home {LEFT_OUT}"])
        (base / ".dbgscope.yaml").write_text("memory: {max: 64M}\n")
        said = said_more(usual, launch(before=["unshare", "--map-root-user"], cwd=base))
        tap.equal(len(said), 1, said)
        tap.contains(said[0], "neither you nor root: ignored")


def under(*words, program=("show",), options=(), **popen):
    """test program `under` with one hostile limit or signal, and then dbgscope."""
    start = [tap.program("under"), *words, tap.dbgscope, "run", "--memory-max=64M", *options, "--"]
    return tap.run([*start, tap.program("under"), *program], env=CLEAN, **popen)


def cgroups_named(name):
    return [place for top in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup") for place, names, _ in os.walk(top)
            if any(name in entry for entry in names)]


@tap.test("host", "pidns", "vm:v2", user="root")
def a_file_size_limit_does_not_end_the_watcher():
    for hard in ("-", "0"):
        name = f"places-{time.time_ns()}"
        result = under("limit", "FSIZE", "0", hard, options=["--watch", "-q", f"--unit={name}"])
        tap.equal(result.rc, 0, result.stderr)
        tap.contains(result.stdout, "limit FSIZE 0 ")
        watched.gone_within(lambda: not cgroups_named(name), 10, f"a cgroup of {name} is left: its watcher has died")
        if hard == "-":
            tap.wait_until(lambda: faults.history(name), 10, message="the session in the history")
    # Nor does it end the launch, where standard error is a file and everything we say is a write to it.
    with tempfile.TemporaryFile() as log:
        tap.equal(subprocess.run([tap.program("under"), "limit", "FSIZE", "0", "-", tap.dbgscope, "run", "--memory-max=1E", "--",
                                  tap.program("under"), "show"], stderr=log, stdout=subprocess.PIPE, check=False).returncode, 0)


@tap.test("host", "vm:v2", user="root")
def a_small_stack_is_enough():
    for soft, hard in ((65536, "-"), (65536, 65536), (32768, 32768)):
        result = under("limit", "STACK", str(soft), str(hard), options=["--watch", "-q"])
        tap.equal(result.rc, 0, result.stderr)
        tap.contains(result.stdout, f"limit STACK {soft} ")
        for verb in (["status"], ["doctor"], ["dlv", "version"]):
            shown = tap.run([tap.program("under"), "limit", "STACK", str(soft), str(hard), tap.dbgscope, *verb], env=CLEAN)
            tap.true(shown.rc in (0, 1) and shown.stdout, f"{verb}: {shown.rc}\n{shown.stderr}")


@tap.test("host", "pidns", "vm:v2", user="root")
def signals_are_the_callers():
    for words, line in ((("block", "17"), "pending 17"), (("ignore", "25"), None), (("block", "1"), "ignored 25")):
        result = under(*words, options=["--watch", "-q"])
        if line:
            tap.true(line not in result.stdout, result.stdout)
    for words in (("ignore", "17"), ("pending", "1"), ("pending", "10")):
        result = under(*words, options=["--wait", "-q"])
        tap.equal(result.rc, 0, result.stderr)
        tap.contains(result.stdout, f"{'ignored' if words[0] == 'ignore' else 'pending'} {words[1]}\n")


@tap.test("host", "pidns", "vm:v2", user="root")
def a_launch_from_another_time_namespace_leaves_sessions_alone():
    if not os.path.exists("/proc/self/ns/time"):
        tap.skip("no time namespaces before Linux 5.6")
    with session.Session([tap.dbgscope, "run", "--watch", "--memory-max=64M", "--", tap.program("eater"), "sleep", "60", "1"],
                         env=CLEAN) as first:
        record = tap.wait_until(lambda: session_of(first.pid), 10, message="the session's record")
        tap.equal(record["now"]["debugger_alive"], True)
        other = tap.run(["unshare", "--time", "--boottime", "100000", "--fork", tap.dbgscope, "run", "--watch",
                         "--memory-max=64M", "--", tap.program("eater"), "sleep", "1", "1"], env=CLEAN)
        tap.equal(other.rc, 0, other.stderr)
        time.sleep(0.2)
        tap.equal(first.process.poll(), None, "status of the session that was there first")
        tap.equal(session_of(first.pid)["now"]["watcher_alive"], True)


@tap.test("host", user="root")
def a_deleted_working_directory_is_an_error():
    with tempfile.TemporaryDirectory() as base:
        for words, status in ((["install-shims", "rel"], 125), (["init", "shell", "--shims", "rel"], 125),
                              (["init", "gdb", "rel", "--write"], 125), (["lint", "rel.json"], 125), (["doctor", "core"], None),
                              (["status"], 0), (["run", "-q", "--", "true"], 0)):
            script = f'mkdir -p {base}/gone && cd {base}/gone && rmdir {base}/gone && exec "$@"'
            result = tap.run(["sh", "-c", script, "sh", tap.dbgscope, *words], env=CLEAN)
            tap.true(result.rc >= 0 and status in (None, result.rc), f"{words}: {result.rc}\n{result.stderr}")
            if status == 125:
                tap.equal(len(result.stderr.splitlines()), 1, result.stderr)


@tap.test("host", user="root")
def init_shows_no_control_characters_and_follows_no_foreign_link():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as base:
        folder, secret = pathlib.Path(base, "project"), pathlib.Path(base, "secret.json")
        (folder / ".vscode").mkdir(parents=True)
        settings = folder / ".vscode/settings.json"
        settings.write_text('{\n\t"a": "\x1b[2J\u202e\u200b",\r\n}\n')
        shown = tap.succeed([tap.dbgscope, "init", "vscode", str(folder)], env=CLEAN).stdout
        tap.contains(shown, '\t"a": "\\x1b[2J\\xe2\\x80\\xae\\xe2\\x80\\x8b"')
        secret.write_text("{}\n")
        settings.unlink()
        settings.symlink_to(secret)
        os.chown(settings, 4711, 4711, follow_symlinks=False)
        shims = pathlib.Path(base, "shims")
        tap.succeed([tap.dbgscope, "install-shims", str(shims)], env=CLEAN)
        init = [tap.dbgscope, "init", "vscode", str(folder), "--shims", str(shims), "--write"]
        refused = tap.run(init, env=CLEAN)
        tap.equal((refused.rc, secret.read_text()), (125, "{}\n"), refused.stderr)
        tap.contains(refused.stderr, f"cannot change {secret}: {settings} is a symbolic link of user 4711, neither you nor root")
        os.chown(settings, 0, 0, follow_symlinks=False)
        done = tap.succeed(init, env=CLEAN)
        tap.contains(done.stdout, f"changed {settings} ({secret})")


@tap.test("pidns", user="root", timeout=180)
def launches_while_systemd_executes_itself_anew():
    stop, times = threading.Event(), []

    def again_and_again():
        while not stop.is_set():
            tap.run(["systemctl", "daemon-reexec"], timeout=90)
            times.append(time.monotonic())

    thread = threading.Thread(target=again_and_again)
    thread.start()
    try:
        results = [tap.run([tap.dbgscope, "run", "--memory-max=64M", "--", "cat", "/proc/self/cgroup"], env=CLEAN)
                   for _ in range(25)]
    finally:
        stop.set()
        thread.join()
    bad = [result for result in results if result.rc != 0 or ".scope" not in result.stdout]
    tap.equal(len(bad), 0, f"of 25, beside {len(times)} re-executions: {[result.stderr for result in bad[:3]]}")


@tap.test("host", user="root")
def a_squatted_directory_leaves_ps_and_stop():
    squatted = pathlib.Path("/tmp/dbgscope-4711")
    if squatted.exists():
        tap.skip(f"{squatted} is there")
    given = kernel.memory_cgroup()[1] / f"dbgscope-test-{os.getpid()}"  # a user has none of his own here
    given.mkdir()
    for place in (given, *given.iterdir()):
        os.chown(place, 4711, 4711)
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as home:
        os.chown(home, 4711, 4711)
        squatted.mkdir(mode=0o755)
        try:
            env = CLEAN | {"HOME": home}
            listed = tap.run([*AS_USER, tap.dbgscope, "ps"], env=env, cwd="/")
            tap.contains(listed.stderr, "belongs to user 0")  # nothing was ever recorded elsewhere
            into = ["sh", "-c", f'echo $$ >{given}/cgroup.procs && exec "$@"', "sh"]
            started = subprocess.Popen([*into, *AS_USER, tap.dbgscope, "run", "--watch", "-q", "--", tap.program("eater"), "sleep", "60", "1"],
                                       env={k: v for k, v in {**os.environ, **env}.items() if v is not None}, cwd="/",
                                       stdout=subprocess.DEVNULL, start_new_session=True)
            try:
                live = pathlib.Path(home, ".local/state/dbgscope/live")
                tap.wait_until(lambda: list(live.glob("*.json")), 10, message="a record elsewhere")
                tap.contains(tap.succeed([*AS_USER, tap.dbgscope, "ps"], env=env, cwd="/").stdout, "eater")
            finally:
                started.kill()
                started.wait(10)
        finally:
            squatted.rmdir()
            tap.wait_until(lambda: removed(given), 10, message=f"{given} is empty")


def removed(cgroup):
    try:
        cgroup.rmdir()
    except OSError:
        return False
    return True


def session_of(pid):
    """`dbgscope ps` of one session."""
    listed = json.loads(tap.succeed([tap.dbgscope, "ps", "--json"], env=CLEAN).stdout)
    return next((record for record in listed if record["debugger"]["pid"] == pid), None)


if __name__ == "__main__":
    tap.main()
