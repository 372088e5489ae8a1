# SPDX-License-Identifier: Apache-2.0
"""The process that looks into a held program, where it comes to nothing."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
from inside import run_on

CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}


def kill_the_first_look(target):
    """SIGKILL to the process that looks into `target`, as soon as it is there: it may live for 50 ms. Younger, it has the larger number."""
    until = time.monotonic() + session.PATIENCE_S
    while time.monotonic() < until:
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) > target):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[1:3] == [b"held-by", str(target).encode()]:
                    os.kill(pid, signal.SIGKILL)
                    return
            except OSError:
                continue
    tap.fail("nobody looked into it")


@tap.test("host")
def one_that_dies_is_taken_again():
    with session.Headless(["--memory-max=128M"], "exec", "--accept-multiclient", tap.program("leak"), after=["-mib-per-step=2"],
                          env=CLEAN) as dlv:
        pid = dlv.connect().pid()
        run_on(dlv.match(r"API server listening at: (\S+)")[1])
        kill_the_first_look(pid)
        dlv.match(r"dbgscope: who holds it: main\.leakForever main\.go:")


@tap.test("host")
def a_program_that_stands_still_for_it_does_so_until_then():
    with session.Headless(["--memory-max=128M", "--fuse-action=snapshot"], "exec", "--accept-multiclient", tap.program("leak"),
                          after=["-mib-per-step=2"], env=CLEAN) as dlv:
        pid = dlv.connect().pid()
        run_on(dlv.match(r"API server listening at: (\S+)")[1])
        kill_the_first_look(pid)
        dlv.match(r"dbgscope: debuggee killed for memory: .* Who held it at the last look: main\.leakForever main\.go:.* Snapshot: ")


if __name__ == "__main__":
    tap.main()
