# SPDX-License-Identifier: Apache-2.0
"""Real containers for containers' tests: one that sleeps, in which commands are executed, as in a development container.

Its root is a handful of links and this machine's own /usr, so nothing is fetched. It has this machine's network, and
/run/dbgscope and /var/lib/dbgscope of its own, which the test sees as `live` and `state`.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import session
import tap

USR_LINKS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
PASSWD = "root:x:0:0:root:/root:/bin/sh\ndev:x:1000:1000:dev:/home/dev:/bin/sh\n"
GROUP = "root:x:0:\ndev:x:1000:\n"
# What the engines give a container that asks for nothing, and SYS_PTRACE, which debuggers are told to ask for.
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYS_CHROOT", "SYS_PTRACE")]
NAMESPACES = ("pid", "ipc", "uts", "mount")


def make_root(directory):
    """Links into /usr, users, and places to mount on."""
    directory = pathlib.Path(directory)
    for name in USR_LINKS:
        if pathlib.Path("/", name).is_symlink():
            (directory / name).symlink_to("usr/" + name)
    for name in ("usr", "etc", "dev", "proc", "sys", "run/dbgscope", "var/lib/dbgscope", "root", "home/dev", "tmp", "data"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "tmp").chmod(0o1777)
    (directory / "etc/passwd").write_text(PASSWD)
    (directory / "etc/group").write_text(GROUP)
    return directory


def seen_inside():
    """What of the tests' own files is mounted at its place: the binary, the programs."""
    places = {os.path.dirname(os.path.realpath(tap.dbgscope)), os.path.realpath(os.environ["DBGSCOPE_PROGRAMS"]),
              os.path.dirname(tap.program("leak"))}  # in a guest of another release its own Go has built it
    return sorted(place for place in places if not place.startswith("/usr/"))


def warm():
    """Reads what containers execute, so that its pages are charged to us: else, at its limit, a container's own code goes from memory and
    comes back for minutes before anybody is killed, where disks are as slow as an emulated machine's."""
    tools = [shutil.which(name) for name in ("dlv", "gdb", "sh", "sleep")]
    for path in [tap.dbgscope, *pathlib.Path(os.environ["DBGSCOPE_PROGRAMS"]).iterdir(), *filter(None, tools),
                 *pathlib.Path("/usr/lib").glob("*-linux-gnu/lib[cm].so.6"), *pathlib.Path("/usr/lib").glob("*-linux-gnu/ld-*.so.2")]:
        if pathlib.Path(path).is_file():
            pathlib.Path(path).read_bytes()


def memory_cgroup(pid):
    """"/machine.slice/libpod-….scope/container": of the hierarchy that carries memory."""
    lines = [line.split(":", 2) for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    return next((path for _, names, path in lines if "memory" in names.split(",")), lines[-1][2])


class Container:
    """Knows how to execute a command inside: `words` before it."""

    def __init__(self, words, live, state, pid):
        self.words, self.live, self.state, self.pid = words, pathlib.Path(live), pathlib.Path(state), pid
        self._cgroup = memory_cgroup(pid).removesuffix("/init.scope")  # where systemd is its first process

    def runs(self, name):
        """Whether a process of that name is alive in it, as this machine sees it."""
        for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
            pid = int(comm.parent.name)
            with contextlib.suppress(OSError):
                if comm.read_text().strip() == name and memory_cgroup(pid).startswith(self._cgroup) and session.alive(pid):
                    return True
        return False

    def records(self):
        found = []
        for file in self.live.glob("*.json"):
            try:
                found.append(json.loads(file.read_text()))
            except (OSError, ValueError):  # gone, or half written
                continue
        return found

    def record(self):
        """The one live record."""
        return tap.wait_until(lambda: next(iter(self.records()), None), session.PATIENCE_S, message="a live record")

    def ended(self, name):
        def look():
            with contextlib.suppress(OSError):
                for line in (self.state / "history.jsonl").read_text().split("\n")[:-1]:  # one that is being written has no end yet
                    if name in line:
                        return json.loads(line)
            return None
        return tap.wait_until(look, session.PATIENCE_S, message=f"{name} in the history")

    def run(self, *command, **options):
        return tap.run([*self.words, *command], timeout=session.PATIENCE_S, **options)

    def succeed(self, *command, **options):
        return tap.succeed([*self.words, *command], timeout=session.PATIENCE_S, **options)


@contextlib.contextmanager
def folders():
    warm()
    with tempfile.TemporaryDirectory(prefix="container-", ignore_cleanup_errors=True) as name:
        for part in ("live", "state", "data"):
            pathlib.Path(name, part).mkdir()
        yield pathlib.Path(name)


def _oci(folder, limit, writable, cgroupns, environment, command):
    """An OCI bundle's config.json as runc and crun read it."""
    def mount(place, kind, *options):
        return {"destination": place, "type": kind, "source": kind, "options": list(options)}

    def bind(source, place, *options):
        return {"destination": place, "type": "bind", "source": str(source), "options": ["rbind", *options]}
    mode = "rw" if writable else "ro"
    return {
        "ociVersion": "1.0.2",
        "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": command, "cwd": "/data",
                    "env": environment, "noNewPrivileges": False,
                    "capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")}},
        "root": {"path": str(folder / "root"), "readonly": False},
        "hostname": "container",
        "mounts": [
            mount("/proc", "proc", "nosuid", "noexec", "nodev"),
            mount("/dev", "tmpfs", "nosuid", "mode=755"),
            mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", mode),
            bind("/usr", "/usr", "ro"),
            bind(folder / "live", "/run/dbgscope"), bind(folder / "state", "/var/lib/dbgscope"), bind(folder / "data", "/data"),
            *(bind(place, place, "ro") for place in seen_inside())],
        "linux": {
            "cgroupsPath": f"/dbgscope-test-{folder.name}",
            "resources": {"memory": {"limit": limit, "swap": limit}},
            "namespaces": [{"type": kind} for kind in (*NAMESPACES, *(["cgroup"] if cgroupns == "private" else []))],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]}}


