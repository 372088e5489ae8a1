# SPDX-License-Identifier: Apache-2.0
"""Containers of Docker, of containerd by itself and by its CRI, and of LXC, as runtimes.py has podman's."""

import contextlib
import itertools
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

import runtimes
import session
import tap

IMAGE = "links:latest"
CTR_IMAGE = "docker.io/library/" + IMAGE
ROOTLESS = "/usr/share/docker.io/contrib/dockerd-rootless.sh"  # Debian's place for it
PLACES = (("live", "/run/dbgscope"), ("state", "/var/lib/dbgscope"), ("data", "/data"))
_numbers = itertools.count(1)
_rootless = []  # the user whose daemon `docker` speaks to


def docker(*words):
    return tap.succeed(["docker", *words], timeout=session.PATIENCE_S).stdout


def _archive(folder, files=()):
    """A root file system as a tar file: links into /usr, and these files with the libraries that they need."""
    root = pathlib.Path(folder, "root")
    root.mkdir()
    runtimes.make_root(root)
    (root / "sbin").unlink()  # `docker run --init` mounts there what it starts first
    (root / "sbin").mkdir()
    for path in files:
        needed = re.findall(r"(/\S+) \(0x", tap.run(["ldd", path]).stdout)
        for one in (path, *(os.path.realpath(os.path.dirname(lib)) + "/" + os.path.basename(lib) for lib in needed)):
            (root / one.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(one, root / one.lstrip("/"))
    tap.succeed(["tar", "--owner=0", "--group=0", "-C", root, "-cf", f"{folder}/root.tar", "."])
    return f"{folder}/root.tar"


def started():
    """The daemon as its unit starts it, and the image, made here: nothing is fetched."""
    if not _rootless:
        tap.succeed(["systemctl", "start", "docker"], timeout=session.PATIENCE_S)
    if tap.run(["docker", "image", "inspect", IMAGE], timeout=session.PATIENCE_S).rc != 0:
        with tempfile.TemporaryDirectory() as folder:
            docker("import", _archive(folder), IMAGE)


@contextlib.contextmanager
def rootless(user="dev"):
    """Docker without root: the daemon is a service of that user's manager, as Docker's set-up tool makes it."""
    uid = pwd.getpwnam(user).pw_uid
    unit = ["systemd-run", "--user", "--unit=docker", "--property=Type=notify", "--property=NotifyAccess=all",
            "--property=Delegate=yes", "--property=KillMode=mixed", f"--setenv=PATH={os.environ['PATH']}", ROOTLESS]
    as_user = ["runuser", "-u", user, "--", "env", f"XDG_RUNTIME_DIR=/run/user/{uid}", f"HOME=/home/{user}"]
    tap.succeed([*as_user, *unit], timeout=session.PATIENCE_S)
    os.environ["DOCKER_HOST"] = f"unix:///run/user/{uid}/docker.sock"
    _rootless.append(uid)
    try:
        yield
    finally:
        _rootless.pop()
        del os.environ["DOCKER_HOST"]
        tap.run([*as_user, "systemctl", "--user", "stop", "docker"], timeout=session.PATIENCE_S)


@contextlib.contextmanager
def _folders():
    """Of the daemon's user, who is root inside."""
    with runtimes.folders() as folder:
        for place in (folder, *(folder / part for part, _ in PLACES)):
            if _rootless:
                os.chown(place, _rootless[-1], _rootless[-1])
        yield folder


def words(folder, *options, limit="256m"):
    """What stands between `docker run` and its command."""
    return [f"--memory={limit}", "--network=none", *runtimes.mounts(folder), "--workdir=/data", *options, IMAGE]


@contextlib.contextmanager
def container(*options, execute=(), command=("sleep", "600")):
    """One that sleeps; commands are executed in it (with the options `execute`), as in a development container."""
    started()
    with _folders() as folder:
        docker("run", "--detach", f"--name={folder.name}", *words(folder, *options), *command)
        try:
            pid = int(docker("inspect", "--format={{.State.Pid}}", folder.name))
            yield runtimes.Container(["docker", "exec", "--interactive", *execute, folder.name], folder / "live", folder / "state",
                                     pid)
        finally:
            tap.run(["docker", "rm", "--force", folder.name], timeout=session.PATIENCE_S)


@contextlib.contextmanager
def container_of(*command, options=()):
    """A command that is the container: what came of it, and the directory that it has as /data."""
    started()
    with _folders() as folder:
        yield tap.run(["docker", "run", "--rm", *words(folder, *options), *command], timeout=session.PATIENCE_S), folder / "data"


class Tasks(runtimes.Container):
    """containerd's: each command that is executed has a name of its own."""

    def __init__(self, namespace, name, live, state, pid):
        self._ctr, self._name = ["ctr", "-n", namespace, "task"], name
        super().__init__(None, live, state, pid)

    @property
    def words(self):
        return [*self._ctr, "exec", f"--exec-id=test{next(_numbers)}", self._name]

    @words.setter
    def words(self, _):
        pass


def task_pid(namespace, name):
    listed = tap.succeed(["ctr", "-n", namespace, "task", "ls"], timeout=session.PATIENCE_S).stdout
    return int(re.search(rf"^{re.escape(name)}\S*\s+(\d+)", listed, re.M)[1])


def imported(namespace, image, files=(), change=()):
    """Gives containerd an image of that name."""
    started()
    with tempfile.TemporaryDirectory() as folder:
        docker("import", *change, _archive(folder, files), image)
        docker("save", f"--output={folder}/image.tar", image)
        tap.succeed(["ctr", "-n", namespace, "images", "import", f"{folder}/image.tar"], timeout=session.PATIENCE_S)


def _ctr_words(folder, name, *options):
    mounts = [("/usr", "/usr", "ro"), *((place, place, "ro") for place in runtimes.seen_inside()),
              *((folder / part, place, "rw") for part, place in PLACES)]
    binds = [f"--mount=type=bind,src={source},dst={place},options=rbind:{mode}" for source, place, mode in mounts]
    return ["--memory-limit=268435456", "--cwd=/data", "--env=TERM=dumb", *binds, *options, CTR_IMAGE, name]


@contextlib.contextmanager
def task(*options):
    """A container of `ctr run`: containerd by itself."""
    imported("default", IMAGE)
    with runtimes.folders() as folder:
        tap.succeed(["ctr", "run", "--detach", *_ctr_words(folder, folder.name, *options), "sleep", "600"],
                    timeout=session.PATIENCE_S)
        try:
            yield Tasks("default", folder.name, folder / "live", folder / "state", task_pid("default", folder.name))
        finally:
            for verb in (["task", "kill", "--signal=SIGKILL", "--all"], ["task", "rm", "--force"], ["container", "rm"]):
                tap.run(["ctr", *verb, folder.name], timeout=session.PATIENCE_S)


@contextlib.contextmanager
def task_of(*command, options=()):
    imported("default", IMAGE)
    with runtimes.folders() as folder:
        yield tap.run(["ctr", "run", "--rm", *_ctr_words(folder, folder.name, *options), *command], timeout=session.PATIENCE_S)


LXC_CONFIG = """lxc.include = /usr/share/lxc/config/common.conf
lxc.uts.name = container
lxc.rootfs.path = dir:{root}
lxc.net.0.type = empty
lxc.cgroup2.memory.max = 256M
lxc.apparmor.profile = generated
lxc.apparmor.allow_nesting = 1
"""


def _lxc_root(root, systemd):
    runtimes.make_root(root)
    if not systemd:
        return
    shutil.rmtree(root / "etc")
    shutil.copytree("/etc", root / "etc", symlinks=True)
    for unwanted in (root / "etc/systemd/system").glob("*.wants/*"):  # of this machine: the tests themselves, for one
        unwanted.unlink()
    (root / "etc/machine-id").write_text("")
    (root / "etc/systemd/system/tmp.mount").symlink_to("/dev/null")  # the test programs may be mounted below it
    for name in ("var/log", "var/tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "var/run").symlink_to("/run")


@contextlib.contextmanager
def lxc(*lines, systemd=False, first_id=0):
    """One of LXC's, with systemd or `sleep` as its first process. first_id: of the user ids that it has, 0: the machine's. lines: of its
    configuration, beside these."""
    with runtimes.folders() as folder:
        (folder / "root").mkdir()
        _lxc_root(folder / "root", systemd)
        mounts = [("/usr", "/usr", "ro"), *((place, place, "ro") for place in runtimes.seen_inside()),
                  *(() if systemd else ((folder / part, place, "rw") for part, place in PLACES))]
        entries = [f"lxc.mount.entry = {source} {place[1:]} none bind,{mode},create=dir 0 0\n" for source, place, mode in mounts]
        maps = [f"lxc.idmap = {kind} 0 {first_id} 65536\n" for kind in "ug"] if first_id else []
        (folder / "config").write_text(LXC_CONFIG.format(root=folder / "root") + "".join(entries + maps) + "\n".join(lines))
        if first_id:
            ids = f"{first_id}-{first_id + 65535}"
            tap.succeed(["usermod", f"--add-subuids={ids}", f"--add-subgids={ids}", "root"])
            folder.chmod(0o755)
            tap.succeed(["chown", "-R", f"{first_id}:{first_id}", *(folder / part for part in ("root", "live", "state", "data"))])
        base = [f"--name={folder.name}", f"--rcfile={folder}/config"]
        tap.succeed(["lxc-start", *base, f"--logfile={folder}/log", "--", *(["/sbin/init"] if systemd else ["/usr/bin/sleep", "600"])],
                    timeout=session.PATIENCE_S)
        attach = ["lxc-attach", *base, "--clear-env", "--set-var=PATH=/usr/sbin:/usr/bin:/sbin:/bin", "--set-var=HOME=/root",
                  "--set-var=TERM=dumb", "--"]
        try:
            if systemd:
                tap.wait_until(lambda: tap.run([*attach, "systemctl", "is-system-running"], timeout=session.PATIENCE_S).stdout.strip()
                               in ("running", "degraded"), session.PATIENCE_S, interval=1, message="systemd has started")
            pid = int(tap.succeed(["lxc-info", *base, "--pid", "--no-humanize"], timeout=session.PATIENCE_S).stdout)
            yield runtimes.Container(attach, folder / "live", folder / "state", pid)
        finally:
            tap.run(["lxc-stop", *base, "--kill"], timeout=session.PATIENCE_S)
            subprocess.run(["chown", "-R", "0:0", folder], check=False)
