#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the test programs (programs/NAME/main.go, programs/NAME.c) that have changed.

    programs.py OUTDIR      prints each program it builds
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SOURCES = pathlib.Path(__file__).resolve().parent / "programs"


def build_go(source, out):
    """Static, unoptimised, with the go command in PATH; no network, no module."""
    out.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOPROXY": "off"}
    if "HOME" not in env and "GOCACHE" not in env:  # a service
        env["GOCACHE"] = str(pathlib.Path(tempfile.gettempdir(), f"dbgscope-go-{os.getuid()}"))
    files = sorted(file.name for file in source.glob("*.go"))
    subprocess.run(["go", "build", "-gcflags=all=-N -l", "-o", str(out), *files], cwd=source, env=env, check=True)


def build_c(source, out):
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([os.environ.get("CC", "cc"), "-g", "-O0", "-static", "-pthread", "-o", str(out), str(source)],
                   check=True)


def stale(out, files):
    return not out.exists() or any(f.stat().st_mtime > out.stat().st_mtime for f in files)


def build_all(out_dir):
    """Returns the names of what it built."""
    built = []
    for source in sorted(SOURCES.iterdir()):
        if source.is_dir() and stale(out_dir / source.name, source.glob("*.go")):
            build_go(source, out_dir / source.name)
        elif source.suffix == ".c" and stale(out_dir / source.stem, [source]):
            build_c(source, out_dir / source.stem)
        else:
            continue
        built.append(source.stem)
    return built


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        for name in build_all(pathlib.Path(sys.argv[1]).resolve()):
            print(f"built {name}")
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"programs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
