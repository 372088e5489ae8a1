# SPDX-License-Identifier: Apache-2.0
"""--dap-log under the adapters of Debian 13: gdb's own (from 14 on), lldb-dap and a dlv that passes on what a program writes. Each
writes its log by its own switch, and `dbgscope dap` tells from it what came of the program's output and what did not."""

import contextlib
import json
import os
import pathlib
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import leaking
import tap
from adapter import Adapter
from dap import Dap
from session import Session
from terminal import PATIENCE_S, inside, piece

EUROS = 3000
# Argument 1: how long it waits before its last words. A dlv takes it, too: it wants a Go program, so there is one of each.
C_PROGRAM = """#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
    puts("first words");
    fflush(stdout);
    fputs("an error\\n", stderr);
    for (int i = 0; i < %d; ++i) fputs("\\xe2\\x82\\xac", stdout);
    puts("");
    fflush(stdout);
    sleep((unsigned)atoi(argv[1]));
    puts("last words");
    return 3;
}
""" % EUROS
GO_PROGRAM = """package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	fmt.Println("first words")
	fmt.Fprintln(os.Stderr, "an error")
	fmt.Println(strings.Repeat("€", %d))
	seconds, _ := strconv.Atoi(os.Args[1])
	time.Sleep(time.Duration(seconds) * time.Second)
	fmt.Println("last words")
}
""" % EUROS
WRITTEN = len(("first words\nan error\n" + "€" * EUROS + "\nlast words\n").encode())
GDB = ("gdb", "-nx", "-q", "-i=dap")  # its own greeting would be "stdout", too
LLDB = ("lldb-dap-19",)
DLV = ("dlv", "dap", "--check-go-version=false", "--listen=127.0.0.1:0")


@contextlib.contextmanager
def session_of(project, log, words):
    """A client of the adapter and its process."""
    command = [project.dbgscope, f"--dap-log={log}", *words]
    if words is DLV:
        env = {k: v for k, v in project.env.items()}
        with Session([*project.prefix, *map(str, command)], env=env) as dlv, \
                Dap(dlv.match(r"DAP server listening at: (\S+)")[1], patience=PATIENCE_S) as client:
            yield client, dlv.process
    else:
        with Adapter(project, *command) as adapter:
            yield adapter, adapter.process


def program_for(project, words):
    source = project.folder / ("talk.go" if words is DLV else "talk.c")
    out = project.folder / "talk"
    source.write_text(GO_PROGRAM if words is DLV else C_PROGRAM)
    if words is DLV:  # by the tool chain that its dlv knows
        project.run("go", "build", "-o", str(out), str(source))
    else:
        tap.succeed(["cc", "-g", "-o", str(out), str(source)])
    return out


def read(log):
    found = json.loads(tap.succeed([tap.dbgscope, "dap", str(log), "--json"]).stdout)
    text = tap.succeed([tap.dbgscope, "dap", str(log)]).stdout
    return found, [each["kind"] for each in found["output_lost"]], text


def the_log_tells(words, pieces):
    with leaking.project(lambda folder: inside(piece("trixie"), f"{folder}/work")) as project:
        program = program_for(project, words)
        log = project.folder / "adapter.log"
        asked = {"program": str(program), "outputMode": "remote", "mode": "exec"}

        with session_of(project, log, words) as (client, process):
            client.start(args=["0"], **asked)
            got = client.shows("last words")
            client.event("terminated")
            client.ask("disconnect")
            process.wait(PATIENCE_S)
        found, lost, text = read(log)
        tap.equal(stat.S_IMODE(log.stat().st_mode), 0o600)
        commands = [request["command"] for request in found["requests"]]
        tap.equal(commands, ["initialize", "launch", "configurationDone", "disconnect"])
        tap.true(all(request["success"] for request in found["requests"]), text)
        bytes_shown = len(got.encode().replace(b"\r\n", b"\n"))
        tap.true(found["stdout_bytes"] + found["stderr_bytes"] >= bytes_shown, text)
        if pieces:  # passed on as they are read, characters and all
            tap.equal(("broken" in lost, "\ufffd" in got), (True, True), text)
        else:
            # gdb reads a pipe beside its events, so last words may come after "terminated"
            tap.equal((set(lost) <= {"after-end"}, got.count("€"), bytes_shown), (True, EUROS, WRITTEN), text)

        for ends, kind in ((lambda client, _: client.ask("disconnect", terminateDebuggee=True), "disconnected"),
                           (lambda _, process: process.kill(), "log-ends")):
            with session_of(project, log, words) as (client, process):
                client.start(args=["60"], **asked)
                client.shows("an error")
                ends(client, process)
                process.wait(PATIENCE_S)
            found, lost, text = read(log)
            tap.contains(lost, kind, text)
            tap.true(found["stdout_bytes"] + found["stderr_bytes"] > 0, text)


@tap.test("editors", timeout=300)
def gdb_logs_its_protocol():
    the_log_tells(GDB, pieces=False)


@tap.test("editors", timeout=300)
def lldb_dap_logs_its_protocol():
    the_log_tells(LLDB, pieces=True)


@tap.test("editors", timeout=300)
def a_dlv_that_passes_output_on_logs_its_protocol():
    the_log_tells(DLV, pieces=True)


if __name__ == "__main__":
    tap.main()
