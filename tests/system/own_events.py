# SPDX-License-Identifier: Apache-2.0
"""A configuration of somebody's own whose `on:` runs a command, and what that command was told."""

import contextlib
import json
import pathlib
import tempfile

import session
import tap

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
NOTE = """#!/bin/sh
# note FOLDER WORD...: its environment, words, cgroup and descriptors, as one directory that is there when all of it is
folder=$1/$DBGSCOPE_EVENT.$$
shift
mkdir "$folder.new"
env >"$folder.new/environment"
printf '%s\\n' "$@" >"$folder.new/words"
cat /proc/self/cgroup >"$folder.new/cgroup"
readlink /proc/$$/fd/* >"$folder.new/descriptors"
mv "$folder.new" "$folder"
echo "noted $DBGSCOPE_EVENT"
"""


class Notes:
    """A configuration of somebody's own, and what its command has been told."""

    def __init__(self, folder, **on):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        (self.folder / "got").mkdir()
        self.script = self.folder / "note"
        self.script.write_text(NOTE)
        self.script.chmod(0o755)
        self.env = {**CLEAN, "XDG_CONFIG_HOME": str(self.folder / "config")}
        self.configure(**on)

    def exec(self, *words):
        return " ".join(["exec", str(self.script), str(self.folder / "got"), *words])

    def configure(self, history=(), **on):
        lines = ["on:", *(f"  {event}: {json.dumps(actions)}" for event, actions in on.items())]
        if history:
            lines += ["history:", *(f"  {name}: {value}" for name, value in history.items())]
        file = self.folder / "config/dbgscope/config.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")

    def got(self, event):
        return sorted((self.folder / "got").glob(f"{event}.*[0-9]"))

    def wait(self, event, count=1):
        return tap.wait_until(lambda: len(self.got(event)) >= count and self.got(event), session.PATIENCE_S,
                              message=f"a command for {event}")


@contextlib.contextmanager
def notes(**on):
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        yield Notes(folder, **on)


def eater(with_notes, *options, mib=200, stays=False, program=None, pause_us=0):
    """gdb's session of a program that takes so much, with a pause after each MiB; its cap is 128M. `stays`: at its end it is stopped
    for a while."""
    run = ["-ex", "catch syscall exit_group", "-ex", "run", "-ex", "shell sleep 100"] if stays else ["-ex", "run"]
    return session.Session([tap.dbgscope, "--memory-max=128M", *options, *session.GDB, *run, "--args",
                            program or tap.program("eater"), "heap", str(mib), "1", str(pause_us)], env=with_notes.env)


def environment(note):
    return dict(line.split("=", 1) for line in (note / "environment").read_text().splitlines() if "=" in line)
