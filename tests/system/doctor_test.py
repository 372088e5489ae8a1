# SPDX-License-Identifier: Apache-2.0
"""doctor on this machine, whole and broken: in mount namespaces of its own, with real tools and their own words."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap

GO_PROGRAM = "package main\n\nfunc main() { println(1) }\n"
C_PROGRAM = "int main(void) { return 0; }\n"
NO_PTRACE = """
import ctypes, os, sys
lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(lib.seccomp_init(0x7FFF0000))  # SCMP_ACT_ALLOW
number = lib.seccomp_syscall_resolve_name(b"ptrace")
assert lib.seccomp_rule_add(context, 0x00050001, number, 0) == 0  # SCMP_ACT_ERRNO(EPERM)
assert lib.seccomp_load(context) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


@contextlib.contextmanager
def folder():
    """A directory of the test's own with a home in it."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-doctor-") as name:
        top = pathlib.Path(name).resolve()
        (top / "home").mkdir()
        yield top


def doctor(*words, prefix=(), env=None, **options):
    """(exit status, findings): what doctor says in JSON."""
    clean = {name: None for name in ("GOROOT", "GOPATH", "GOBIN", "GOFLAGS", "GOTMPDIR", "GOENV", "TMPDIR")}
    result = tap.run([*prefix, tap.dbgscope, "doctor", "--json", *words], env={**clean, **(env or {})}, **options)
    tap.true(result.rc in (0, 1), f"exit status {result.rc}: {result.stderr}")
    tap.equal(result.stderr, "", "nothing on stderr")
    return result.rc, json.loads(result.stdout)["findings"]


def saying(findings, part):
    """The one finding that says `part`."""
    found = [finding for finding in findings if part in finding["found"]]
    tap.equal(len(found), 1, f"findings that say {part!r} among {[f['found'] for f in findings]}")
    return found[0]


def in_mounts(script, *words):
    """Words before a command that run it in a mount namespace of its own, after `script` (whose $1… are `words`)."""
    return ["unshare", "-m", "sh", "-ec", f'{script}; shift {len(words)}; exec "$@"', "sh", *map(str, words)]


@tap.test("host", "pidns", "vm:v2")
def test_whole_run_is_quick_and_complete():
    findings = []

    def takes():
        start = time.monotonic()
        findings[:] = doctor()[1]
        return time.monotonic() - start
    tap.within(10.0 if session.IN_VM else 1.0, takes, "doctor took")  # an emulated processor is ten times slower
    groups = {finding["group"] for finding in findings}
    tap.equal(groups, {"cgroup", "rights", "tools", "ports", "wsl"})
    for finding in findings:
        tap.equal(finding["matters"] == "", finding["level"] == "ok", f"{finding}")


@tap.test("host")
def test_changes_nothing():
    with folder() as top:
        (top / "home/.config").mkdir()
        before = sorted(map(str, top.rglob("*")))
        doctor(env={"HOME": top / "home", "XDG_CONFIG_HOME": None, "XDG_CACHE_HOME": None}, cwd=top)
        tap.equal(sorted(map(str, top.rglob("*"))), before)


@tap.test("host")
def test_words_and_statuses():
    listed = tap.succeed([tap.dbgscope, "doctor", "--list"]).stdout
    tap.contains(listed, "ptrace        rights")
    wrong = tap.run([tap.dbgscope, "doctor", "yama"])
    tap.equal(wrong.rc, 125)
    tap.contains(wrong.stderr, "--list")
    for words in (["--port", "0"], ["--port", "65536"], ["--port", "12x"], ["--colour"], ["program"], ["sums"]):
        result = tap.run([tap.dbgscope, "doctor", *words])
        tap.equal((result.rc, result.stdout), (125, ""), f"{words}: {result.stderr}")
    rc, findings = doctor("gdb", "ptrace")
    tap.equal(({f["check"] for f in findings}, rc), ({"gdb", "ptrace"}, 0))
    text = tap.succeed([tap.dbgscope, "doctor", "gdb"]).stdout
    tap.contains(text, "ok      gdb           gdb ")
    full = tap.run(["sh", "-c", f"{tap.dbgscope} doctor gdb >/dev/full"])
    tap.equal(full.rc, 125)


@tap.test("host", user="root")
def test_yama():
    script = """
        mkdir "$1/kernel"; cp -r /proc/sys/kernel/osrelease /proc/sys/kernel/core_pattern "$1/kernel"
        mkdir -p "$1/kernel/yama"; echo "$2" >"$1/kernel/yama/ptrace_scope"
        mount --bind "$1/kernel" /proc/sys/kernel"""
    bare = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    for scope, prefix, level in (("3", [], "fail"), ("2", bare, "fail"), ("1", bare, "note"), ("1", [], "ok"),
                                 ("0", bare, "ok")):
        with folder() as top:
            rc, findings = doctor("ptrace", prefix=[*in_mounts(script, top, scope), *prefix])
            tap.equal(saying(findings, f"ptrace_scope is {scope}")["level"], level, f"{scope} {prefix}")
            tap.equal(rc, int(level == "fail"))


@tap.test("host", user="root")
def test_what_may_be_seen_inside():
    paranoid = int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text())
    _, findings = doctor("inside")
    tap.equal(saying(findings, "who grows the memory")["level"], "ok")
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    _, findings = doctor("inside", prefix=nobody)
    found = saying(findings, "who grows the memory")
    tap.equal(found["level"], "note" if paranoid > 1 else "ok")
    status = tap.succeed([*nobody, tap.dbgscope, "status"]).stdout
    tap.equal("who grows the memory" in status, paranoid > 1)


@tap.test("host", user="root")
def test_seccomp_filter_that_refuses_ptrace():
    rc, findings = doctor("ptrace", prefix=[sys.executable, "-c", NO_PTRACE])
    refused = saying(findings, "refused: Operation not permitted")
    tap.equal((rc, refused["level"]), (1, "fail"))
    tap.contains(refused["found"], "a seccomp filter is in force")
    tap.equal(saying(doctor("ptrace")[1], "a child can be traced")["level"], "ok")


@tap.test("host", user="root")
def test_kernel_log():
    """dmesg_restrict of this machine is not changed, only looked at; a program without the capability then sees less."""
    tap.equal(doctor("kernel-log")[1][0]["found"], "the kernel log can be read")
    restricted = pathlib.Path("/proc/sys/kernel/dmesg_restrict").read_text().strip() == "1"
    bare = ["setpriv", "--bounding-set=-syslog,-sys_admin", "--inh-caps=-syslog,-sys_admin"]
    found = doctor("kernel-log", prefix=bare)[1][0]
    tap.equal(found["level"], "note" if restricted else "ok", f"dmesg_restrict={restricted}: {found}")
    hidden = doctor("kernel-log", prefix=in_mounts("mount -t tmpfs tmpfs /dev; mknod /dev/null c 1 3"))[1][0]
    tap.contains(hidden["found"], "No such file")


@tap.test("host", user="root")
def test_noexec():
    with folder() as top:
        (top / "bad").mkdir()
        prefix = in_mounts('mount -t tmpfs -o noexec tmpfs "$1"; cd "$1"', top / "bad")
        rc, findings = doctor("noexec", prefix=prefix, env={"TMPDIR": top})
        found = saying(findings, "the working directory")
        tap.equal((rc, found["level"]), (1, "warn"))
        tap.contains(found["found"], f"{top}/bad (tmpfs), mounted noexec")
        rc, findings = doctor("noexec", prefix=prefix, env={"TMPDIR": top / "bad"}, cwd=top)
        tap.contains(saying(findings, "TMPDIR lies on")["do"], "GOTMPDIR")
        tap.equal(doctor("noexec", cwd=top, env={"TMPDIR": top})[0], 0)


@tap.test("host", user="root")
def test_read_only_cgroups():
    script = "for m in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do mount -o remount,bind,ro $m; done"
    rc, findings = doctor("hierarchy", prefix=in_mounts(script))
    tap.equal((rc, saying(findings, "mounted read-only")["level"]), (1, "warn"))
    tap.true(not any("read-only" in f["found"] for f in doctor("hierarchy")[1]))


@tap.test("host")
def test_taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        rc, findings = doctor("ports", "--port", port)
        taken = saying(findings, f"port {port} is taken")
        tap.equal((rc, taken["level"]), (1, "fail"))
        tap.contains(taken["found"], f"(pid {os.getpid()})")
        # The very words that are promised, from a real debugger.
        said = tap.run(["dlv", "dap", f"--listen=127.0.0.1:{port}"])
        tap.contains(said.stdout + said.stderr, "bind: address already in use")
    tap.equal(doctor("ports", "--port", port)[1][0]["found"], f"nobody listens on port {port}")


@tap.test("host", user="root")
def test_port_of_somebody_else():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with tempfile.TemporaryDirectory() as name:
            os.chmod(name, 0o755)
            copy = shutil.copy(tap.dbgscope, name)
            drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
            result = tap.run([*drop, copy, "doctor", "--port", port], env={"HOME": "/nonexistent"})
    tap.equal((result.rc, result.stderr), (1, ""))
    tap.contains(result.stdout, f"port {port} is taken by a process of user 0")


@tap.test("host")
def test_tool_that_hangs_or_prints_rubbish():
    with folder() as top:
        (top / "dlv").write_text("#!/bin/sh\nsleep 1000 & sleep 1000\n")
        (top / "gdb").write_text("#!/bin/sh\nprintf '\\033[2J'; exec yes rubbish\n")
        for name in ("dlv", "gdb"):
            (top / name).chmod(0o755)
        found = []

        def takes():
            start = time.monotonic()
            found[:] = doctor("dlv", "gdb", env={"PATH": f"{top}:/usr/bin:/bin"})
            return time.monotonic() - start
        tap.within(4, takes, "the deadline is 2 s, and it took")
        rc, findings = found
        tap.equal((rc, saying(findings, "did not answer in time")["level"]), (1, "fail"))
        tap.equal(saying(findings, "printed no version")["level"], "fail")


@tap.test("host")
def test_go_settings_in_go_s_own_words():
    """Each setting that doctor calls wrong, and what go says of it: the words quoted are go's."""
    with folder() as top:
        home = {"HOME": top / "home", "XDG_CACHE_HOME": None, "GOCACHE": top / "cache"}
        cases = [({"GOROOT": "/nowhere"}, ["version"], "GOROOT is /nowhere", "cannot find GOROOT directory"),
                 ({"GOPATH": "rel"}, ["list", "std"], "GOPATH has rel", "GOPATH entry is relative; must be absolute"),
                 ({"GOBIN": "bin"}, ["install", "fmt"], "GOBIN is bin", "cannot install, GOBIN must be an absolute path"),
                 ({"GOCACHE": "off"}, ["build", "fmt"], "GOCACHE is off", "GOCACHE=off"),
                 ({"GOCACHE": "rel"}, ["build", "fmt"], "GOCACHE is rel", "not an absolute path")]
        for env, words, part, text in cases:
            said = tap.run(["go", *words], env={**home, **env}, cwd=top)
            tap.true(said.rc != 0, f"go {words} with {env} must fail")
            tap.contains(said.stderr, text)
            rc, findings = doctor("go", env={**home, **env}, cwd=top)
            tap.equal((rc, saying(findings, part)["level"]), (1, "fail"))
        tap.succeed(["go", "env", "-w", "GOFLAGS=-trimpath"], env=home, cwd=top)
        flags = saying(doctor("go", env=home, cwd=top)[1], "-trimpath")
        tap.contains(flags["looked_at"], "home/.config/go/env")
        other = pathlib.Path(shutil.copytree(os.path.join(go_root(), "bin"), top / "other/bin", symlinks=False)).parent
        (other / "VERSION").write_text("go1.24.1\n")
        tap.equal(saying(doctor("go", env={**home, "GOROOT": other}, cwd=top)[1], "(go1.24.1), but")["level"], "fail")


