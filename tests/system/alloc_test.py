# SPDX-License-Identifier: Apache-2.0
"""What a debuggee asks of the kernel: large mappings, waits for reclaim, kernel memory and victims of the OOM killer, told once each."""

import contextlib
import json
import os
import pathlib
import shutil
import re
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from session import MIB, Session

# Not Debian 12's machine: emulated, its 6.1 stood still in one run of these tests ("soft lockup", eater).
KERNELS = ("host", "vm:v2")
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
OFF = "0"
# Only reserved; 256 MiB in one piece; and shared with a child, which does not ask for it again.
MAP = """import mmap, os
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
reserved = mmap.mmap(-1, 2 << 30, flags=PRIVATE, prot=0)
large = [mmap.mmap(-1, 256 << 20, flags=PRIVATE) for _ in range({count})]
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print("done", flush=True)
"""


# 64 MiB of page tables: of each 2 MiB one page is read, which is the zero page.
TABLES = """import mmap, sys
REACH = 32 << 30
large = mmap.mmap(-1, REACH, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
large.madvise(mmap.MADV_NOHUGEPAGE)
for at in range(0, REACH, 2 << 20):
    large[at]
sys.stdin.read()
"""


class Allocations:
    """A cgroup of our own and the process that watches it, as the watcher starts it."""

    def __init__(self, large_mapping=OFF, reclaim_stall_us=OFF, kernel_memory=OFF, oom_victims=OFF, limit=None, before=(),
                 binary=None):
        self.version, parent = kernel.memory_cgroup()
        if self.version == 2:  # a cgroup with processes in it hands no controller on
            parent = pathlib.Path("/sys/fs/cgroup")
            (parent / "cgroup.subtree_control").write_text("+memory")
        self.directory = parent / f"dbgscope-alloc-{os.getpid()}"
        self.others = parent / f"dbgscope-alloc-others-{os.getpid()}"
        for directory in (self.directory, self.others):
            directory.mkdir()
        if limit:
            names = ("memory.max", "memory.swap.max") if self.version == 2 else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
            for name, value in zip(names, (limit, 0 if self.version == 2 else limit)):
                for file in (self.directory / name, self.others / name):
                    if file.exists():
                        file.write_text(str(value))
        self.command = [*before, binary or tap.dbgscope]
        self.thresholds = [str(large_mapping), str(reclaim_stall_us), str(kernel_memory), str(oom_victims)]
        self.text = ""

    def __enter__(self):
        self.socket, its = socket.socketpair()
        with its:
            self.tool = subprocess.Popen([*self.command, "alloc-of", str(self.version), self.directory, *self.thresholds],
                                         stdin=its, stdout=its)
        return self

    def __exit__(self, *_):
        self.socket.close()
        try:
            self.tool.wait(session.PATIENCE_S)  # it ends with us
        finally:
            session.kill(self.tool.pid)
            self.tool.wait()
            for directory in (self.directory, self.others):
                tap.wait_until(lambda: not (directory / "cgroup.procs").read_text(), message="nobody is left")
                directory.rmdir()

    def loaded(self, programs):
        """Waits until that many are attached in the kernel. False: this kernel refuses, and it has said so."""
        def attached():
            if self.lines(0):
                return True
            links = 0
            for fd in pathlib.Path(f"/proc/{self.tool.pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    links += os.readlink(fd) == "anon_inode:bpf_link"
            return links >= programs
        tap.wait_until(attached, session.PATIENCE_S, message=f"{programs} programs in the kernel")
        return not self.lines(0)

    def start(self, command, directory=None):
        """It begins in the cgroup, and after its watch has been told."""
        procs = (directory or self.directory) / "cgroup.procs"
        process = subprocess.Popen(["sh", "-c", f"echo $$ >{procs}; echo in; read go; exec \"$@\"", "sh", *map(str, command)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        tap.equal(process.stdout.readline(), "in\n")
        self.socket.send(b"\n")
        process.stdin.write("go\n")
        process.stdin.flush()
        return process

    def finish(self, command, directory=None):
        with self.start(command, directory) as process:
            process.stdout.read()
        return process

    def lines(self, seconds):
        """What has been said, at least a line after so long a wait."""
        self.socket.settimeout(seconds or 0.01)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            self.text += self.socket.recv(65536).decode()
        return self.text.splitlines()

    def line(self, pattern):
        """The first that matches; to a line of another kind it does not come."""
        found = tap.wait_until(lambda: self.lines(1) and self.text.endswith("\n") and self.lines(0), session.PATIENCE_S,
                               message=f"a line like {pattern!r}")[0]
        match = re.fullmatch("say " + pattern, found)
        tap.true(match, f"{found!r} is not like {pattern!r}")
        return match


def built_with_bpf():
    return "built without BPF" not in tap.succeed([tap.dbgscope, "--version"]).stdout


def is_seen(allocations, programs):
    """False: not here, and that has been said in one line. Debian's kernel in the VM refuses nothing."""
    if allocations.loaded(programs):
        return True
    reasons = "built without BPF" if session.IN_VM else \
        "built without BPF|BPF is refused|does not describe its types|large mappings are not seen: .* no program at a function"
    tap.true(re.fullmatch(f"say .*({reasons}).*\n", allocations.text), allocations.text)
    return False


@tap.test(*KERNELS, user="root", debian=("13", "sid"))
def one_large_mapping_is_told_of_our_cgroup_and_no_other():
    with Allocations(large_mapping=200 * MIB) as here:
        if not is_seen(here, 1):
            return
        here.finish([sys.executable, "-c", MAP.format(count=1)], here.others)
        with here.start([sys.executable, "-c", MAP.format(count=3)]) as ours:
            ours.stdout.read()
        tap.wait_until(lambda: here.lines(1) and counted(here.text) >= 3, session.PATIENCE_S, message="all three")
        tap.equal(counted(here.text), 3, here.text)
        tap.equal(set(re.findall(r"\(pid (\d+)\)", here.text)), {str(ours.pid)})


def counted(text):
    """Mappings of 256M that the lines tell of; on a slow machine there are more lines for the same."""
    count = 0
    for line in text.splitlines(keepends=True):
        found = re.fullmatch(r"say \S+ \(pid \d+\) has mapped 256M of memory at once(?:; and (\d) more such mappings?, (\d+)M in all)?\n", line)
        more = re.fullmatch(r"say the debuggee has made (\d) more mappings? of 200M or more, (\d+)M together\n", line)
        tap.true(found or more, line)
        told = int(more[1]) if more else 1 + int(found[1] or 0)
        tap.equal(int((found or more)[2] or 256), told * 256, line)
        count += told
    return count


@tap.test(*KERNELS, user="root", debian=("13", "sid"))
def a_victim_of_our_cgroup_is_named_at_once_and_no_other():
    with Allocations(oom_victims=1, limit=64 * MIB) as here:
        if not is_seen(here, 1):
            return
        for place in (here.others, here.directory):
            hog = here.finish([tap.program("eater"), "heap", "400", "1"], place)
            tap.equal(hog.returncode, -9, "killed")
        said = here.line(r"the kernel has ended eater \(pid (\d+)\) for memory: (\S+)M of its own, \S+ of files and shared")
        tap.equal(int(said[1]), hog.pid)
        tap.true(20 < float(said[2]) <= 65, said[0])


@tap.test(*KERNELS, user="root", debian=("13", "sid"))
def a_wait_for_reclaim_is_told():
    with Allocations(reclaim_stall_us=100, limit=32 * MIB) as here, tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        if not is_seen(here, 2):
            return
        here.finish(["sh", "-c", f"cd {folder} && exec {os.path.abspath(tap.program('eater'))} cache 200 1"])
        here.line(r"the debuggee's threads have waited \S.* within \S.* for memory to be reclaimed; so far \S.*, in [1-9]\d* reclaims")


@tap.test(*KERNELS, user="root", debian=("13", "sid"))
def kernel_memory_is_told_without_a_program_in_the_kernel():
    with Allocations(kernel_memory=16 * MIB) as here:
        with here.start([sys.executable, "-c", TABLES]) as program:
            said = here.line(r"the kernel's own memory for the debuggee has grown by (\S+)M to \S+M(, \S+ of it page tables)?")
            program.stdin.close()
            tap.true(16 <= float(said[1]) <= 80, said[0])
            tap.equal(bool(said[2]), here.version == 2)


@tap.test(*KERNELS, user="root", debian=("13", "sid"))
def a_session_says_it_in_its_place_and_keeps_it():
    with tempfile.TemporaryDirectory() as folder:
        def wait_for(name):
            return ["-ex", f"shell until [ -e {folder}/{name} ]; do sleep 0.1; done"]
        with Session([tap.dbgscope, "--memory-max=128M", "--fuse-action=off", "--alloc-oom-victims", *session.GDB, *wait_for("go"),
                      "-ex", "run", *wait_for("end"), "--args", tap.program("eater"), "heap", "400", "1", "2000"], env=CLEAN) as gdb:
            name = watched.wait_record(gdb.pid)["id"]
            if not built_with_bpf():
                gdb.match("dbgscope: --alloc-oom-victims has no effect: this dbgscope was built without BPF")
                tap.equal(alloc_tools(name), [])
                return
            tools = tap.wait_until(lambda: alloc_tools(name), session.PATIENCE_S, message="its process")
            tap.wait_until(lambda: attached(tools[0]) or "allocations are not watched" in gdb.stderr, session.PATIENCE_S)
            pathlib.Path(folder, "go").touch()
            gdb.match(r"dbgscope: debuggee killed for memory: eater ")
            watched_there = "allocations are not watched" not in gdb.stderr
            if watched_there:
                said = gdb.match(r"dbgscope: (the kernel has ended eater \(pid \d+\) for memory: .*)")[1]
            pathlib.Path(folder, "end").touch()
            gdb.process.wait(session.PATIENCE_S)
            if watched_there:
                kept = [json.loads(line) for line in recording_of(name).read_text().splitlines()]
                tap.equal([line["event"]["text"] for line in kept if "event" in line and "has ended" in line["event"].get("text", "")],
                          [said])
            tap.wait_until(lambda: not alloc_tools(name), session.PATIENCE_S, message="it ends with the session")


def alloc_tools(name):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if words[1:2] == [b"alloc-of"] and name.encode() in words[3]:
                found.append(int(entry.name))
    return found


def attached(pid):
    with contextlib.suppress(OSError):
        return any(os.readlink(fd) == "anon_inode:bpf_link" for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir())
    return False


def recording_of(name):
    return tap.wait_until(lambda: next(watched.history_file().parent.glob(f"recordings/{name}.*.jsonl"), None),
                          session.PATIENCE_S, message=f"the recording of {name}")


def check_what_is_lacking(prefix):
    program = [*prefix, os.path.abspath(tap.dbgscope)]
    tap.contains(tap.run([*program, "doctor", "inside"]).stdout, "what a debuggee asks of the kernel cannot be seen there (BPF): ")
    lift = "root, or CAP_BPF and CAP_PERFMON" if built_with_bpf() else "a build with it"
    tap.contains(tap.run([*program, "status"]).stdout, f"what is asked of the kernel (BPF): {lift}")
    for kernel_memory, beginning in ((OFF, "allocations are not watched"), (str(MIB), "of allocations only kernel memory is watched")):
        ours, its = socket.socketpair()
        with ours, its, tempfile.TemporaryDirectory() as empty:
            tool = subprocess.Popen([*program, "alloc-of", "2", empty, OFF, "1000", kernel_memory, OFF], stdin=its, stdout=its)
            try:
                said = ours.recv(4096).decode()
                tap.true(re.match(f"say {beginning}: .*(BPF is refused|built without BPF|describe its types)", said), said)
            finally:
                session.kill(tool.pid)
                tool.wait()


@tap.test("host", user="root")
def what_is_lacking_without_capabilities_is_named():
    check_what_is_lacking(["setpriv", "--inh-caps=-all", "--bounding-set=-all"])


@tap.test("host", user="root")
def two_capabilities_are_enough():
    with Allocations(reclaim_stall_us=100, oom_victims=1) as here:
        if not is_seen(here, 3):
            return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = shutil.copy(tap.dbgscope, folder)
        capabilities = "-all,+bpf,+perfmon"
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}"]
        with Allocations(reclaim_stall_us=100, oom_victims=1, before=nobody, binary=copy) as here:
            tap.true(here.loaded(3), here.text)


@tap.test("vm:v2", user="dev")
def what_an_ordinary_user_lacks_is_named():
    check_what_is_lacking([])


@tap.test("host")
def the_plan_says_what_is_watched_and_what_has_no_effect():
    planned = tap.succeed([tap.dbgscope, "--dry-run", "--alloc-large-mapping=256M", "--alloc-oom-victims", "gdb", tap.program("eater")])
    if built_with_bpf():
        tap.contains(planned.stdout, "say so when 256M are mapped at once; or the OOM killer ends one of its processes")
    else:
        tap.contains(planned.stdout + planned.stderr, "--alloc-large-mapping has no effect: this dbgscope was built without BPF")
    planned = tap.succeed([tap.dbgscope, "--dry-run", "--no-watch", "--alloc-oom-victims", "gdb", tap.program("eater")])
    tap.contains(planned.stdout + planned.stderr, "--alloc-oom-victims has no effect: there is no watcher")


if __name__ == "__main__":
    tap.main()
