# SPDX-License-Identifier: Apache-2.0
"""What is committed as a tar file for machines without our Debian package; prints its path.

dbgscope-VERSION-linux-ARCHITECTURE/ with bin/, share/ and lib/systemd/ as they lie below /usr/local. The binary needs the C
library alone, and of that no symbol younger than OLDEST_GLIBC, whatever the machine it was built on has.
"""

import os
import pathlib
import re
import shutil
import subprocess

import package

PLACE = package.PLACE.parent / "tarball"
OLDEST_GLIBC = (2, 35)  # Ubuntu 22.04; libgcc's unwinder asks for _dl_find_object, which came with it
PREFIX = "usr/local"


def needed_glibc(binary):
    """The youngest version of a symbol it needs, and what it needs that is no version: "GLIBC_ABI_DT_RELR"."""
    listed = subprocess.run(["objdump", "-p", str(binary)], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"\bGLIBC_(\S+)", listed))
    versions = [tuple(map(int, version.split("."))) for version in needed if version[0].isdigit()]
    return max(versions), sorted(version for version in needed if not version[0].isdigit())


def build():
    """The path of the tar file. Raises package.Failed."""
    number = package.version().removesuffix("-1")
    name = f"dbgscope-{number}-linux-{os.uname().machine}"
    tree, log = PLACE / "dbgscope", PLACE / "log"
    shutil.rmtree(PLACE, ignore_errors=True)
    package.export_head(tree)
    package.run(["meson", "setup", "../build", f"--prefix=/{PREFIX}", "--sysconfdir=/etc", "--libdir=lib", "-Dtests=false",
                 "-Dwerror=false", "-Dpacked_relocations=false", "-Dbpf=enabled"], tree, log)
    package.run(["nice", "ninja", "-C", "../build"], tree, log)
    package.run(["meson", "install", "-C", "../build", "--no-rebuild", "--strip", "--destdir", PLACE / "stage"], tree, log)
    (PLACE / "stage" / PREFIX).rename(PLACE / name)
    youngest, others = needed_glibc(PLACE / name / "bin/dbgscope")
    if youngest > OLDEST_GLIBC or others:
        raise package.Failed(f"the binary needs glibc {youngest} and {others}; at most {OLDEST_GLIBC} was promised")
    moment = package.git("log", "-1", "--format=%ct")
    package.run(["tar", "--sort=name", f"--mtime=@{moment}", "--owner=0", "--group=0", "--numeric-owner", "-czf",
                 f"{name}.tar.gz", name], PLACE, log)
    return PLACE / f"{name}.tar.gz"