@tap.test("host", "vm:v2", debian=("13", "sid"))
def test_goflags_are_read_as_the_go_at_hand_reads_them():
    """Go 1.19 takes no quotes in it, 1.24 does."""
    with folder() as top:
        home = {"HOME": top / "home", "GOCACHE": top / "cache", "XDG_CONFIG_HOME": None}
        for value in ("-mod=mod '-ldflags=-s -w'", "-ldflags='-s -w'", "'-trimpath", "''", "\"-tags=a b\"", "-tags=a b", "-nosuch", "--v -trimpath=false"):
            said = tap.run(["go", "version"], env={**home, "GOFLAGS": value}, cwd=top).stderr
            ends = re.search(r"parsing [$]GOFLAGS: .*", said)
            found = [finding["found"] for finding in doctor("go", env={**home, "GOFLAGS": value}, cwd=top)[1] if "parsing $GOFLAGS" in finding["found"]]
            tap.equal([text[text.index("parsing $GOFLAGS"):].removesuffix('"') for text in found], [ends[0]] if ends else [], value)


def go_root():
    return tap.succeed(["go", "env", "GOROOT"], env={"GOROOT": None}).stdout.strip()


@tap.test("host")
def test_programs_as_compilers_make_them():
    with folder() as top:
        (top / "m.go").write_text(GO_PROGRAM)
        (top / "go.mod").write_text("module example.invalid/m\n\ngo 1.18\n")
        (top / "c").mkdir()
        (top / "c/m.c").write_text(C_PROGRAM)

        def go(name, *flags):
            tap.succeed(["go", "build", *flags, "-o", name, "."], cwd=top, env={"GOFLAGS": None})

        def c(name, *flags):
            subprocess.run(["gcc", *flags, "-o", name, "c/m.c"], cwd=top, check=True)
        go("debug", "-gcflags=all=-N -l")
        go("plain")
        go("stripped", "-trimpath", "-ldflags=-s -w")
        c("c-debug", "-g", "-O0")
        c("c-fast", "-g", "-O2")
        c("c-stripped", "-s")
        for name, level, part in (("debug", "ok", "without optimization"), ("plain", "warn", "Go built it optimized"),
                                  ("stripped", "fail", "no debug information and no symbols: stripped"),
                                  ("stripped", "warn", "built with -trimpath"), ("c-debug", "ok", "has debug information"),
                                  ("c-fast", "warn", "compiled with -O2"), ("c-stripped", "fail", "stripped")):
            rc, findings = doctor("program", "--program", top / name)
            tap.equal((saying(findings, part)["level"], rc), (level, int(name not in ("debug", "c-debug"))), name)
        said = tap.run(["dlv", "exec", "--allow-non-terminal-interactive=true", top / "stripped"], input="exit\n")
        tap.contains(said.stdout + said.stderr, "could not open debug info")
        found = saying(doctor("dlv", "--program", top / "debug")[1], "was built by go")
        tap.equal(found["level"], "ok")


