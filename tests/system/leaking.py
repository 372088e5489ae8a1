# SPDX-License-Identifier: Apache-2.0
"""A person's Go project that leaks, and its debugging session as the kernel and the records show it, for tests of editors."""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import tempfile

import kernel
import tap
import watched
from dap import MARK, left_behind
from terminal import PATIENCE_S

CLONE_NEWNS = 0x00020000
CAP = "128M"
MAIN_GO = """package main

import (
	"fmt"
	"os"
	"time"
)

var kept [][]byte

func remember(mib int) {
	block := make([]byte, mib<<20)
	for at := 0; at < len(block); at += 4096 {
		block[at] = 1
	}
	kept = append(kept, block)
}

func main() {
	for total := 0; total < 200; total += 4 {
		remember(4)
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Fprintln(os.Stderr, "leak: done")
	time.Sleep(5 * time.Minute)
}
"""
HELD = r"debuggee held: [\d.]+M of its 128M cap"


class Project:
    """Its folder has the sources, a copy of dbgscope that other roots can run, and a home with the links."""

    def __init__(self, folder, prefix=()):
        """prefix: the words before a command that run it where the editor is."""
        self.folder, self.prefix = pathlib.Path(folder), list(prefix)
        self.work, self.home = self.folder / "work", self.folder / "home"
        self.work.mkdir()
        self.home.mkdir()
        (self.work / "go.mod").write_text("module leaking\n\ngo 1.19\n")
        (self.work / "main.go").write_text(MAIN_GO)
        self.dbgscope = shutil.copy(tap.dbgscope, self.folder / "dbgscope")
        self.mark = os.urandom(8).hex()
        self.env = {"HOME": str(self.home), "DBGSCOPE_MEMORY_MAX": CAP, MARK: self.mark, "GOMEMLIMIT": None, "GODEBUG": None,
                    "DBGSCOPE_SESSION": None, "DBUS_SESSION_BUS_ADDRESS": None, "XDG_RUNTIME_DIR": None,
                    "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None, "GOFLAGS": None, "GOCACHE": "/var/cache/go-build"}

    def run(self, *words):
        return tap.succeed([*self.prefix, *words], env=self.env, cwd=self.work, timeout=PATIENCE_S)

    def init(self, *words):
        """What `dbgscope init` prints, with the links made first."""
        self.run(self.dbgscope, "install-shims")
        return self.run(self.dbgscope, "init", *words).stdout

    def record(self):
        """Of the live session, once there is one."""
        def look():
            for file in watched.live_directory().glob("*.json"):
                with contextlib.suppress(OSError, ValueError):
                    record = json.loads(file.read_text())
                    if kernel.environment(record["debugger"]["pid"]).get(MARK) == self.mark:
                        return record
            return None
        return tap.wait_until(look, PATIENCE_S, 0.1, "a live session")

    def state_becomes(self, *states):
        tap.wait_until(lambda: self.record()["state"] in states, PATIENCE_S, 0.1, f"state {states}, it is {self.record()['state']}")

    def more(self):
        """As the held line has it; which session is meant is plain, see alone()."""
        return self.run(self.dbgscope, "more")

    def nothing_left(self, launcher, but_for=None):
        """but_for: the editor itself, which has the mark of all it starts."""
        def left():
            return [one for one in left_behind(launcher, self.mark) if not (but_for and one.endswith(f" ({but_for})"))]
        try:
            tap.wait_until(lambda: not left(), PATIENCE_S, 0.1)
        except tap.Timeout:
            tap.fail(f"left after the end: {left()}")


def alone():
    """From here on this test sees no session but its own: the directory of the live records is one that nobody else has."""
    if os.geteuid() != 0:
        tap.skip("needs root: mounts of its own")
    watched.live_directory().mkdir(mode=0o700, exist_ok=True)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        tap.fail(f"unshare: {os.strerror(ctypes.get_errno())}")
    tap.succeed(["mount", "--make-rprivate", "/"])
    tap.succeed(["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", watched.live_directory()])


@contextlib.contextmanager
def project(prefix_for=lambda folder: ()):
    alone()
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        yield Project(folder, prefix_for(folder))
