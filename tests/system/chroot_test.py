# SPDX-License-Identifier: Apache-2.0
"""In a chroot, which is no container: it has a name, and a cure that is its own."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

CLEAN = {"container": None, "DBGSCOPE_SESSION": None}
# The mounts are the shell's own and end with it. Without /sys: as most are made.
ENTER = 'mount -t proc proc "$0/proc" && exec chroot "$0" /dbgscope "$@"'


def fill(root):
    """The program and what it loads, at the places where it looks."""
    (root / "proc").mkdir()
    shutil.copy(tap.dbgscope, root / "dbgscope")
    for library in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", tap.dbgscope], capture_output=True, text=True).stdout):
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)


@tap.test("host", user="root")
def status_and_doctor_name_the_chroot_and_its_cure():
    with tempfile.TemporaryDirectory(prefix="dbgscope-chroot-") as name:
        fill(pathlib.Path(name))

        def inside(*words):
            return tap.run(["unshare", "--mount", "sh", "-c", ENTER, name, *words], env=CLEAN)
        status = inside("status")
        tap.equal(status.rc, 0, status.stderr)
        tap.contains(status.stdout, ", in a chroot\n")
        tap.contains(status.stdout, "outside of it: mount --rbind /sys/fs/cgroup DIR/sys/fs/cgroup")
        found = inside("doctor", "hierarchy").stdout
        tap.contains(" ".join(found.split()), "outside of it: mount --rbind /sys/fs/cgroup DIR/sys/fs/cgroup")
        tap.true("container" not in status.stdout, status.stdout)
        tap.contains(tap.succeed([tap.dbgscope, "status"], env=CLEAN).stdout.splitlines()[0], "kernel")
        tap.true("in a chroot" not in tap.succeed([tap.dbgscope, "status"], env=CLEAN).stdout, "the machine itself")


if __name__ == "__main__":
    tap.main()
