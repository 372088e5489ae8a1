# SPDX-License-Identifier: Apache-2.0
"""dbgscope explain on logs that real tools have just written: dlv, gdb, gdbserver, go, the kernel, a Go program's gctrace."""

import fcntl
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap

GO_BUILD = ["go", "build", "-gcflags=all=-N -l", "-o", "out", "."]  # builds the library too, as dlv debug does
DLV = ["dlv", "exec", "--allow-non-terminal-interactive=true"]
GO_SOURCE = """package main

import "fmt"

func double(n int) int {
\treturn n * 2
}

// a line without a statement
func main() {
\tfmt.Println(double(21))
}
"""
C_SOURCE = """#include <stdio.h>
static int twice(int n) { return n * 2; }
int main(void) { printf("%d\\n", twice(21)); return 0; }
"""


def known(log, *options, input=None):
    """The findings of a log, by rule."""
    words = [tap.dbgscope, "explain", "--json", *options, *([] if input is not None else [log])]
    result = tap.run(words, input=input)
    tap.true(result.rc in (0, 1), f"explain ended with {result.rc}: {result.stderr}")
    return {finding["rule"]: finding for finding in json.loads(result.stdout)["findings"]}


def with_workshop(function):
    """The test gets a directory with a Go module, and a C file in a directory of its own."""
    @functools.wraps(function)
    def run():
        with tempfile.TemporaryDirectory(prefix="dbgscope-explain-") as name:
            directory = pathlib.Path(name)
            (directory / "c").mkdir()
            (directory / "go.mod").write_text("module demo\ngo 1.18\n")
            (directory / "main.go").write_text(GO_SOURCE)
            (directory / "c/t.c").write_text(C_SOURCE)
            function(directory)
    return run


def dlv_log(directory, program, commands, dlv="dlv"):
    words = [dlv, *DLV[1:], directory / program]
    result = tap.run(words, cwd=directory, input="".join(c + "\n" for c in [*commands, "exit"]),
                     timeout=session.PATIENCE_S)
    return result.stdout + result.stderr


@tap.test("host")
@with_workshop
def missed_breakpoints_of_dlv(directory):
    tap.succeed(["go", "build", "-o", "optimized", "."], cwd=directory)
    tap.succeed(["go", "build", "-ldflags=-s -w", "-o", "stripped", "."], cwd=directory)
    found = known("-", input=dlv_log(directory, "optimized", ["break main.double", "break main.go:9", "break main.main",
                                                             "continue", "print 1"]))
    tap.equal(found["location-not-found"]["what"],
              "no breakpoint at main.double: the program knows no such function or file")
    tap.contains(found["no-statement"]["what"], f"{directory}/main.go:9")
    tap.equal(set(found) - {"optimized"}, {"location-not-found", "no-statement"})
    wrong_path = known("-", input=dlv_log(directory, "optimized", ["break /elsewhere/main.go:11"]))
    tap.equal(set(wrong_path), {"location-not-found"})
    tap.equal(set(known("-", input=dlv_log(directory, "stripped", []))), {"stripped"})
    tap.equal(set(known("-", input=dlv_log(directory, "c/t.c", []))), {"not-executable"})


@tap.test("vm:v2", user="root", debian=("13",))
def dlv_and_go_of_different_years():
    """dlv 1.20 on Go 1.24's program, dlv 1.24 on Go 1.19's: the machine around the guest is Debian 12."""
    if os.environ.get("DBGSCOPE_PROGRAMS_GO") != "guest":
        tap.skip("the guest and the machine around it have the same dlv and Go")
    built_outside = pathlib.Path(os.environ["DBGSCOPE_PROGRAMS"])
    newer, older = pathlib.Path(tap.program("hello")), built_outside / "hello"
    older_dlv = str(built_outside.parent / "host/dlv")  # by vm.py
    if not os.path.exists(older_dlv) or "go1.19" not in tap.succeed(["go", "version", older]).stdout:
        tap.skip("the machine around it is no Debian 12 with dlv")
    for program, dlv, rule, what in (
            (newer, older_dlv, "dlv-too-old", "this dlv is too old for a program built with Go 1.24"),
            (older, "dlv", "go-too-old", "the program was built with Go go1.19")):
        log = dlv_log(program.parent, program.name, [], dlv)
        found = known("-", input=log)
        tap.equal(set(found), {rule}, log)
        tap.contains(found[rule]["what"], what)
        path = f"{os.path.dirname(dlv) or '/usr/bin'}:{os.environ['PATH']}"
        seen = tap.run([tap.dbgscope, "doctor", "dlv", f"--program={program}", "--json"], env={"PATH": path})
        tap.equal(seen.rc, 1, seen.stderr)
        window = [f for f in json.loads(seen.stdout)["findings"] if str(program) in f["found"]]
        tap.equal([f["level"] for f in window], ["fail"], seen.stdout)


