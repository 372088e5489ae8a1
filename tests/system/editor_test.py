# SPDX-License-Identifier: Apache-2.0
"""init and lint on real folders, with the tools their output is for: patch, gdb, gdbserver, dlv, go, sh."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import dap
import session
import tap

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "editor/corpus"
GDB = ["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off"]
GO_PROGRAM = """package main

import (
	"os"
	"runtime"
	"time"
)

func main() {
	switch os.Args[1] {
	case "panic":
		panic("on purpose")
	case "break":
		runtime.Breakpoint()
	case "preempt":
		go func() {
			for {
			}
		}()
		time.Sleep(100 * time.Millisecond)
		runtime.GC()
	}
}
"""
C_PROGRAM = """#include <stdio.h>
static int answer = 42;
static int inner(int n) { return n + answer; }
int main(void) { printf("%d\\n", inner(1)); return 0; }
"""


@contextlib.contextmanager
def folder():
    """A workspace and a home of its own; yields (workspace, call), call runs dbgscope there."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-editor-") as name:
        top = pathlib.Path(name).resolve()
        (top / "home").mkdir()
        (top / "ws").mkdir()
        env = {"HOME": str(top / "home"), "XDG_CONFIG_HOME": None, "PWD": None}

        def call(*words, **options):
            return tap.run([tap.dbgscope, *words], **{"env": env, "cwd": top / "ws", **options})
        yield top / "ws", call


def make_link(workspace):
    shims = workspace.parent / "home/.local/lib/dbgscope/shims"
    shims.mkdir(parents=True)
    (shims / "dlv").symlink_to(tap.dbgscope)
    return shims / "dlv"


