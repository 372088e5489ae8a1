#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Debian in QEMU, with real systemd, and runs test modules or a command in it.

    vm.py module SPEC [--filter S] X_test.py...   SPEC: vm:v2@12 vm:hybrid@12 vm:legacy@12 vm:v2@13 vm:v2@sid;
                                              +dev: an ordinary user runs what is not root's
                                                  vm:containers@12 (v2, with podman), vm:docker@13,
                                                  vm:docker@sid (v2, with Docker, containerd, LXC)
    vm.py run [--user dev] SPEC -- COMMAND...     with $DBGSCOPE_BIN's directory in PATH
    vm.py root 12|13|sid                          only makes (or finds) the root file system

Exit status: 0, the command's, 1 when a module failed, 77 where VMs cannot run here (the
reason is printed), 125 when the VM itself failed. The root file system is made once by
mmdebstrap, from the mirror this machine's own apt uses, and kept in
${DBGSCOPE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/dbgscope}/vm; a run never changes it.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import vmroot

SUPPORT = pathlib.Path(__file__).resolve().parent
REPO = SUPPORT.parents[1]
BOOT_DEADLINE = 300     # seconds until the guest's first line
SILENCE_DEADLINE = 660  # longest time between two lines of results; a test has at most 600
DONE = "# guest done "
STARTED = "# guest started"
SKIPPED, BROKEN = 77, 125

# Ask with "systemctl show -p Version" and stat: on Debian 12 (systemd 252).
CGROUP_OPTIONS = {
    "v2": "systemd.unified_cgroup_hierarchy=1",
    "containers": "systemd.unified_cgroup_hierarchy=1",
    "docker": "systemd.unified_cgroup_hierarchy=1",
    "hybrid": "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=0",
    "legacy": "systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1",
}


class GuestFailure(Exception):
    """The VM did not come up, hung or died; the text has its last console lines."""


def parse_spec(text):
    """"vm:hybrid@12" → ("vm:hybrid", "12", ""); "vm:v2@13+dev" → ("vm:v2", "13", "dev")."""
    cell, _, user = text.partition("+")
    env, _, debian = cell.partition("@")
    if env.removeprefix("vm:") not in CGROUP_OPTIONS or (debian or "12") not in vmroot.SUITES or user not in ("", "dev"):
        raise argparse.ArgumentTypeError(f"{text} is not vm:{'|'.join(CGROUP_OPTIONS)}@{'|'.join(vmroot.SUITES)}[+dev]")
    return env, debian or "12", user


def build_dir():
    return (REPO / os.environ.get("DBGSCOPE_BUILD", "build")).resolve()


def make_payload(work, script):
    """An ext4 image with the tests, the binary and the test programs."""
    tree = work / "payload"
    for folder in ("support", "system", "fault", "bench"):
        shutil.copytree(REPO / "tests" / folder, tree / "tests" / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPO / "packaging/container", tree / "packaging/container")
    (tree / "bin").mkdir()
    binary = pathlib.Path(os.environ.get("DBGSCOPE_BIN") or build_dir() / "dbgscope")
    if binary.exists():
        shutil.copy(binary, tree / "bin" / "dbgscope")
    built = pathlib.Path(os.environ.get("DBGSCOPE_PROGRAMS") or build_dir() / "programs")
    if built.exists():
        shutil.copytree(built, tree / "programs")
    if dlv := shutil.which("dlv"):  # for a guest of another release: two dlvs, two Gos
        (tree / "host").mkdir()
        shutil.copy(dlv, tree / "host/dlv")
    (tree / "guest.sh").write_text(script)
    image = work / "payload.ext4"
    subprocess.run(["chmod", "-R", "a+rX", str(tree)], check=True)  # user dev reads it too
    size = sum(f.stat().st_size for f in tree.rglob("*") if f.is_file())
    vmroot.make_disk(tree, image, f"{16 + size * 5 // 4 // (1 << 20)}M", owner_root=True)
    return image


def guest_script(env, debian, user, body):
    """Runs as the service of the guest; its output is the second serial port."""
    own_go = "guest" if debian != vmroot.host_release() else "host"
    return f"""# made by vm.py
export HOME=/root GOCACHE={vmroot.GO_CACHE} CGO_ENABLED=0 TERM=dumb LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export DBGSCOPE_TEST_ENV={env} DBGSCOPE_BIN={vmroot.PAYLOAD}/bin/dbgscope
export DBGSCOPE_PROGRAMS={vmroot.PAYLOAD}/programs DBGSCOPE_PROGRAMS_GO={own_go} DBGSCOPE_TEST_USER={user}
export PATH={vmroot.PAYLOAD}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd {vmroot.PAYLOAD}
python3 tests/support/keep_patched.py </dev/null &
echo "{STARTED}"
status=0
{body}
echo "{DONE}$status"
sleep 0.2
poweroff -f -f
"""


def module_commands(env, modules, name_filter):
    """Each in a scope below user.slice, as in a login session of root."""
    lines = []
    for number, module in enumerate(modules):
        path = f"tests/system/{pathlib.Path(module).name}"
        lines.append(f"""echo "# module {path}"
systemd-run --scope --quiet --collect --slice=user.slice --unit=session-test{number}.scope -- \\
    python3 {path} --env {env} --filter {shlex.quote(name_filter)} </dev/null 2>&1
rc=$?; echo "# status $rc"; [ $rc = 0 ] || status=1""")
    return "\n".join(lines)


