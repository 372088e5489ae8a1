# SPDX-License-Identifier: Apache-2.0
"""Other people's homes, closed directories, foreign namespaces: a launch says what it left out in one line, and goes on."""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
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


@tap.test("host", "pidns", "vm:v2", user="root")
def a_file_size_limit_does_not_end_the_watcher():
    before = watched.history_file().read_text() if watched.history_file().exists() else ""
    result = under("limit", "FSIZE", "0", "0", options=["--watch", "-q"])
    tap.equal(result.rc, 0, result.stderr)
    tap.contains(result.stdout, "limit FSIZE 0 0")
    tap.wait_until(lambda: len(watched.history_file().read_text()) > len(before), 10, message="the session in the history")
    # Nor does it end the launch, where standard error is a file and everything we say is a write to it.
    with tempfile.TemporaryFile() as log:
        tap.equal(subprocess.run([tap.program("under"), "limit", "FSIZE", "0", "-", tap.dbgscope, "run", "--memory-max=1E", "--",
                                  tap.program("under"), "show"], stderr=log, stdout=subprocess.PIPE, check=False).returncode, 0)


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


if __name__ == "__main__":
    tap.main()
