# SPDX-License-Identifier: Apache-2.0
"""A session's entry in a real journal, sent over HTTP to a real systemd-journal-remote as a fleet's machines do, and found there by its
fields with the commands of dbgscope-watch(7)."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
import watched
from dap import free_port, listeners

LIB = pathlib.Path("/lib/systemd")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
ELSEWHERE = "b" * 32  # the id of a second machine


@contextlib.contextmanager
def daemon(name, *words):
    tool = LIB / name
    if not tool.exists():
        tap.skip(f"{tool} is not installed: systemd-journal-remote")
    with tempfile.TemporaryFile() as said, subprocess.Popen([tool, *map(str, words)], stdin=subprocess.DEVNULL, stdout=said,
                                                            stderr=said) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(session.PATIENCE_S)
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))


@contextlib.contextmanager
def journald():
    """Its own, of this namespace's /run: nothing of it reaches the disk, and it reads no kernel log."""
    conf = pathlib.Path("/run/systemd/journald.conf.d/test.conf")
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.write_text("[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\n")
    socket = pathlib.Path("/run/systemd/journal/socket")
    with daemon("systemd-journald"):
        tap.wait_until(socket.exists, session.PATIENCE_S, message="journald's socket")
        yield pathlib.Path("/run/log/journal")


def journalctl(*words):
    return tap.succeed(["journalctl", "--no-pager", "-q", *map(str, words)]).stdout


def entries(*words):
    return [json.loads(line) for line in journalctl("-o", "json", *words).splitlines()]


def values(entry, field):
    """A field may stand in an entry more than once."""
    return entry[field] if isinstance(entry[field], list) else [entry[field]]


def from_another_machine(export, output):
    """The same entries as another machine of that fleet sends them: systemd-journal-remote reads the stream that it gets by HTTP."""
    for name, value in (("_HOSTNAME", "elsewhere"), ("_MACHINE_ID", ELSEWHERE)):
        export = re.sub(rb"^%s=.*$" % name.encode(), f"{name}={value}".encode(), export, flags=re.M)
    subprocess.run([LIB / "systemd-journal-remote", f"--output={output / 'remote-elsewhere.journal'}", "-"], input=export, check=True,
                   timeout=60)


def killed_session():
    """Of a program that its cap has killed; its name."""
    with session.Session([tap.dbgscope, "--memory-max=64M", "--fuse-action=off", *session.GDB, "-ex", "run", "--args",
                          tap.program("eater"), "heap", "200", "1"], env=CLEAN) as gdb:
        name = tap.wait_until(lambda: session.session_name(gdb.pid), session.PATIENCE_S, message="the session's name")
        gdb.match("killed for memory")
        gdb.wait()
    return name


@tap.test("pidns", user="root", timeout=120)
def a_fleets_sessions_are_found_by_their_fields():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-", dir="/run") as folder, journald() as local:
        remote = pathlib.Path(folder, "remote")
        remote.mkdir()
        name = killed_session()
        record = watched.ended_record(name)
        tap.wait_until(lambda: name in journalctl("-D", local, "SYSLOG_IDENTIFIER=dbgscope"), session.PATIENCE_S,
                       message="the entry in the journal here")
        port = free_port()
        with daemon("systemd-journal-remote", f"--listen-http=127.0.0.1:{port}", f"--output={remote}", "--split-mode=host"):
            tap.wait_until(lambda: "0A" in listeners(port), session.PATIENCE_S, message="systemd-journal-remote's port")
            with daemon("systemd-journal-upload", f"--url=http://127.0.0.1:{port}", "-D", local, f"--save-state={folder}/state"):
                tap.wait_until(lambda: any(remote.iterdir()) and name in journalctl("-D", remote, f"DBGSCOPE_SESSION={name}"),
                               session.PATIENCE_S, message=f"the entry in {remote}")
        from_another_machine(journalctl("-D", local, "-o", "export", "SYSLOG_IDENTIFIER=dbgscope").encode(), remote)

        merged = entries("--merge", "-D", remote, "SYSLOG_IDENTIFIER=dbgscope")
        tap.equal(sorted(entry["_HOSTNAME"] for entry in merged), sorted([os.uname().nodename, "elsewhere"]), f"{merged}")
        found = entries("--merge", "-D", remote, f"DBGSCOPE_SESSION={name}", f"_MACHINE_ID={ELSEWHERE}")
        tap.equal(len(found), 1, f"{found}")
        for field, value in (("DBGSCOPE_TOOL", "gdb"), ("DBGSCOPE_CAP", "64M"), ("PRIORITY", "5"),
                             ("DBGSCOPE_DEBUGGER_PID", str(record["debugger"]["pid"])),
                             ("DBGSCOPE_DURATION_MS", str(record["duration_ms"]))):
            tap.equal(found[0][field], value, field)
        tap.equal(values(found[0], "DBGSCOPE_VERDICT"), record["verdicts"])
        tap.true(int(found[0]["DBGSCOPE_OOM_KILL"]) >= 1, f"{found[0]}")
        table = entries("--merge", "-D", remote, "SYSLOG_IDENTIFIER=dbgscope", "PRIORITY=5",
                        "--output-fields=_HOSTNAME,DBGSCOPE_COMMAND,DBGSCOPE_VERDICT")
        tap.equal(len(table), 2, f"{table}")
        for entry in table:
            tap.contains(" ".join(values(entry, "DBGSCOPE_VERDICT")), "killed for memory")
            tap.contains(entry["DBGSCOPE_COMMAND"], "eater")
        tap.equal(entries("--merge", "-D", remote, "DBGSCOPE_TOOL=dlv"), [])
        shutil.rmtree(remote)


if __name__ == "__main__":
    tap.main()