@tap.test("host")
def test_sums():
    with folder() as top:
        sums = top / "SUMS"
        sums.write_text(tap.succeed(["sha256sum", shutil.which("gdb"), shutil.which("dlv")]).stdout)
        rc, findings = doctor("tools", "--verify", sums)
        tap.equal([f["level"] for f in findings if f["check"] == "sums"], ["ok", "ok"])
        shutil.copy(shutil.which("dlv"), top / "dlv")
        with open(top / "dlv", "ab") as file:
            file.write(b"x")
        sums.write_text(tap.succeed(["sha256sum", shutil.which("dlv")]).stdout.split()[0] + "  dlv\n")
        rc, findings = doctor("sums", "--verify", sums, env={"PATH": f"{top}:/usr/bin"})
        tap.equal((rc, findings[0]["level"]), (1, "fail"))
        tap.contains(findings[0]["looked_at"], str(top / "dlv"))


@tap.test("host", user="root")
def test_wsl_by_its_signs():
    prefix = in_mounts("mount -t tmpfs tmpfs /run; mkdir /run/WSL")
    env = {"WSL_DISTRO_NAME": "Ubuntu", "WSL_INTEROP": "/run/WSL/8_interop"}
    _, findings = doctor("wsl", prefix=prefix, env=env, cwd="/usr/lib")
    tap.equal(saying(findings, "systemd does not run")["level"], "warn")
    tap.contains(saying(findings, "Windows calls")["do"],
                 r'[{"from":"\\\\wsl.localhost\\Ubuntu\\usr\\lib","to":"/usr/lib"}]')
    tap.equal(doctor("wsl", env=env)[1][0]["found"], "not the Windows Subsystem for Linux", "one sign is not enough")


@tap.test("host")
def test_fidelity_is_measured_in_time():
    findings = []

    def takes():
        start = time.monotonic()
        findings[:] = doctor("fidelity")[1]
        return time.monotonic() - start
    tap.within(3, takes, "3 s are promised, and it took")
    tap.equal(len(findings), 4)
    tap.contains(findings[0]["found"], "p99")
    tap.contains(findings[2]["found"], "asked for every 10.0 ms")
    source = pathlib.Path("/sys/devices/system/clocksource/clocksource0/current_clocksource").read_text().strip()
    tap.contains(findings[3]["found"], f"clock source {source}")


if __name__ == "__main__":
    tap.main()
