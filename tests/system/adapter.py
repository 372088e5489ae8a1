# SPDX-License-Identifier: Apache-2.0
"""A client of a debug adapter that speaks over standard input and output, for tests of editors."""

import os
import socket
import subprocess

from dap import Dap
from terminal import PATIENCE_S


class Adapter(Dap):
    """An adapter with one socket for both; its own standard error in `said`, a file."""

    def __init__(self, project, *words):
        ours, theirs = socket.socketpair()
        self.said = project.folder / "stderr"
        env = {k: v for k, v in {**os.environ, **project.env}.items() if v is not None}
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen([*project.prefix, *map(str, words)], stdin=theirs, stdout=theirs, stderr=said, env=env)
        theirs.close()
        super().__init__(ours, patience=PATIENCE_S)

    def __exit__(self, *reason):
        super().__exit__(*reason)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
