# SPDX-License-Identifier: Apache-2.0
"""The smallest Debian that has apt, kept as a tar file: where a package must install without what a developer has."""

import fcntl
import os
import shutil
import subprocess

import vmroot

VERSION = 1  # raise when a change below must reach archives that exist


def _make(suite, archive):
    log = archive.with_suffix(".log")
    half = archive.with_suffix(".half.tar")
    command = [*vmroot.MMDEBSTRAP, "--mode=root", "--variant=apt", "--format=tar", "--skip=cleanup/apt/lists",
               *(f"--aptopt={option}" for option in vmroot.apt_options()), suite, str(half), *vmroot.mirror_lines(suite)]
    with open(log, "wb") as out:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out).returncode
    if status != 0:
        half.unlink(missing_ok=True)
        raise vmroot.BuildFailure(f"mmdebstrap ended with {status}\n" + log.read_text(errors="replace")[-3000:])
    log.unlink()
    half.rename(archive)


def find_or_make(debian):
    """The tar file. Raises vmroot.Unavailable, vmroot.BuildFailure."""
    suite = vmroot.SUITES[debian]
    cache = vmroot.cache_dir().parent / "roots"
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / f"{suite}-{VERSION}.tar"
    with open(cache / f"{suite}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            if not shutil.which("mmdebstrap"):
                raise vmroot.Unavailable("mmdebstrap is not installed")
            if os.getuid() != 0:
                raise vmroot.Unavailable(f"making the Debian {debian} root needs root (once; then it is in {cache})")
            _make(suite, archive)
    return archive
