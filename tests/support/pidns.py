#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots this machine's systemd as PID 1 of new namespaces and runs things in it.

    pidns.py run [--] COMMAND ARGS...       the command's own status
    pidns.py module [--filter S] X_test.py...

Needs root. The command runs in a scope of its own below user.slice, as a login session
does. All cgroups of the new system are below a directory dbgscope-test-PID made in each
hierarchy, in our own cgroup; it is removed at the end. Messages of that systemd are
shown when it does not come up.
"""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BOOT_DEADLINE = 20.0
PREFIX = "dbgscope-test-"
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_RDONLY, MS_REMOUNT, MS_BIND = 2, 4, 8, 1, 32, 4096
PR_SET_PDEATHSIG = 1
SYSTEMD = "/lib/systemd/systemd"

UNITS = {
    "sysinit.target": "[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\n",
    "basic.target": "[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n",
    "shutdown.target": "[Unit]\nDefaultDependencies=no\nRefuseManualStart=yes\n",
    "default.target": "[Unit]\nRequires=basic.target ready.service\nAfter=basic.target ready.service\n",
    # proves that services start, and tells the outside that they do
    "ready.service": "[Service]\nType=oneshot\nExecStart=/bin/touch /run/dbgscope-ready\nRemainAfterExit=yes\n",
}


class Error(Exception):
    """The namespace cannot be had; the text says why."""


class Unavailable(Error):
    """Not on this machine or for this user; exit status 77."""


class Hierarchy:
    """One mounted cgroup hierarchy, and the directory that is ours in it."""

    def __init__(self, mountpoint, root, controllers, own):
        self.mountpoint, self.controllers = mountpoint, controllers
        self.parent = mountpoint / os.path.relpath(own, root)
        if self.is_v2 and "memory" in _read(mountpoint / "cgroup.controllers").split():
            # cgroups with processes (ours) cannot hand controllers down; the root can
            self.parent = mountpoint
            _try_write(mountpoint / "cgroup.subtree_control", "+memory +pids +cpu")
        self.directory = self.parent / f"{PREFIX}{os.getpid()}"

    @property
    def is_v2(self):
        return not self.controllers

    def create(self):
        self.directory.mkdir()
        for name in ("cpuset.cpus", "cpuset.mems"):  # v1: empty, and then nobody may enter
            if "cpuset" in self.controllers:
                (self.directory / name).write_text(_read(self.parent / name))

    def join(self, pid):
        (self.directory / "cgroup.procs").write_text(str(pid))

    def remove(self):
        """Remove our directory with what a killed systemd left; its processes are dead."""
        for _ in range(200):  # a dying process may still count for some milliseconds
            _remove_tree(self.directory)
            if not self.directory.exists():
                return
            time.sleep(0.01)
        print(f"pidns: cannot remove {self.directory}", file=sys.stderr)

    def sweep(self):
        """Remove what a killed run left here: no process in it, its maker gone."""
        for left in self.mountpoint.rglob(PREFIX + "*"):
            maker = left.name.removeprefix(PREFIX)
            busy = any(_read(f) for f in left.rglob("cgroup.procs"))
            if maker.isdigit() and not busy and not os.path.exists(f"/proc/{maker}"):
                _remove_tree(left)


def _read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def _try_write(path, text):
    try:
        path.write_text(text)
    except OSError:
        pass


def _remove_tree(top):
    for directory, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(directory)
        except OSError:
            pass


def hierarchies():
    """Every mounted cgroup hierarchy, where it is mounted first (in a chroot there is the host's, too). Lines of /proc/self/mountinfo look like
    "31 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory"."""
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own[frozenset(filter(None, controllers.split(",")))] = path
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        left, right = line.split(" - ", 1)
        root, mountpoint = left.split()[3:5]
        kind, _, options = right.split(" ", 2)
        if kind not in ("cgroup", "cgroup2"):
            continue
        names = frozenset(options.split(",")) & frozenset().union(*own) if kind == "cgroup" else frozenset()
        if names in own and not any(hierarchy.controllers == names for hierarchy in found):
            found.append(Hierarchy(pathlib.Path(mountpoint), root, names, own[names]))
    if not found:
        raise Unavailable("no cgroup hierarchy is mounted")
    return found


def _mount(source, target, kind="", flags=0, data=""):
    libc = ctypes.CDLL(None, use_errno=True)
    args = [os.fsencode(str(part)) or None for part in (source, target, kind)]
    if libc.mount(*args, ctypes.c_ulong(flags), data.encode() or None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(target))


def init(work):
    """Runs as PID 1 in the new namespaces: mounts, then becomes systemd."""
    work = pathlib.Path(work)
    found = hierarchies()
    top = pathlib.Path("/sys/fs/cgroup")
    if not (len(found) == 1 and found[0].is_v2):
        _mount("tmpfs", top, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755")
    for hierarchy in found:  # mounted anew, each shows our own directory as its root
        place = hierarchy.mountpoint
        place.mkdir(exist_ok=True)
        if hierarchy.is_v2:
            _mount("cgroup2", place, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        else:
            options = ",".join("none," + c if c.startswith("name=") else c
                               for c in sorted(hierarchy.controllers))
            _mount("cgroup", place, "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    # "work" is perhaps below /run, so use it before that is covered
    _mount(work / "console", "/dev/console", flags=MS_BIND)
    _mount(work / "machine-id", "/etc/machine-id", flags=MS_BIND)
    _mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    _mount("/proc/sys", "/proc/sys", flags=MS_BIND)  # PID 1 would raise limits of this machine
    _mount("/proc/sys", "/proc/sys", flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    unit_dir = pathlib.Path("/run/dbgscope-units")
    unit_dir.mkdir()
    for name, text in UNITS.items():
        (unit_dir / name).write_text(text)
    empty = pathlib.Path("/run/dbgscope-empty")
    empty.mkdir()
    env = {"container": "dbgscope-test", "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
           "SYSTEMD_UNIT_PATH": str(unit_dir), "SYSTEMD_GENERATOR_PATH": str(empty),
           "SYSTEMD_ENVIRONMENT_GENERATOR_PATH": str(empty)}
    os.execve(SYSTEMD, [SYSTEMD, "--system", "--log-target=console", "--show-status=0"], env)


class Namespace:
    """A booted systemd; use as a context manager."""

    def __init__(self):
        if os.getuid() != 0:
            raise Unavailable("needs root")
        for tool in (SYSTEMD, "unshare", "nsenter", "systemd-run"):
            if not shutil.which(tool):
                raise Unavailable(f"{tool} is not installed")
        self.work = None
        self.unshare = None
        self.pid = None
        self.hierarchies = hierarchies()

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _join(self, pid):
        for hierarchy in self.hierarchies:
            hierarchy.join(pid)

    def _enter_for_good(self):
        self._join(os.getpid())
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def _boot(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="dbgscope-pidns-"))
        (self.work / "console").touch()
        (self.work / "machine-id").write_text(os.urandom(16).hex() + "\n")
        if not pathlib.Path("/dev/console").exists():
            raise Unavailable("/dev/console does not exist")
        for hierarchy in self.hierarchies:
            hierarchy.sweep()
            hierarchy.create()
        self.unshare = subprocess.Popen(
            ["unshare", "--pid", "--mount", "--cgroup", "--uts", "--ipc", "--fork", "--kill-child",
             "--mount-proc", sys.executable, os.path.abspath(__file__), "_init", str(self.work)],
            stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), start_new_session=True,
            preexec_fn=self._enter_for_good)
        end = time.monotonic() + BOOT_DEADLINE
        while not self._is_up():
            if self.unshare.poll() is not None:
                raise Error(f"systemd ended with {self.unshare.returncode}\n{self.console()}")
            if time.monotonic() > end:
                raise Error(f"systemd is not up after {BOOT_DEADLINE:g} s\n{self.console()}")
            time.sleep(0.01)

    def _is_up(self):
        if not self.pid:
            children = _read(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").split()
            self.pid = int(children[0]) if children else None
        if not self.pid:
            return False
        run = pathlib.Path(f"/proc/{self.pid}/root/run")
        return (run / "dbgscope-ready").exists() and (run / "systemd/private").exists()

    def console(self):
        lines = _read(self.work / "console").splitlines()[-50:]
        return "last lines of its console:\n" + "\n".join("    " + line for line in lines)

    def run(self, command, scope, timeout=None, **options):
        """Popen of `command` in the namespace, inside a scope of that name below user.slice."""
        enter = ["nsenter", f"--target={self.pid}", "--pid", "--mount", "--cgroup", "--uts", "--ipc",
                 f"--wdns={os.getcwd()}", "--"]
        session = ["systemd-run", "--scope", "--quiet", "--collect", "--slice=user.slice", f"--unit={scope}", "--"]
        env = {**os.environ, "DBGSCOPE_TEST_ENV": "pidns"}
        return subprocess.Popen([*enter, *session, *command], env=env,
                                preexec_fn=lambda: self._join(os.getpid()), **options)

    def __exit__(self, *_):
        if self.unshare:
            self.unshare.kill()  # --kill-child: PID 1 dies with it, and all the others with that
            self.unshare.wait()
        for hierarchy in self.hierarchies:
            hierarchy.remove()
        if self.work:
            shutil.rmtree(self.work, ignore_errors=True)


def _status(process):
    """Wait, and leave terminal signals to the command."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        rc = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return rc if rc >= 0 else 128 - rc


def run_modules(namespace, modules, name_filter):
    """One after the other; returns 1 if one failed."""
    worst = 0
    for number, module in enumerate(modules):
        print(f"# module {module}", flush=True)
        command = [sys.executable, os.path.abspath(module), "--env", "pidns", "--filter", name_filter]
        status = _status(namespace.run(command, scope=f"session-{number + 1}.scope"))
        print(f"# status {status}", flush=True)
        worst |= status != 0
    return worst


def main():
    if sys.argv[1:2] == ["_init"]:
        init(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run")
    run.add_argument("command", nargs=argparse.REMAINDER)
    module = verbs.add_parser("module")
    module.add_argument("--filter", default="")
    module.add_argument("modules", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Namespace() as namespace:
            if options.verb == "module":
                return run_modules(namespace, options.modules, options.filter)
            command = options.command[1:] if options.command[:1] == ["--"] else options.command
            if not command:
                parser.error("run: a command is missing")
            return _status(namespace.run(command, scope="session-1.scope"))
    except Unavailable as reason:
        print(f"pidns: {reason}")
        return 77
    except Error as error:
        print(f"pidns: {error}", file=sys.stderr)
        return 125


if __name__ == "__main__":
    sys.exit(main())
