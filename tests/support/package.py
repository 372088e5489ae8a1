#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package of what is committed; prints its path.

HEAD is exported to $DBGSCOPE_BUILD/package/dbgscope and built there, always in the same place: what the compiler cache
knows of one build serves the next. The debian/ directory is packaging/debian, with a changelog made from meson.build's
version: "0.1.0-1" where HEAD has the tag v0.1.0, else a snapshot before it, "0.1.0~20261122T1807.efc0e1c-1".
"""

import argparse
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
PLACE = (REPO / os.environ.get("DBGSCOPE_BUILD", "build") / "package").resolve()
# Beside what building needs (./dev setup): packages that only packaging does.
TOOLS = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "lintian": "lintian"}
LINTIAN = ["--info", "--fail-on", "error,warning"]


class Failed(Exception):
    """The package was not made; the text has the end of the log."""


def git(*words):
    return subprocess.run(["git", *words], cwd=REPO, capture_output=True, text=True, check=True).stdout.strip()


def version():
    meson = git("show", "HEAD:meson.build")
    release = re.search(r"^\s*version: '([0-9.]+)'", meson, re.M).group(1)
    if f"v{release}" in git("tag", "--points-at", "HEAD").split():
        return f"{release}-1"
    moment = git("log", "-1", "--format=%cd", "--date=format-local:%Y%m%dT%H%M")
    return f"{release}~{moment}.{git('rev-parse', '--short', 'HEAD')}-1"


def changelog(number):
    maintainer = re.search(r"^Maintainer: (.*)$", (REPO / "packaging/debian/control").read_text(), re.M).group(1)
    return (f"dbgscope ({number}) unstable; urgency=medium\n\n"
            "  * See /usr/share/doc/dbgscope/changelog.gz.\n\n"
            f" -- {maintainer}  {git('log', '-1', '--format=%cD')}\n")


def export_head(tree):
    tree.mkdir(parents=True)
    archive = subprocess.Popen(["git", "archive", "HEAD"], cwd=REPO, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(tree)], stdin=archive.stdout, check=True)
    if archive.wait() != 0:
        raise Failed("git archive failed")


def export(tree, number):
    """HEAD, with debian/ where dpkg-buildpackage looks for it."""
    shutil.rmtree(PLACE, ignore_errors=True)
    export_head(tree)
    shutil.copytree(tree / "packaging/debian", tree / "debian")
    (tree / "debian/changelog").write_text(changelog(number))


def environment():
    """dh gives the build a home of its own: the compiler cache is named to it."""
    env = {**os.environ, "DEB_BUILD_OPTIONS": "nocheck", "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct")}
    for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS"):
        env.pop(name, None)
    if shutil.which("ccache"):
        asked = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True, check=True)
        env["CCACHE_DIR"] = asked.stdout.strip()
        env.setdefault("CCACHE_SLOPPINESS", "pch_defines,time_macros")  # as in dev: else it keeps nothing
    return env


def run(command, tree, log):
    """Adds its output to the log. Raises Failed."""
    with open(log, "ab") as out:
        done = subprocess.run(command, cwd=tree, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    if done.returncode != 0:
        last = log.read_text(errors="replace").splitlines()[-40:]
        raise Failed(f"{' '.join(command)} ended with {done.returncode}; all of it is in {log}\n" + "\n".join(last))


def build():
    """The path of the package; made once for a commit. One at a time."""
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        raise Failed(f"not installed: {' '.join(missing)} (./dev setup installs what is needed)")
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    with open(PLACE.parent / "package.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree, log, made = PLACE / "dbgscope", PLACE / "log", PLACE / "commit"
        number, commit = version(), git("rev-parse", "HEAD")
        architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
        stem = f"dbgscope_{number}_{architecture.stdout.strip()}"
        if not made.exists() or made.read_text() != commit:
            export(tree, number)
            run(["nice", "dpkg-buildpackage", "-b", "-us", "-uc"], tree, log)
            made.write_text(commit)
        run(["lintian", *LINTIAN, f"../{stem}.changes"], tree, log)
    return PLACE / f"{stem}.deb"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tar", action="store_true", help="a tar file for other machines instead (tarball.py)")
    options = parser.parse_args()
    if git("status", "--porcelain"):
        print("package: what is not committed is not in it", file=sys.stderr)
    import tarball  # here: it imports this module, which is not __main__ then

    try:
        print(tarball.build() if options.tar else build())
    except (Failed, tarball.package.Failed) as failure:
        sys.exit(f"package: {failure}")


if __name__ == "__main__":
    main()
