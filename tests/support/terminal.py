# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal's screen (tmux), in this root or another one."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import editors
import tap

PATIENCE_S = 90  # an editor, its plug-ins and a build on a busy machine
SHARED = ("proc", "sys", "dev", "run", "tmp")
ENTER = f"""root=$1; shift
for name in {" ".join(SHARED)}; do mount --rbind "/$name" "$root/$name"; done
exec chroot "$root" "$@"
"""


def inside(root, directory):
    """The words before a command that run it in another root, in a directory of /tmp; what a session is seen by is shared."""
    return ["unshare", "--mount", "sh", "-ec", ENTER, "sh", str(root), "env", "-C", str(directory)]


def piece(name):
    try:
        return editors.find(name)
    except editors.Missing as missing:
        tap.skip(str(missing))


class Terminal:
    """A context manager; leaves no process of the terminal behind."""

    def __init__(self, command, env, cwd, width=150, height=40):
        if not shutil.which("tmux"):
            tap.skip("tmux is not installed: ./dev test editors installs it")
        self._folder = tempfile.TemporaryDirectory(prefix="dbgscope-test-")
        self._tmux = ["tmux", "-S", f"{self._folder.name}/tmux", "-f", "/dev/null"]
        size = ["-x", str(width), "-y", str(height)]
        full = {**os.environ, "LANG": "C.UTF-8", "TERM": "tmux-256color", **env}
        # remain-on-exit: the last words of an editor that has gone are still to be seen
        self._server = subprocess.Popen([*self._tmux, "start-server", ";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g",
                                         "default-terminal", "tmux-256color", ";", "new-session", "-d", *size, "--",
                                         *map(str, command)], env={k: v for k, v in full.items() if v is not None}, cwd=cwd)

    def __enter__(self):
        tap.equal(self._server.wait(30), 0, "tmux")
        return self

    def __exit__(self, *_):
        tap.run([*self._tmux, "kill-server"])
        self._folder.cleanup()

    def keys(self, *names):
        tap.succeed([*self._tmux, "send-keys", *names])

    def type(self, text):
        tap.succeed([*self._tmux, "send-keys", "-l", text])

    @property
    def screen(self):
        return tap.succeed([*self._tmux, "capture-pane", "-p"]).stdout

    def shows(self, pattern, patience=PATIENCE_S):
        try:
            return tap.wait_until(lambda: re.search(pattern, self.screen), patience, 0.1)
        except tap.Timeout:
            tap.fail(f"{pattern} is never on the screen:\n{self.screen}")

    def ended(self):
        """Waits for the end of the command."""
        look = [*self._tmux, "display-message", "-p", "#{pane_dead}"]
        try:
            tap.wait_until(lambda: tap.succeed(look).stdout.strip() == "1", PATIENCE_S, 0.1)
        except tap.Timeout:
            tap.fail(f"it has not ended:\n{self.screen}")

    def picture(self, name):
        """The screen as text where DBGSCOPE_TEST_PICTURES says; to be looked at."""
        folder = os.environ.get("DBGSCOPE_TEST_PICTURES")
        if folder:
            pathlib.Path(folder, f"{name}.txt").write_text(self.screen)