def run_command(command, user):
    text = shlex.join(command)
    if user == "root":
        text = f"systemd-run --scope --quiet --collect --slice=user.slice -- {text}"
    else:  # pam_systemd gives su a session of its own, as ssh does
        keep = "GOCACHE,CGO_ENABLED,DBGSCOPE_TEST_ENV,DBGSCOPE_BIN,DBGSCOPE_PROGRAMS,DBGSCOPE_PROGRAMS_GO"
        text = f"su -l -w {keep} {user} -c {shlex.quote(text)}"
    return f"systemctl is-system-running --wait >/dev/null\n{text} </dev/null 2>&1; status=$?"


def qemu_command(root, payload, work, env, append=""):
    kernel = (f"root=/dev/vda rootfstype=ext4 rw console=ttyS0 loglevel=4 panic=-1 mitigations=off "
              f"fsck.mode=skip audit=0 {CGROUP_OPTIONS[env.removeprefix('vm:')]} {append}")
    kvm = os.environ.get("DBGSCOPE_VM_KVM") == "1"  # not guessed: a /dev/kvm may be there and not work
    accel = ["-accel", "kvm", "-cpu", "host"] if kvm else ["-accel", "tcg,thread=multi", "-cpu", "Nehalem"]
    return ["qemu-system-x86_64", *accel, "-m", "2048", "-smp", "2", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-kernel", str(root / "vmlinuz"), "-initrd", str(root / "initrd"),
            "-append", kernel.strip(),
            "-drive", f"file={root}/root.ext4,format=raw,if=virtio,snapshot=on,cache=unsafe",
            "-drive", f"file={payload},format=raw,if=virtio,readonly=on",
            "-serial", f"file:{work}/console", "-serial", f"file:{work}/results"]


def is_first_line(line):
    """systemd 262 asks the terminal of a service for its name first: "\x1bP+q6E616D65\x1b\\# guest started"."""
    return line == STARTED or (line.startswith("\x1b") and line.endswith(STARTED))


class Follow:
    """Yields the complete lines that have been added to a file."""

    def __init__(self, path):
        self.path, self.at, self.rest = path, 0, b""

    def lines(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.at)
                data = file.read()
        except FileNotFoundError:
            return []
        self.at += len(data)
        *whole, self.rest = (self.rest + data).split(b"\n")
        return [line.decode(errors="replace").rstrip("\r") for line in whole]


def boot(command, work, out):
    """Passes the guest's results on to `out` line by line; returns the status it reported."""
    start = last = time.monotonic()
    started, status = False, None
    results = Follow(work / "results")
    with open(work / "qemu.log", "wb") as log:
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                preexec_fn=vmroot.die_with_parent)
    try:
        while True:
            ended = qemu.poll() is not None
            for line in results.lines():
                last = time.monotonic()
                if is_first_line(line):
                    started = True
                    progress(f"guest is up after {last - start:.0f} s")
                elif line.startswith(DONE):
                    status = int(line.removeprefix(DONE))
                elif started and status is None:
                    print(line, file=out, flush=True)
            if status is not None and (ended or time.monotonic() - last > 10):
                return status
            if ended:
                raise GuestFailure(f"the VM ended by itself (QEMU status {qemu.returncode})\n{last_words(work)}")
            limit = SILENCE_DEADLINE if started else BOOT_DEADLINE
            if time.monotonic() - last > limit:
                what = "nothing more came from the guest" if started else "the guest was not up"
                raise GuestFailure(f"{what} after {limit} s, killed\n{last_words(work)}")
            time.sleep(0.05)
    finally:
        if qemu.poll() is None:
            qemu.kill()
        qemu.wait()


def last_words(work):
    def tail(name):
        try:
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", (work / name).read_text(errors="replace"))
        except OSError:
            return []
        return [line for line in text.splitlines() if line.strip()][-50:]
    lines = [*tail("qemu.log"), "last lines of its console:", *tail("console")]
    return "\n".join("    " + line for line in lines)


def progress(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def in_guest(spec, body, append=""):
    env, debian, user = spec
    if not shutil.which("qemu-system-x86_64"):
        raise vmroot.Unavailable("qemu-system-x86_64 is not installed")
    root = vmroot.find_or_make(debian, progress, env.removeprefix("vm:"))
    with tempfile.TemporaryDirectory(prefix="dbgscope-vm-") as name:
        work = pathlib.Path(name)
        payload = make_payload(work, guest_script(env, debian, user, body))
        return boot(qemu_command(root, payload, work, env, append), work, sys.stdout)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    module = verbs.add_parser("module")
    module.add_argument("--filter", default="")
    module.add_argument("spec", type=parse_spec)
    module.add_argument("modules", nargs="+")
    run = verbs.add_parser("run")
    run.add_argument("spec", type=parse_spec)
    run.add_argument("--user", default="root", choices=("root", "dev"))
    run.add_argument("--kernel", default="", help="added to the kernel's command line")
    run.add_argument("command", nargs=argparse.REMAINDER)
    root = verbs.add_parser("root")
    root.add_argument("debian", choices=vmroot.SUITES)
    return parser.parse_args()


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and so clean up
    try:
        if options.verb == "root":
            print(vmroot.find_or_make(options.debian, progress))
            return 0
        if options.verb == "module":
            return in_guest(options.spec, module_commands(options.spec[0], options.modules, options.filter))
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        return in_guest(options.spec, run_command(command, options.user), options.kernel)
    except vmroot.Unavailable as reason:
        print(reason)
        return SKIPPED
    except (GuestFailure, vmroot.BuildFailure) as error:
        print(f"vm: {error}", flush=True)
        return BROKEN


if __name__ == "__main__":
    sys.exit(main())
