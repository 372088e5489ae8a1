#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over src/, two files at a time; what has not changed since it was clean is not read again.

usage: tidy.py BUILD_DIR   (needs BUILD_DIR/compile_commands.json)
"""
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys

TIDY = "clang-tidy-19"
# clang sees the deprecated helper inside libstdc++ 12's own stable_sort
# fmt's declarations are enough to read, and a quarter of the time
EXTRA = ["--extra-arg=-Wno-deprecated-declarations", "--extra-arg=-UFMT_HEADER_ONLY"]


def digest_of(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def main():
    build = pathlib.Path(sys.argv[1])
    headers = sorted([*pathlib.Path("include").rglob("*.hpp"), *pathlib.Path("src").rglob("*.hpp"), pathlib.Path(".clang-tidy")])
    shared = digest_of(headers)
    stamps = build / "tidy"
    stamps.mkdir(exist_ok=True)
    todo = []
    for source in sorted(pathlib.Path("src").rglob("*.cpp")):
        stamp = stamps / hashlib.sha256((shared + digest_of([source])).encode()).hexdigest()
        if not stamp.exists():
            todo.append((source, stamp))
    failed = 0

    def check(job):
        source, stamp = job
        run = subprocess.run([TIDY, "--quiet", *EXTRA, "-p", str(build), str(source)], capture_output=True, text=True, check=False)
        if run.returncode == 0:
            stamp.touch()
        return source, run

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for number, (source, run) in enumerate(pool.map(check, todo), 1):
            sys.stderr.write(f"\r\x1b[Ktidy {number}/{len(todo)} {source}" if sys.stderr.isatty() else "")
            if run.returncode != 0:
                failed += 1
                print(f"\n{source}:\n{run.stdout}{run.stderr}")
    print(f"clang-tidy: {len(todo)} files read, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