@contextlib.contextmanager
def _bundle(runtime, limit, writable, cgroupns, command):
    """Its directory, and the words before each of the runtime's verbs."""
    if not shutil.which(runtime):
        tap.skip(f"{runtime} is not installed")
    with folders() as folder:
        for part in ("root", "store"):
            (folder / part).mkdir()
        make_root(folder / "root")
        environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb"]
        config = _oci(folder, limit, writable, cgroupns, environment, [str(word) for word in command])
        (folder / "config.json").write_text(json.dumps(config))
        yield folder, [runtime, "--root", str(folder / "store")]


@contextlib.contextmanager
def bundle(runtime, limit, writable=False, cgroupns="private"):
    """A container of runc's or crun's own, without an engine."""
    with _bundle(runtime, limit, writable, cgroupns, ["sleep", "600"]) as (folder, base):
        with open(folder / "output", "wb") as output:
            started = subprocess.run([*base, "run", "--detach", "--bundle", str(folder), "--pid-file", str(folder / "pid"),
                                      folder.name], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        said = (folder / "output").read_text(errors="replace")
        tap.equal(started.returncode, 0, said)
        try:
            yield Container([*base, "exec", folder.name], folder / "live", folder / "state", int((folder / "pid").read_text()))
        finally:
            tap.run([*base, "delete", "--force", folder.name])


@contextlib.contextmanager
def bundle_of(runtime, limit, *command):
    """A command that is the container: what came of it, and the directory that it has as /data."""
    with _bundle(runtime, limit, False, "private", command) as (folder, base):
        yield tap.run([*base, "run", "--bundle", folder, folder.name], timeout=session.PATIENCE_S), folder / "data"


def _imported(podman):
    """The image, made here: nothing is fetched. Once for each user's store."""
    image = "localhost/links:latest"
    if subprocess.run([*podman, "image", "exists", image], check=False).returncode != 0:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "root").mkdir()
            make_root(folder / "root")
            tap.succeed(["tar", "--owner=0", "--group=0", "-C", folder / "root", "-cf", folder / "root.tar", "."])
            tap.succeed([*podman, "import", "-q", folder / "root.tar", image], timeout=session.PATIENCE_S)
    return image


def mounts(folder):
    """Options of `podman run` that show this machine's /usr, and give the container directories of its own."""
    places = [("/usr", "/usr", "ro"), *((place, place, "ro") for place in seen_inside()),
              *((folder / name, place, "rw") for name, place in
                (("live", "/run/dbgscope"), ("state", "/var/lib/dbgscope"), ("data", "/data")))]
    return [f"--volume={source}:{place}:{mode}" for source, place, mode in places]


@contextlib.contextmanager
def podman(runtime, *options, limit="256m"):
    """A container of podman's, rootful or rootless by who asks, in which nothing runs yet."""
    base = ["podman", f"--runtime={runtime}"]
    with folders() as folder:
        name = folder.name
        tap.succeed([*base, "run", "--detach", f"--name={name}", f"--memory={limit}", "--network=none", *mounts(folder),
                     "--workdir=/data", *options, _imported(base), "sleep", "600"], timeout=session.PATIENCE_S)
        try:
            pid = tap.succeed([*base, "inspect", "--format={{.State.Pid}}", name], timeout=session.PATIENCE_S).stdout
            yield Container([*base, "exec", "--interactive", name], folder / "live", folder / "state", int(pid))
        finally:
            tap.run([*base, "rm", "--force", "--time=0", name], timeout=session.PATIENCE_S)


@contextlib.contextmanager
def podman_of(runtime, *command, limit="256m"):
    """As bundle_of()."""
    base = ["podman", f"--runtime={runtime}"]
    with folders() as folder:
        yield tap.run([*base, "run", "--rm", f"--memory={limit}", "--network=none", *mounts(folder), "--workdir=/data",
                       _imported(base), *command], timeout=session.PATIENCE_S), folder / "data"


def server_image(*names):
    """An image with what a pod's containers execute in it, and the libraries of that, by all these names."""
    files = {"/usr/local/bin/dbgscope": tap.dbgscope, "/usr/local/bin/server": tap.program("leak"),
             **{path: path for path in ("/usr/bin/sleep", "/usr/bin/cat", "/usr/bin/ls", "/usr/bin/dlv")}}
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name, "root")
        root.mkdir()
        make_root(root)
        for place, source in list(files.items()):
            needed = re.findall(r"(/\S+) \(0x", tap.run(["ldd", source]).stdout)
            for path in (place, *(os.path.realpath(os.path.dirname(lib)) + "/" + os.path.basename(lib) for lib in needed)):
                (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source if path == place else path, root / path.lstrip("/"))
        tap.succeed(["tar", "--owner=0", "--group=0", "-C", root, "-cf", f"{name}/root.tar", "."], timeout=session.PATIENCE_S)
        tap.succeed(["podman", "import", "-q", "--change=ENV PATH=/usr/local/bin:/usr/bin:/bin", f"{name}/root.tar", names[0]], timeout=session.PATIENCE_S)
    for other in names[1:]:
        tap.succeed(["podman", "tag", names[0], other], timeout=session.PATIENCE_S)
