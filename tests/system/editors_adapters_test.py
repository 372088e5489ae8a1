# SPDX-License-Identifier: Apache-2.0
"""The debug adapters that speak over standard input and output, of Debian 13: gdb's own and lldb-dap. What is said of a held program
comes to the client as the program's output."""

import pathlib
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import leaking
import tap
from adapter import Adapter
from terminal import PATIENCE_S, inside, piece


def held_and_given_more(*words, ends=(0,)):
    with leaking.project(lambda folder: inside(piece("trixie"), f"{folder}/work")) as project:
        program = shutil.copy(tap.program("eater"), project.folder / "eater")
        with Adapter(project, project.dbgscope, *words) as adapter:
            adapter.start(program=str(program), args=["heap", "200", "1", "3000"])
            shown = adapter.shows("dbgscope: debuggee held: ")
            launcher = project.record()["debugger"]["pid"]
            adapter.pause()
            thread = adapter.event("stopped")["threadId"]
            project.state_becomes("stopped")
            project.more()
            shown += adapter.shows("dbgscope: debuggee no longer held: its cap is now 256M")
            adapter.ask("continue", threadId=thread)
            adapter.event("terminated")
            adapter.ask("disconnect")
            tap.true(adapter.process.wait(PATIENCE_S) in ends, f"{adapter.process.returncode}\n{adapter.said.read_text()}")
            project.nothing_left(launcher)
        tap.equal(shown.count("debuggee held"), 1, shown)
        tap.contains(adapter.said.read_text(), "debuggee held")


@tap.test("editors", timeout=300)
def gdbs_own_adapter_sends_it_as_output():
    held_and_given_more("gdb", "-nx", "-i=dap")


@tap.test("editors", timeout=300)
def lldb_dap_sends_it_as_output():
    held_and_given_more("lldb-dap-19", ends=(0, -signal.SIGABRT))  # 19 aborts after a disconnect, bare too


if __name__ == "__main__":
    tap.main()