@tap.test("host")
@with_workshop
def missed_breakpoints_of_gdb(directory):
    directory /= "c"
    for name, flags in {"optimized": ["-g", "-O2"], "stripped": ["-s"], "plain": ["-g", "-O0"]}.items():
        tap.succeed(["gcc", *flags, "-o", name, "t.c"], cwd=directory)

    def gdb_log(program, *commands):
        words = [word for command in commands for word in ("-ex", command)]
        result = tap.run([*session.GDB, *words, program], cwd=directory)
        return result.stdout + result.stderr

    found = known("-", input=gdb_log("optimized", "break twice", "break other.c:3", "break t.c:300"))
    tap.equal(set(found), {"gdb-no-function", "gdb-no-file", "gdb-no-line"})
    tap.equal(found["gdb-no-function"]["what"], "gdb knows no function twice")
    stripped = known("-", input=gdb_log("stripped", "break t.c:3", "break twice"))
    tap.equal(set(stripped), {"gdb-no-symbols", "gdb-no-function"})
    tap.true(stripped["gdb-no-function"]["explained"], "no function where there are no symbols at all")
    os.utime(directory / "t.c", (time.time() + 60,) * 2)
    tap.equal(set(known("-", input=gdb_log("plain", "break 3", "run"))), {"source-newer"})
    tap.equal(set(known("-", input=gdb_log("nothing"))), set())


@tap.test("host")
def port_in_use():
    session.loopback_only()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        port = holder.getsockname()[1]
        for command in (["dlv", "dap", f"--listen=127.0.0.1:{port}"], ["gdbserver", f":{port}", "/bin/true"]):
            result = tap.run(command)
            tap.equal(set(known("-", input=result.stdout + result.stderr)), {"port-in-use"}, str(command))


