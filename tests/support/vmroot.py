# SPDX-License-Identifier: Apache-2.0
"""Makes and keeps the root file systems that vm.py boots."""

import ctypes
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1
SUITES = {"12": "bookworm", "13": "trixie", "sid": "sid"}
PACKAGES = [
    "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "linux-image-cloud-amd64", "python3",
    "delve", "golang-go", "gdb", "gdbserver", "passwd", "procps", "strace", "util-linux", "libsystemd0", "libseccomp2",
]
# Beside those, by the suite: what its smallest root has not any more.
SUITE_PACKAGES = {"sid": ["bsdutils"]}  # script(1)
# Beside those, by the environment that asks: the engines and sandboxes that people put debuggers into.
EXTRA_PACKAGES = {
    "containers": ["podman", "crun", "runc", "uidmap", "slirp4netns", "catatonit", "bubblewrap",
                   "systemd-container"],
    # Debian 13 and later: in 12 the client is part of docker.io. grpcio speaks to containerd's CRI. With apparmor, which
    # docker.io recommends, each engine puts a profile of its own in force.
    "docker": ["docker.io", "docker-cli", "docker-compose", "containerd", "runc", "lxc", "apparmor", "uidmap", "iproute2",
               "rootlesskit", "slirp4netns", "python3-grpcio"],
}
# What of these would start with the machine: a test starts what it needs.
EXTRA_DISABLED = {
    "docker": ["docker.service", "docker.socket", "containerd.service", "lxc.service", "lxc-net.service",
               "lxc-monitord.service"],
}
PAYLOAD = "/opt/dbgscope-test"
GO_CACHE = "/var/cache/go-build"
# What test programs import: compiled while making the root, as it takes minutes in an emulated machine.
GO_WARM = "bufio encoding/json flag fmt os os/signal runtime/debug strings sync time"
DISK_SIZE = "3G"
VERSION = 1  # raise when a change below must reach roots that exist

# What would write to the results, or costs seconds in an emulated machine and matters to no test.
MASKED = [
    "serial-getty@ttyS0.service", "serial-getty@ttyS1.service", "getty@tty1.service",
    "apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer", "dpkg-db-backup.timer",
    "systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount", "systemd-random-seed.service",
    "systemd-sysusers.service", "systemd-modules-load.service", "systemd-journal-flush.service",
    "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "systemd-pstore.service",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "sys-fs-fuse-connections.mount",
    "dev-hugepages.mount", "dev-mqueue.mount", "e2scrub_reap.service", "systemd-hwdb-update.service",
    *(f"modprobe@{module}.service" for module in ("configfs", "dm_mod", "drm", "efi_pstore", "fuse", "loop")),
]

# What it mounts below the new root is seen by nobody else, and is gone with it: one that was killed has left this machine's
# /proc and /sys where a directory is removed.
MMDEBSTRAP = ("unshare", "--mount", "mmdebstrap")
# In the new root, as arguments of mmdebstrap's hooks ($1 is its directory).
BEFORE = r"""
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
echo MODULES=list > "$1/etc/initramfs-tools/conf.d/dbgscope"
printf 'virtio_pci\nvirtio_blk\next4\n' > "$1/usr/share/initramfs-tools/modules.d/dbgscope"
"""
AFTER = rf"""
set -e
chroot "$1" useradd --create-home --uid 1000 --shell /bin/bash dev
mkdir -p "$1/var/lib/systemd/linger" "$1{PAYLOAD}"
touch "$1/var/lib/systemd/linger/dev"
echo dbgscope-vm > "$1/etc/hostname"
echo '127.0.0.1 localhost dbgscope-vm' > "$1/etc/hosts"
rm -f "$1/etc/fstab"
cat > "$1/etc/systemd/system/dbgscope-test.service" <<END
[Unit]
After=multi-user.target user@1000.service
[Service]
ExecStartPre=/bin/mount -o ro /dev/vdb {PAYLOAD}
ExecStart=/bin/sh {PAYLOAD}/guest.sh
StandardInput=null
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
END
go="chroot $1 env HOME=/root CGO_ENABLED=0 GOCACHE={GO_CACHE} go"
$go build -gcflags='all=-N -l' {GO_WARM}
$go build {GO_WARM}
$go tool -n pprof  # from Go 1.25 on it is built when it is first asked for: minutes there, too
chmod -R a+rwX "$1{GO_CACHE}"
mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
ln -s ../dbgscope-test.service "$1/etc/systemd/system/multi-user.target.wants/"
for unit in {" ".join(MASKED)}; do
  ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
"""


class Unavailable(Exception):
    """This machine cannot make or run such a root; the text says why."""


class BuildFailure(Exception):
    """Making the root failed; the text has the end of the log."""


