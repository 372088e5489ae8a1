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
        own = {"LANG": "C.UTF-8", **{k: v for k, v in env.items() if v is not None}}  # the command's, not tmux's
        words = [word for name, value in own.items() for word in ("-e", f"{name}={value}")]
        # remain-on-exit: the last words of an editor that has gone are still to be seen
        options = ["set", "-g", "remain-on-exit", "on", ";", "set", "-g", "default-terminal", "tmux-256color", ";"]
        self._server = subprocess.Popen([*self._tmux, "start-server", ";", *options, "new-session", "-d", *size, *words, "--",
                                         *map(str, command)], env={k: v for k, v in os.environ.items() if k not in env}, cwd=cwd)

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

    def shows(self, pattern, dismiss=None):
        """dismiss: what is answered by Enter as long as the pattern is not there."""
        def look():
            screen = self.screen
            found = re.search(pattern, screen)
            if not found and dismiss and re.search(dismiss, screen):
                self.keys("Enter")
            return found
        try:
            return tap.wait_until(look, PATIENCE_S, 0.1)
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
