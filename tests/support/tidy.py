#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What clang-tidy says of src/, as many files at a time as there are processors; what has not changed since it was clean is
not read again.

usage: tidy.py [--changed] BUILD_DIR   (needs BUILD_DIR/compile_commands.json)
  (nothing)    every file
  --changed    what differs from the branch this one came from, else from the commit before; the largest differences first,
               and no longer than three minutes
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

TIDY = "clang-tidy-19"
BUDGET_S = 180
# clang sees the deprecated helper inside libstdc++ 12's own stable_sort
# and the build has warnings of g++ switched off that clang has not
QUIET = ("-Wno-deprecated-declarations", "-Wno-unknown-warning-option")


def git(*words):
    """Its lines; None where git says no: no such commit in a shallow clone, no repository in a tarball."""
    run = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return run.stdout.splitlines() if run.returncode == 0 else None


def base_commit():
    """Where this branch left the one it came from, else the commit before this one; None: there is neither."""
    head = git("rev-parse", "HEAD")
    for branch in ("origin/HEAD", "origin/main", "main"):
        base = git("merge-base", "HEAD", branch)
        if base and base != head:
            return base[0]
    before = git("rev-parse", "--verify", "--quiet", "HEAD~1")
    return before[0] if before else None


def changed_sources():
    """The sources that differ, and those beside a header that does; the largest differences first. None: nothing to compare with."""
    base = base_commit()
    differences = git("diff", "--numstat", base, "--", "src") if base else None
    if differences is None:
        return None
    sizes = {}
    for line in differences:
        added, _, name = line.split("\t")
        source = pathlib.Path(name).with_suffix(".cpp")
        if source.exists() and added.isdigit():
            sizes[source] = sizes.get(source, 0) + int(added)
    return sorted(sizes, key=lambda source: -sizes[source])


def commands(build):
    """source -> the command that reads it; built for this machine only, so compile_commands.json knows each."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(os.path.relpath(os.path.join(entry["directory"], entry["file"])))
        if not source.as_posix().startswith("src/"):
            continue
        found[source] = [TIDY, "--quiet", *(f"--extra-arg={word}" for word in QUIET), "-p", ".", entry["file"]]
    return found


def digest_of(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("build", type=pathlib.Path)
    options = parser.parse_args()
    known = commands(options.build)
    asked = changed_sources() if options.changed else None
    if options.changed and asked is None:
        print("clang-tidy: NOTHING COMPARED, so no file was read: this is a shallow clone without the commit before, or no repository. "
              "./dev lint reads every file")
        return 0
    headers = sorted([*pathlib.Path("include").rglob("*.hpp"), *pathlib.Path("src").rglob("*.hpp"), pathlib.Path(".clang-tidy")])
    shared = digest_of(headers)
    stamps = options.build / "tidy"
    stamps.mkdir(exist_ok=True)
    todo = []
    for source in asked if options.changed else sorted(known):
        stamp = stamps / hashlib.sha256((shared + digest_of([source])).encode()).hexdigest()
        if source in known and not stamp.exists():
            todo.append((source, stamp))
    return read_all(todo, known, options)


def read_all(todo, known, options):
    end = time.monotonic() + BUDGET_S if options.changed else float("inf")
    failed, late = 0, []

    def check(job):
        source, stamp = job
        if time.monotonic() > end:
            return source, None
        run = subprocess.run(known[source], cwd=options.build, capture_output=True, text=True, check=False)
        if run.returncode == 0 and not run.stdout.strip() and "warning:" not in run.stderr:
            stamp.touch()
            return source, ""
        return source, run.stdout + run.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for number, (source, said) in enumerate(pool.map(check, todo), 1):
            sys.stderr.write(f"\r\x1b[Kclang {number}/{len(todo)} {source}" if sys.stderr.isatty() else "")
            if said is None:
                late.append(str(source))
            elif said:
                failed += 1
                print(f"\n{source}:\n{said}")
    print(f"clang-tidy: {len(todo) - len(late)} files read, {failed} with findings")
    if late:
        print(f"clang-tidy: not read within {BUDGET_S} s: {' '.join(late)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