def die_with_parent():
    """For preexec_fn: SIGKILL when the thread that started us ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def cache_dir():
    base = os.environ.get("DBGSCOPE_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "dbgscope")
    return pathlib.Path(base) / "vm"


def os_release():
    text = pathlib.Path("/etc/os-release").read_text()
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.M))


def host_release():
    return os_release().get("VERSION_ID", "") if os_release().get("ID") == "debian" else ""


# Where this machine gets its packages.

def _stanzas(text):
    """Fields of a deb822 .sources file, one dict per stanza; continuation lines joined."""
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        joined = re.sub(r"\n[ \t]+", " ", "\n".join(lines))
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", joined, re.M))
        if fields:
            yield {key.lower(): value for key, value in fields.items()}


def apt_sources():
    """(options, uri, suite) of every binary archive in use, from apt's own files."""
    found = []
    for file in sorted(pathlib.Path("/etc/apt").glob("sources.list.d/*.sources")):
        for fields in _stanzas(file.read_text()):
            if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
                continue
            signed = fields.get("signed-by", "")  # a path; a key in the file itself is not handled
            options = f"[signed-by={signed}] " if signed.startswith("/") else ""
            found += [(options, uri, suite) for uri in fields.get("uris", "").split()
                      for suite in fields.get("suites", "").split()]
    lists = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.list"))]
    for file in filter(pathlib.Path.exists, lists):
        for match in re.finditer(r"^deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s", file.read_text(), re.M):
            found.append((match[1] or "", match[2], match[3]))
    return found


def mirror_lines(suite):
    """The sources.list of the new root: this machine's Debian archives, for that suite."""
    release = os_release()
    if release.get("ID") != "debian":
        raise Unavailable(f"the roots are made from this machine's Debian mirror, but this is {release.get('ID')}")
    own = release["VERSION_CODENAME"]
    archives = (own,) if suite == "sid" else (own, f"{own}-updates", f"{own}-security")  # sid has no others
    lines = [f"deb {options}{uri} {there.replace(own, suite)} main"
             for options, uri, there in apt_sources() if there in archives]
    if not lines:
        raise Unavailable(f"no source of {own} in this machine's /etc/apt")
    return list(dict.fromkeys(lines))


def apt_options():
    """Proxy, certificate and date settings; mmdebstrap does not read them by itself."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = re.compile(r'^Acquire::(https?|ftp|Check-Valid-Until|Check-Date|Retries|Queue-Mode)\b.* "[^"]+";$')
    return [line for line in dump.splitlines() if wanted.match(line)]


# Making one.

def _packages(suite, extra):
    return [*PACKAGES, *SUITE_PACKAGES.get(suite, ()), *EXTRA_PACKAGES.get(extra, ())]


def cache_key(suite, extra=""):
    parts = [suite, *sorted(_packages(suite, extra)), BEFORE, AFTER, DISK_SIZE, str(VERSION)]
    script = "\n".join([*parts, *EXTRA_DISABLED.get(extra, ())])
    return hashlib.sha256(script.encode()).hexdigest()[:12]


def make_disk(tree, image, size, owner_root=False):
    command = ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-L", "dbgscope"]
    command += ["-E", "root_owner=0:0"] if owner_root else []
    command += ["-d", str(tree), str(image), size]
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise BuildFailure(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")


def _make_tree(suite, extra, tree, log):
    command = [*MMDEBSTRAP, "--mode=root", "--variant=apt", "--include=" + ",".join(_packages(suite, extra)),
               "--setup-hook=" + BEFORE, "--customize-hook=" + AFTER, "--skip=cleanup/reproducible",
               "--dpkgopt=force-unsafe-io"]
    command += [f"--customize-hook=rm -f \"$1\"/etc/systemd/system/*.wants/{unit}" for unit in EXTRA_DISABLED.get(extra, ())]
    command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale", "info")]
    command += [f"--aptopt={option}" for option in apt_options()]
    command += [suite, str(tree), *mirror_lines(suite)]
    with open(log, "wb") as out:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode
    if status != 0:
        last = log.read_text(errors="replace").splitlines()[-50:]
        raise BuildFailure(f"mmdebstrap ended with {status}\n" + "\n".join("    " + line for line in last))


def _make(debian, extra, place, progress):
    suite = SUITES[debian]
    if not shutil.which("mmdebstrap"):
        raise Unavailable("mmdebstrap is not installed")
    if os.getuid() != 0:
        raise Unavailable(f"making the Debian {debian} root needs root (once; then it is in {place.parent})")
    start = time.monotonic()
    progress(f"making the Debian {debian} root, 1 to 3 minutes, once")
    with tempfile.TemporaryDirectory(prefix=".making-", dir=place.parent) as name:
        work = pathlib.Path(name)
        _make_tree(suite, extra, work / "tree", work / "log")
        progress(f"Debian {debian} is unpacked after {time.monotonic() - start:.0f} s")
        done = work / "done"
        done.mkdir()
        make_disk(work / "tree", done / "root.ext4", DISK_SIZE)
        for kind, link in (("vmlinuz", "vmlinuz"), ("initrd.img", "initrd")):
            newest = sorted((work / "tree/boot").glob(kind + "-*"))[-1]
            shutil.copy(newest, done / link)
        done.chmod(0o755)
        done.rename(place)
    for old in place.parent.glob(f"{place.name.rpartition('-')[0]}-*"):
        if old != place and old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
    progress(f"Debian {debian} is ready after {time.monotonic() - start:.0f} s: {place}")


def find_or_make(debian, progress, extra=""):
    """The directory with root.ext4, vmlinuz and initrd; one maker at a time. `extra`: of EXTRA_PACKAGES."""
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    name = SUITES[debian] if extra not in EXTRA_PACKAGES else f"{extra}-{SUITES[debian]}"
    place = cache / f"{name}-{cache_key(SUITES[debian], extra)}"
    with open(cache / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _make(debian, extra, place, progress)
    return place
