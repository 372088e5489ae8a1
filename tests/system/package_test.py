# SPDX-License-Identifier: Apache-2.0
"""The Debian package in clean roots of Debian 12 and 13: installed, used, and gone without a trace. The tar file there."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import minimal_root
import package
import tap
import tarball
import vmroot
from tap import test

# Inside the root, before and after; what dpkg and apt write in their own places does not count.
SNAPSHOT = r"""find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /var/lib/dpkg -o -path /var/log \
  -o -path /var/cache -o -path /var/lib/apt -o -path /root/.local \) -prune -o -print | sort"""
SHIPPED = [
    "/usr/bin/dbgscope",
    "/usr/share/man/man1/dbgscope.1.gz",
    "/usr/share/man/man5/dbgscope-profile.5.gz",
    "/usr/share/man/man7/dbgscope-watch.7.gz",
    "/usr/share/bash-completion/completions/dbgscope",
    "/usr/share/zsh/vendor-completions/_dbgscope",
    "/usr/share/fish/vendor_completions.d/dbgscope.fish",
    "/usr/lib/systemd/system/debug.slice",
    "/usr/lib/systemd/user/debug.slice",
    "/usr/share/doc/dbgscope/README.md.gz",
    "/usr/share/doc/dbgscope/changelog.gz",
    "/usr/share/doc/dbgscope/changelog.Debian.gz",
    "/usr/share/doc/dbgscope/copyright",
]


def built():
    """The package of HEAD."""
    try:
        return package.build()
    except package.Failed as failure:
        tap.fail(str(failure))


class Root:
    """A throw-away copy of a minimal root, entered in mount and pid namespaces of its own."""

    def __init__(self, directory):
        self.directory = directory

    def run(self, script, **options):
        """A shell script inside, as root. There is no /sys: what runs there can leave no cgroup on this machine."""
        inside = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /bin/sh -euc "$1"'
        env = {name: None for name in os.environ if name.startswith(("DBGSCOPE_", "XDG_"))}
        env |= {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}
        return tap.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inside, self.directory,
                        script], env=env, timeout=120, **options)

    def succeed(self, script):
        result = self.run(script)
        tap.equal(result.rc, 0, f"{script}\nstdout: {result.stdout}\nstderr: {result.stderr}")
        return result.stdout


@contextlib.contextmanager
def root(debian):
    if os.getuid() != 0:
        tap.skip("needs root: a root file system is entered")
    try:
        archive = minimal_root.find_or_make(debian)
    except vmroot.Unavailable as reason:
        tap.skip(str(reason))
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f"dbgscope-debian{debian}-"))
    try:
        subprocess.run(["tar", "-x", "--numeric-owner", "-C", str(directory), "-f", str(archive)], check=True)
        yield Root(directory)
    finally:
        shutil.rmtree(directory)


def install_use_remove(debian):
    deb = built()
    with root(debian) as inside:
        before = inside.succeed(SNAPSHOT)
        shutil.copy(deb, inside.directory / "tmp/dbgscope.deb")
        inside.succeed("apt-get install -y --no-install-recommends /tmp/dbgscope.deb")
        version = inside.succeed("dbgscope --version")
        tap.contains(version, "dbgscope 0.")
        tap.contains(version, "allocations (BPF)")
        # No limit can be set here; the command runs, in silence, and with its own status.
        for words in ("run -q -- true", "run -q --memory-max=64M -- true"):
            result = inside.run(f"dbgscope {words}")
            tap.equal((result.rc, result.stdout, result.stderr), (0, "", ""), words)
        tap.equal(inside.run("dbgscope run -q -- sh -c 'exit 3'").rc, 3)
        nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups --reset-env"
        tap.equal(inside.succeed(f"{nobody} dbgscope run -q -- id -u"), "65534\n")
        tap.contains(inside.run("dbgscope run --memory-max=64M -- true").stderr, "dbgscope: ")  # and loud without -q
        tap.equal(inside.run("dbgscope dlv exec ./x").rc, 127)  # only suggested by the package
        listed = inside.succeed("dpkg -L dbgscope").split()
        tap.equal([path for path in SHIPPED if path not in listed], [])
        inside.succeed("bash -n /usr/share/bash-completion/completions/dbgscope")
        inside.succeed("dpkg --verify dbgscope")
        inside.succeed("dpkg -P dbgscope")
        after = inside.succeed(SNAPSHOT)
        tap.equal(sorted(set(after.split("\n")) ^ set(before.split("\n"))), [], "left behind, or taken away")


@test("package", timeout=3600)
def test_the_tar_file():
    """Debian 12 and 13 have nothing of what we link; what older C libraries lack, build() itself looks for."""
    try:
        archive = tarball.build()
    except package.Failed as failure:
        tap.fail(str(failure))
    for debian in ("12", "13"):
        with root(debian) as inside:
            before = inside.succeed(SNAPSHOT)
            inside.succeed("mkdir -p /usr/local")
            subprocess.run(["tar", "-x", "--strip-components=1", "-C", str(inside.directory / "usr/local"), "-f", str(archive)],
                           check=True)
            tap.contains(inside.succeed("dbgscope --version"), "allocations (BPF)")
            tap.equal(inside.run("dbgscope run -q --memory-max=64M -- sh -c 'exit 3'").rc, 3)
            tap.contains(inside.succeed("ls /usr/local/share/man/man1"), "dbgscope.1")
            inside.succeed("bash -n /usr/local/share/bash-completion/completions/dbgscope")
            added = set(inside.succeed(SNAPSHOT).split("\n")) - set(before.split("\n"))
            tap.equal([path for path in added if not path.startswith("/usr/local/")], [])


@test("package", timeout=3600)
def test_debian_12():
    install_use_remove("12")


@test("package", timeout=600)
def test_debian_13():
    install_use_remove("13")


@test("host")
def test_the_units_are_sound():
    with tempfile.TemporaryDirectory(prefix="dbgscope-units-") as work:
        for manager in ("system", "user"):
            unit = pathlib.Path(work, manager, "debug.slice")
            unit.parent.mkdir()
            shutil.copy(package.REPO / "packaging/debug.slice", unit)
            result = tap.run(["systemd-analyze", f"--{manager}", "--man=no", "verify", unit],
                             env={"XDG_RUNTIME_DIR": work, "SYSTEMD_LOG_LEVEL": "warning"})
            said = [line for line in result.stderr.splitlines() if "debug.slice" in line]
            tap.equal((result.rc, said), (0, []), result.stderr)


if __name__ == "__main__":
    tap.main()