def plain_json(path):
    """The file without its comments and trailing commas, by no code of ours."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", path.read_text("utf-8-sig"), flags=re.S)
    return json.loads(re.sub(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', lambda m: m[1] or "", text))


def lint(call, text, *words):
    with tempfile.TemporaryDirectory(prefix="dbgscope-lint-") as name:
        path = pathlib.Path(name, "launch.json")
        path.write_text(text)
        return call("lint", *words, path)


@tap.test("host")
def vscode_shows_a_diff_that_patch_takes():
    with folder() as (workspace, call):
        make_link(workspace)
        (workspace / "go.mod").write_text("module x\n")
        settings = workspace / ".vscode/settings.json"
        settings.parent.mkdir()
        settings.write_text('{\n  // mine\n  "editor.rulers": [80], // keep\n}\n')
        shown = call("init", "vscode")
        tap.equal((shown.rc, shown.stderr), (0, "dbgscope: nothing is changed yet: --write does it\n"))
        tap.equal(sorted(p.name for p in workspace.rglob("*")), [".vscode", "go.mod", "settings.json"])
        copy = workspace.parent / "copy"
        shutil.copytree(workspace, copy)
        tap.succeed(["patch", "-s", "-p1", "-d", "/"], input=shown.stdout.replace(str(workspace), str(copy)))
        wrote = call("init", "vscode", "--write")
        tap.equal((wrote.rc, wrote.stderr), (0, ""))
        for name in (".vscode/settings.json", ".vscode/launch.json", ".vscode/tasks.json"):
            tap.equal((workspace / name).read_text(), (copy / name).read_text(), name)
        again = call("init", "vscode", "--write")
        tap.equal((again.rc, again.stdout, again.stderr), (0, "", "dbgscope: vscode: nothing to change\n"))
        task = plain_json(workspace / ".vscode/tasks.json")["tasks"][0]
        tap.equal(task["label"], "dbgscope: give it more")
        tap.equal((task["command"], task["args"]), (os.path.realpath(tap.dbgscope), ["more"]))
        tap.contains(settings.read_text(), '  // mine\n  "editor.rulers": [80], // keep\n  "go.alternateTools": {\n    "dlv": ')


@tap.test("host")
def vscode_writes_what_the_extension_takes():
    with folder() as (workspace, call):
        link = make_link(workspace)
        (workspace / "go.mod").write_text("module x\n")
        (workspace / "main.go").write_text("package main\n")
        through = workspace.parent / "link"
        through.symlink_to(workspace)
        wrote = call("init", "vscode", "--write", "--env", "GOMEMLIMIT=64MiB", "--substitute-path", "/src=/build", through)
        tap.equal((wrote.rc, wrote.stderr), (0, ""))
        tap.equal(plain_json(workspace / ".vscode/settings.json"), {"go.alternateTools": {"dlv": str(link)}})
        launch = plain_json(workspace / ".vscode/launch.json")["configurations"]
        tap.equal([c["env"] for c in launch], [{"GOMEMLIMIT": "64MiB"}])
        tap.equal(launch[0]["substitutePath"], [{"from": "/src", "to": "/build"},
                                                {"from": "${workspaceFolder}", "to": str(workspace)}])
        clean = call("lint", *(workspace / ".vscode").iterdir())
        tap.equal((clean.rc, clean.stdout), (0, ""), "lint has nothing to say of what init wrote")


@tap.test("host", timeout=180)
def vscode_breaks_in_a_linked_folder_and_hands_the_variables_on():
    with folder() as (workspace, call):
        make_link(workspace)
        (workspace / "go.mod").write_text("module x\n\ngo 1.19\n")
        (workspace / "main.go").write_text('package main\n\nimport "os"\n\nfunc main() {\n'
                                           '\tlimit := os.Getenv("GOMEMLIMIT")\n\tprintln(limit)\n}\n')
        opened = workspace.parent / "link"
        opened.symlink_to(workspace)
        wrote = call("init", "vscode", "--write", "--env", "GOMEMLIMIT=96MiB", opened)
        tap.equal(wrote.rc, 0, wrote.stderr)
        dlv = plain_json(opened / ".vscode/settings.json")["go.alternateTools"]["dlv"]
        configuration = json.loads(json.dumps(plain_json(opened / ".vscode/launch.json")["configurations"][0])
                                   .replace("${workspaceFolder}", str(opened)).replace("${fileDirname}", str(opened)))
        # As the extension does: dlv in the folder of the package, its own PWD, "program" relative to that.
        configuration |= {"mode": "debug", "program": ".", "dlvCwd": str(opened)}
        env = {**os.environ, "PWD": "/", **configuration["env"]}
        adapter = subprocess.Popen([dlv, "dap", "--listen=127.0.0.1:0"], cwd=opened, env=env, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            address = next(l for l in adapter.stdout if "listening at" in l).split()[-1]
            with dap.Dap(address, patience=90) as client:
                client.start(lines=[(str(opened / "main.go"), 7)], **configuration)
                frame = client.stopped("breakpoint")
                tap.equal((frame["source"]["path"], frame["line"]), (str(opened / "main.go"), 7))
                tap.contains(client.evaluate("limit", frame), "96MiB")
                client.ask("disconnect", terminateDebuggee=True)
            tap.equal(adapter.wait(20), 0)
        finally:
            adapter.kill()
            adapter.communicate(timeout=20)


@tap.test("host")
def without_the_link_nothing_is_written():
    with folder() as (workspace, call):
        (workspace / "go.mod").write_text("module x\n")
        shims = workspace.parent / "home/.local/lib/dbgscope/shims"
        shown = call("init", "vscode")
        tap.contains(shown.stderr, f"there is no {shims}/dlv yet: dbgscope install-shims {shims}\n")
        for tool in ("nvim", "helix", "emacs"):
            none = call("init", tool)
            tap.equal((none.rc, none.stdout), (125, ""), tool)
            tap.contains(none.stderr, f"there is no {shims}/dlv yet (dbgscope install-shims {shims})")
        refused = call("init", "vscode", "--write")
        tap.equal((refused.rc, refused.stdout), (125, ""))
        tap.contains(refused.stderr, f"there is no {shims}/dlv yet (dbgscope install-shims {shims})")
        tap.true(not (workspace / ".vscode").exists(), "nothing is written")


@tap.test("host")
def wrong_words_are_refused():
    with folder() as (workspace, call):
        (workspace / ".vscode").mkdir()
        (workspace / ".vscode/settings.json").write_text('{\n  "a": tru\n}\n')
        for words, part in ((["vscod"], "did you mean vscode?"), (["nvim", "--write"], "paste what is shown"),
                            (["helix", "x"], "takes no directory"), (["zed", "--env=A=1"], "--env is for vscode"),
                            (["vscode", "nowhere"], "No such file"), (["vscode", "--env=A"], 'has no "="'),
                            (["vscode", "--env=GOMEMLIMIT=512M"], "512MiB"), (["vscode"], "settings.json:2:8: expected a value"),
                            (["vscode", "--env=DBGSCOPE_MEMORY_MAX=1Q"], "unknown unit")):
            went = call("init", *words)
            tap.equal((went.rc, went.stdout), (125, ""), str(words))
            tap.contains(went.stderr, part)


@tap.test("host")
def snippets_are_what_their_tools_read():
    with folder() as (workspace, call):
        link = make_link(workspace)
        helix = tomllib.loads(call("init", "helix").stdout)["language"][0]
        tap.equal((helix["name"], helix["debugger"]["command"], helix["debugger"]["args"]), ("go", str(link), ["dap"]))
        tap.equal([t["name"] for t in helix["debugger"]["templates"]], ["source", "binary", "test", "attach", "core"])
        tap.equal("outputMode" in helix["debugger"]["templates"][0]["args"], False, "dlv 1.20 does not know it")
        newer = workspace.parent / "bin/dlv"
        newer.parent.mkdir()
        newer.write_text("#!/bin/sh\necho Delve Debugger\necho Version: 1.21.1\n")
        newer.chmod(0o755)
        remote = call("init", "helix", env={"HOME": str(workspace.parent / "home"), "PATH": f"{newer.parent}:/usr/bin:/bin"})
        templates = tomllib.loads(remote.stdout)["language"][0]["debugger"]["templates"]
        tap.equal([t["args"].get("outputMode") for t in templates], ["remote", "remote", "remote", None, None])
        tap.contains(call("init", "nvim").stdout, f'path = "{link}"')
        shell = call("init", "shell").stdout
        tap.contains(tap.succeed(["sh", "-c", shell + "\nalias dlv"]).stdout, "dbgscope dlv")
        zed = workspace.parent / "home/.config/zed/settings.json"
        zed.parent.mkdir(parents=True)
        zed.write_text('// Zed settings\n{\n  "theme": "One Dark", // dark\n}\n')
        tap.equal(call("init", "zed", "--write").rc, 0)
        tap.equal(plain_json(zed), {"theme": "One Dark", "dap": {"Delve": {"binary": str(link)}}})
        tap.true(zed.read_text().startswith('// Zed settings\n{\n  "theme": "One Dark", // dark\n'), zed.read_text())


def start_file(call, workspace):
    wrote = call("init", "gdb", "--write", workspace)
    tap.equal(wrote.rc, 0, wrote.stderr)
    tap.equal((workspace / "start.gdb").read_text(), call("init", "gdb").stdout)
    return workspace / "start.gdb"


@tap.test("host", timeout=180)
def gdb_stops_where_a_go_program_ends():
    if not shutil.which("go"):
        tap.skip("there is no go")
    with folder() as (workspace, call):
        start = start_file(call, workspace)
        (workspace / "main.go").write_text(GO_PROGRAM)
        tap.succeed(["go", "build", "-gcflags=all=-N -l", "-o", "prog", "main.go"], cwd=workspace, timeout=120)
        gdb = [*GDB, "-x", start]

        def run(mode):
            return tap.run([*gdb, "-ex", "run", "-ex", "bt", "-ex", "kill", "--args", workspace / "prog", mode], timeout=60)
        panics = run("panic").stdout
        tap.contains(panics, "hit Breakpoint 3, runtime.fatalpanic")
        tap.contains(panics, "in main.main () at ")
        stops = run("break").stdout
        tap.contains(stops, "received signal SIGTRAP")
        tap.contains(stops, "in main.main () at ")
        preempt = run("preempt").stdout
        tap.true("SIGURG" not in preempt and "exited normally" in preempt, preempt)
        remote = tap.run([*gdb, "-ex", f"target remote | gdbserver --once - {workspace}/prog panic", "-ex", "continue",
                          "-ex", "kill", workspace / "prog"], timeout=60)
        tap.contains(remote.stdout, "hit Breakpoint 3, runtime.fatalpanic")
        later = tap.run([*GDB, "-ex", f"source {start}", "-ex", f"file {workspace}/prog", "-ex", "info breakpoints"])
        tap.contains(later.stdout, "in runtime.throw at")


@tap.test("host", timeout=120)
def gdb_finds_the_symbols_of_a_stripped_program():
    if not shutil.which("gcc"):
        tap.skip("there is no gcc")
    with folder() as (workspace, call):
        start = start_file(call, workspace)
        (workspace / "p.c").write_text(C_PROGRAM)
        tap.succeed(["gcc", "-g", "-O0", "-Wl,--build-id", "-o", "p", "p.c"], cwd=workspace)
        tap.succeed(["objcopy", "--only-keep-debug", "p", "p.debug"], cwd=workspace)
        tap.succeed(["strip", "p"], cwd=workspace)
        look = ["-ex", "break inner", "-ex", "run", "-ex", "bt", "-ex", "kill", workspace / "p"]
        tap.contains(tap.run([*GDB, *look]).stderr, 'Function "inner" not defined.', "gdb alone")
        tap.contains(tap.run([*GDB, "-x", start, *look]).stdout, "inner (n=1) at p.c:3")
        build_id = re.search(r"Build ID: (\w+)", tap.succeed(["readelf", "-n", workspace / "p"]).stdout)[1]
        away = workspace / "away/.build-id" / build_id[:2]
        away.mkdir(parents=True)
        (workspace / "p.debug").rename(away / f"{build_id[2:]}.debug")
        lost = tap.run([*GDB, "-x", start, "-ex", "dbgscope-symbols", workspace / "p"]).stdout
        tap.contains(lost, f"{workspace}/p\n    build id {build_id}\n    symbols: none found")
        found = tap.run([*GDB, "-x", start, "-ex", f"dbgscope-symbols {workspace}/away", *look]).stdout
        tap.contains(found, f"symbols: {away}/{build_id[2:]}.debug")
        tap.contains(found, "inner (n=1) at p.c:3")
        (workspace / "other.c").write_text(C_PROGRAM.replace("42", "43"))
        tap.succeed(["gcc", "-g", "-O0", "-Wl,--build-id", "-o", "other", "other.c"], cwd=workspace)
        tap.succeed(["objcopy", "--only-keep-debug", "other", "p.debug"], cwd=workspace)
        tap.contains(tap.run([*GDB, "-x", start, *look]).stderr, 'Function "inner" not defined.', "another build id")


@tap.test("host", timeout=120)
def cppdbg_configuration_is_ready_when_gdbserver_listens():
    if not shutil.which("gcc"):
        tap.skip("there is no gcc")
    session.loopback_only()
    with folder() as (workspace, call):
        (workspace / "my program.c").write_text(C_PROGRAM)
        tap.succeed(["gcc", "-g", "-o", "my program", "my program.c"], cwd=workspace)
        wrote = call("init", "vscode", "--write", "--program", "my program")
        tap.equal(wrote.rc, 0, wrote.stderr)
        tap.contains(wrote.stderr, "every address")
        configuration = plain_json(workspace / ".vscode/launch.json")["configurations"][0]
        tap.equal(call("lint", workspace / ".vscode/launch.json").stdout, "")
        line = configuration["debugServerArgs"].replace("${workspaceFolder}", str(workspace))
        # As MIEngine does it: words split, three pipes, lines of stderr until the pattern fits, then gdb.
        server = subprocess.Popen([configuration["debugServerPath"], *shlex.split(line)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=workspace)
        try:
            tap.true(configuration["filterStderr"], "stderr is what it waits on")
            seen = next(l for l in server.stderr if re.search(configuration["serverStarted"], l))
            tap.equal(seen, "Listening on port 3333\n")
            went = tap.run([*GDB, "-ex", f"target remote {configuration['miDebuggerServerAddress']}", "-ex", "break inner",
                            "-ex", "continue", "-ex", "kill", workspace / "my program"], timeout=60)
            tap.contains(went.stdout, "inner (n=1) at my program.c:3")
        finally:
            server.kill()
            server.communicate(timeout=20)


@tap.test("host")
def lint_speaks_as_compilers_do():
    text = '{"configurations": [\n  {"type": "go", "request": "launch", "env": {"GOMEMLIMIT": "512M"}, "port": 1}\n]}\n'
    with folder() as (_, call):
        bad = lint(call, text)
        tap.equal(bad.rc, 1)
        tap.true(re.fullmatch(r"\S+/launch\.json:2:61: error: GOMEMLIMIT=512M .* \[gomemlimit\]\n"
                              r"\S+/launch\.json:2:70: warning: with a port .* \[external-server\]\n", bad.stdout), bad.stdout)
        entries = json.loads(lint(call, text, "--json").stdout)
        tap.equal([(e["line"], e["column"], e["severity"], e["rule"]) for e in entries],
                  [(2, 61, "error", "gomemlimit"), (2, 70, "warning", "external-server")])
        tap.equal(lint(call, text.replace("512M", "512MiB")).rc, 1, "a port: nothing is started")
        note = lint(call, text.replace("512M", "512MiB").replace("port", "colour"))
        tap.contains(note.stdout, " note: ")
        tap.equal(note.rc, 0, "a note alone is no failure")
        tap.equal(json.loads(lint(call, "{}", "--json").stdout), [])
        unread = call("lint", "/nowhere/launch.json", CORPUS / "duplicate-keys.json")
        tap.equal(unread.rc, 125)
        tap.contains(unread.stdout, "[duplicate-key]", "the readable file is shown all the same")
        tap.contains(unread.stderr, "/nowhere/launch.json: No such file")
        tap.contains(call("lint", "--dlv-version=new", CORPUS / "tabs.json").stderr, "like 1.24.0")
        newer = '{"configurations": [{"type": "go", "request": "launch", "followExec": true}]}'
        tap.equal([lint(call, newer, f"--dlv-version={v}").rc for v in ("1.20.2", "1.26.0")], [1, 0])


@tap.test("host", timeout=120)
def lint_agrees_with_the_dlv_in_place_about_flags():
    """Each flag is given to the real dlv dap; an address that cannot be bound ends it at once."""
    version = re.search(r"Version: (\S+)", tap.succeed(["dlv", "version"]).stdout)[1]
    words = ["--accept-multiclient", "--allow-non-terminal-interactive", "--api-version=2", "--backend=native",
             "--build-flags=-v", "--check-go-version=false", "--continue", "--disable-aslr", "--foo", "--headless",
             "--init=x", "--log", "--only-same-user=false", "--output=x", "--redirect=x", "--rr-cleanup", "--tty=x",
             "--wd=/", "-l=x", "-x"]
    with folder() as (_, call):
        for word in words:
            real = tap.run(["dlv", "dap", word, "--listen=127.0.0.1:99999"], env={"HOME": str(CORPUS.parent)})
            tap.true("listening at" not in real.stdout, f"{word}: it cannot have listened")
            refused = "unknown flag" in real.stderr or "unknown shorthand" in real.stderr
            text = json.dumps({"configurations": [{"type": "go", "request": "launch", "dlvFlags": [word]}]})
            said = lint(call, text, f"--dlv-version={version}").stdout
            tap.equal("[unknown-flag]" in said, refused, f"{word}\nlint: {said}\ndlv {version}: {real.stderr[:200]}")
            warned = re.search(r"Warning: (?!listening)", real.stderr) is not None
            tap.true("[ignored-flag]" in said or not warned, f"{word}: dlv warns: {real.stderr[:200]}")


if __name__ == "__main__":
    tap.main()