@tap.test("host")
def interrupt_ends_a_log_that_is_still_written():
    with subprocess.Popen([tap.dbgscope, "explain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as explain:
        explain.stdin.write("Process 4711 has exited with status -9\n")
        explain.stdin.flush()
        blocked = lambda: int(re.search(r"SigBlk:\s+(\w+)", pathlib.Path(f"/proc/{explain.pid}/status").read_text())[1], 16)
        tap.wait_until(lambda: blocked() & 1 << signal.SIGINT - 1 and unread(explain.stdin) == 0, 10)
        explain.send_signal(signal.SIGINT)
        tap.contains(explain.stdout.read(), "the debuggee was killed with SIGKILL")
        tap.equal(explain.wait(10), 0)


HEALTHY = {  # what tools write when all is well, and where it looks most like something else
    "dpkg": "dpkg -l; dpkg -s gcc gdb delve; dpkg -L bash",
    "apt": "apt-cache show gdb delve; apt-cache policy; apt-cache depends gdb",
    "npm": "npm help; npm config ls -l; npm root --loglevel=silly",
    "meson": "mkdir m && cd m && printf \"project('x', 'c')\\nexecutable('t', 't.c')\\n\" > meson.build && cp ../c/t.c . && meson setup b && ninja -v -C b",
    "cmake": "mkdir k && cd k && printf 'project(x C)\\nadd_executable(t ../c/t.c)\\n' > CMakeLists.txt && cmake --trace . && make VERBOSE=1",
    "make": "printf 'all:\\n\\tgcc -Wall -c c/t.c\\n' > Makefile; make -p; make --trace",
    "go build": "go build -x -o out .",
    "go test": "printf 'package main\\nimport \"testing\"\\nfunc TestX(t *testing.T) {}\\n' > x_test.go; go test -v -x .; go vet -x .; go env; go list -deps -json .",
    "gcc": "gcc -v -o t c/t.c; gcc -### c/t.c; gcc -dumpspecs; gcc -Q --help=warnings",
    "ld": "gcc -Wl,--verbose -o t c/t.c; gcc -Wl,-M -o t c/t.c",
    "gdb": "gcc -g -O0 -o t c/t.c; gdb -nx -batch -ex 'break main' -ex run -ex bt -ex 'info locals' -ex 'info registers' -ex 'info sharedlibrary' -ex continue ./t",
    "gdb mi": "gcc -g -O0 -o t c/t.c; printf -- '-break-insert main\\n-exec-run\\n-gdb-exit\\n' | gdb -nx -q -i=mi ./t",
    "gdb help": "gdb -nx -batch -ex 'help all' -ex 'show all' -ex 'info signals'",
    "dlv": "go build -gcflags='all=-N -l' -o out . && printf 'break main.main\\ncontinue\\nlocals\\ngoroutines\\ncontinue\\nexit\\n' | dlv exec --allow-non-terminal-interactive=true ./out",
    "dlv log": "go build -gcflags='all=-N -l' -o out . && printf 'exit\\n' | dlv exec --log --log-output=debugger,rpc --allow-non-terminal-interactive=true ./out",
    "dlv help": "dlv help; dlv help exec; dlv log; dlv help backend; dlv help dap; dlv help redirect",
    "strace": "strace -f sh -c 'ls / >/dev/null; cat /nosuch; true'",
    "git": "git init -q g; cd g; GIT_TRACE=1 git status; git help -a; git config --list",
    "readelf": "gcc -g -o t c/t.c; readelf -a ./t; objdump -d ./t; nm -a ./t",
    "python": "python3 -v -c 'import json, email'; python3 -m unittest -h",
    "shell": "sh -xc 'for i in 1 2 3; do echo $i; done'; bash -c 'help; set -x; type ls'; env; ps aux; df; mount; ulimit -a",
    "files": "cat /usr/include/errno.h /usr/include/asm-generic/errno*.h /usr/share/common-licenses/*",
}


@tap.test("host", timeout=240)
@with_workshop
def healthy_logs_say_nothing(directory):
    """Of each tool standard output and error in one log. npm is tried where Node is: Debian's drags in four hundred packages."""
    session.loopback_only()
    tried = 0
    for name, commands in HEALTHY.items():
        tool = name.split()[0]
        if name == "npm" and not shutil.which(tool):
            continue
        tap.true(shutil.which(tool) or name in ("shell", "files", "apt", "python"), f"{tool} is not here: ./dev setup installs it")
        with tempfile.TemporaryDirectory(dir=directory) as place:
            shutil.copytree(directory, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns(pathlib.Path(place).name))
            log = tap.run(["sh", "-c", "exec 2>&1; " + commands], cwd=place,
                          timeout=4 * session.PATIENCE_S, input="").stdout
        tap.true(log, f"{name} wrote nothing")
        found = known("-", input=log)
        tap.equal([f"{f['rule']}: {f['first']['text']}" for f in found.values()], [], name)
        tried += 1
    tap.true(tried >= 20, f"only {tried} logs were tried")


def unread(pipe):
    """Bytes in it that nobody has taken."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@tap.test("host")
@with_workshop
def programs_that_end_at_their_start(directory):
    result = tap.run([tap.program("hello")], env={"GOMEMLIMIT": "512M"})
    tap.equal(set(known("-", input=result.stderr)), {"gomemlimit-malformed"})
    (directory / "denied").write_text("no program")
    for shell in ("/bin/sh", "/bin/bash"):
        for name, rule in (("missing", "program-missing"), ("denied", "exec-denied")):
            result = tap.run(["gdbserver", "-", directory / name], env={"SHELL": shell})
            found = known("-", input=result.stderr)
            tap.equal(set(found), {rule, "startup-exited"}, f"{name}, {shell}")
            tap.equal(found[rule]["what"].split()[0], str(directory / name))
            tap.true(found["startup-exited"]["explained"], "the exit code is explained by the file")


def kernel_lines_since(mark):
    """What the kernel has logged since; where it may not be read, the test is skipped."""
    result = tap.run(["dmesg"])
    if result.rc != 0:
        tap.skip(f"dmesg: {result.stderr.strip()}")
    lines = result.stdout.splitlines(keepends=True)
    return "".join(lines[lines.index(mark) + 1:] if mark in lines else lines)


def last_kernel_line():
    lines = tap.run(["dmesg"]).stdout.splitlines(keepends=True)
    return lines[-1] if lines else ""


@tap.test("host", user="root")
@with_workshop
def compile_killed_for_memory(directory):
    mark = last_kernel_line()
    log, kernel_log = directory / "build.log", directory / "kern.log"
    env = {"GOCACHE": str(directory / "cache"), "GOFLAGS": "-p=1"}
    result = tap.run([tap.dbgscope, "run", "--memory-max=48M", "--", *GO_BUILD], cwd=directory, env=env)
    log.write_text(result.stdout + result.stderr)
    tap.contains(log.read_text(), "signal: killed")
    found = known(log)
    tap.true("build-killed" in found, f"{list(found)} in\n{log.read_text()}")
    kernel_log.write_text(kernel_lines_since(mark))
    found = known(log, f"--with={kernel_log}")
    tap.true(found["build-killed"]["explained"], json.dumps(found, indent=1))
    tap.contains(found["kernel-oom-kill"]["what"], "the limit of 48M of /")
    session.remove_dead_directories()


@tap.test("host", "vm:v2", user="root")
@with_workshop
def debuggee_killed_for_memory(directory):
    mark = last_kernel_line()
    options = ["--memory-max=96M", "--fuse-action=off"]
    result = tap.run([tap.dbgscope, *options, *DLV, tap.program("leak"), "--", "-mib-per-step=8"], input="continue\nexit\n",
                     env={"GODEBUG": "gctrace=1", "GOMEMLIMIT": "off"}, cwd=directory)
    log, kernel_log = directory / "dlv.log", directory / "kern.log"
    log.write_text(result.stdout + result.stderr)
    kernel_log.write_text(kernel_lines_since(mark))
    found = known(log, f"--with={kernel_log}")
    kill = found["kernel-oom-kill"]
    tap.true(re.match(r"the kernel killed leak \(pid \d+, [\d.]+M\): the limit of 96M of /.*/debuggee was used up", kill["what"]),
             kill["what"])
    text = tap.succeed([tap.dbgscope, "explain", log, "--with", kernel_log]).stdout
    tap.contains(text, "explains " + str(log))
    tap.contains(text, "has exited with status -9")
    tap.contains(text, "The logs cannot be put in one order of time")
    session.remove_dead_directories()


@tap.test("host", user="root")
@with_workshop
def next_collection_was_out_of_reach(directory):
    """Without dlv, whose own trace would stand between the lines. Where the heap stands when a cycle ends differs from run
    to run, and with it whether the next one was due just below the limit."""
    log = directory / "gc.log"
    for _ in range(5):
        result = tap.run([tap.dbgscope, "run", "--memory-max=96M", "--", tap.program("leak"), "-mib-per-step=8"],
                         env={"GODEBUG": "gctrace=1", "GOMEMLIMIT": None}, cwd=directory)
        tap.equal(result.rc, -9, result.stderr)
        log.write_text(result.stdout + result.stderr)
        text = tap.succeed([tap.dbgscope, "explain", "--cap=96M", log]).stdout
        if "the next collection was due above the limit" in text:
            break
    else:
        tap.fail(f"{text}\n{log.read_text()}")
    session.remove_dead_directories()


@tap.test("host")
def page_of_the_rules_is_current():
    page = pathlib.Path(__file__).resolve().parents[2] / "docs/explain-rules.md"
    tap.true(page.read_text() == tap.succeed([tap.dbgscope, "explain", "--rules"]).stdout,
             "out of date: dbgscope explain --rules > docs/explain-rules.md")


@tap.test("host")
def gctrace_of_a_real_program():
    log = tap.run([tap.program("leak"), "-mib-per-step=4", "-step-ms=5", "-max-mib=160"],
                  env={"GODEBUG": "gctrace=1", "GOMEMLIMIT": None, "GOGC": None}).stderr
    result = tap.succeed([tap.dbgscope, "explain", "--cap=192M", "--chart", "-"], input=log)
    tap.contains(result.stdout, "gctrace in standard input, cap 192M:")
    tap.contains(result.stdout, "the next collection was due above the limit")
    tap.contains(result.stdout, "# heap at the end of a collection")
    ample = tap.succeed([tap.dbgscope, "explain", "--json", "--cap=4G", "-"], input=log)
    program, = json.loads(ample.stdout)["logs"][0]["gctrace"]["programs"]
    begun = len(re.findall(r"^gc \d+ @", log, re.M))  # the program's own lines may have torn one
    torn = json.loads(ample.stdout)["logs"][0]["gctrace"]["torn_lines"]
    tap.true(program["cycles"] >= 3 and program["cycles"] + torn >= begun, f"{program['cycles']} and {torn} torn of {begun}")
    tap.equal(program["verdicts"], [])


@tap.test("host")
@with_workshop
def what_is_no_log(directory):
    def status(content, *words):
        (directory / "x").write_bytes(content)
        result = tap.run([tap.dbgscope, "explain", *words, directory / "x"])
        tap.true("\x1b" not in result.stdout + result.stderr, "an escape was echoed")
        return result.rc
    tap.equal(status(b"hello\n"), 1)
    tap.equal(status(b""), 1)
    tap.equal(status(b"\x1f\x8b\x08" + bytes(100)), 125)
    tap.equal(status(b"No source file named \x1b[2J\xff\x00x.c.\r\n"), 0)
    tap.equal(status(b"x", "--cap=rubbish"), 125)
    tap.equal(status(b"x", f"--with={directory}/missing"), 125)
    tap.equal(tap.run([tap.dbgscope, "explain", directory]).rc, 125)
    page = tap.succeed([tap.dbgscope, "explain", "--rules"]).stdout
    tap.true(page.count("\n## ") >= 60, "the page has every rule")


if __name__ == "__main__":
    tap.main()
