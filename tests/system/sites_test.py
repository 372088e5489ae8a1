# SPDX-License-Identifier: Apache-2.0
"""Sites of real Go programs against what they are known to hold, and against Go's own profile: one site, ten and two hundred,
loaded where the linker said and elsewhere; by the Go in place, Debian 13's and the newest in sid."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import editors
import many_sites
import tap
from inside import by_function, look, pprof_top
from session import MIB, Session

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "support/programs/sites/main.go"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
# function: bytes it holds (programs/sites/main.go)
TRUTH = {"main.huge": 24 * MIB, "main.large": 16 * MIB, "main.pages": 12 * MIB, "main.small": 10 * MIB,
         "main.linked": 8 * MIB, "main.words": 8 * MIB, "main.kept": 6 * MIB, "main.halfFreed": 4 * MIB,
         "main.fill": 3 * MIB}


def build_ten(folder, *flags, go="go"):
    program = f"{folder}/sites"
    subprocess.run([go, "build", *flags, "-o", program, SOURCE], check=True,
                   env={**os.environ, "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local"})
    return program


def heap_of(program):
    return json.loads(look("heap", "--pid", str(program.pid), "--json"))


def check_ten(found):
    tap.equal(found["ranked_by"], "live")
    held = by_function(found["sites"])
    for function, truth in TRUTH.items():
        tap.true(abs(held.get(function, 0) - truth) < 0.1 * truth,
                 f"{function}: {held.get(function, 0) / MIB:.1f} of {truth / MIB:.0f} MiB")
    tap.true("main.dropped" not in held or held["main.dropped"] < MIB, "freed memory is still counted")
    largest = [name for name, _ in sorted(held.items(), key=lambda item: -item[1])][:4]
    tap.equal(largest, list(TRUTH)[:4])
    gc = found["gc"]
    tap.true(gc["forced_cycles"] >= 2 and gc["cycles"] >= gc["forced_cycles"], f"{gc}")
    tap.true(abs(gc["heap_live_bytes"] - sum(TRUTH.values())) < 8 * MIB, f"{gc}")


def check_many(sites, *flags, go="go"):
    """The tool that reads Go's own profile is that of the Go that is in place."""
    with tempfile.TemporaryDirectory() as folder:
        binary, truth = many_sites.build(folder, sites, *flags, go=go)
        with Session([binary, f"{folder}/own"], env=CLEAN) as program:
            program.match("many: ready")
            held = by_function(heap_of(program)["sites"])
        how = f"{go} {flags} {sites}"
        whole = sum(truth.values())
        for function, size in truth.items():
            if size > 0.05 * whole:
                tap.true(abs(held.get(function, 0) - size) < 0.1 * size, f"{how}: {function} {held.get(function)} {size}")
        largest = [name for name, _ in sorted(held.items(), key=lambda item: -item[1]) if name in truth][:5]
        tap.equal(largest, list(truth)[:5], how)
        tap.true(len([name for name in truth if held.get(name, 0) > 0]) >= 0.99 * sites, f"{how} sites: {len(held)}")
        tap.true(held.get("main.table", 0) > 4 * MIB, f"{how}: the map")
        theirs = pprof_top(binary, f"{folder}/own", "-nodefraction=0", "-nodecount=1000", "-sample_index=inuse_space")
        for function, size in held.items():
            if size > MIB:
                tap.true(abs(theirs.get(function, 0) - size) < 0.03 * size, f"{how}: {function} {size}, go: {theirs.get(function)}")


@tap.test("host")
def ten_sites_agree_with_the_truth():
    with Session([tap.program("sites")], env=CLEAN) as program:
        program.match("sites: ready")
        check_ten(heap_of(program))


@tap.test("host", timeout=180)
def one_site_and_two_hundred_agree_with_the_truth_and_with_go():
    check_many(1)
    check_many(200)


@tap.test("editors", timeout=600)
def so_do_those_of_other_versions_of_go():
    for root in ("trixie", "sid"):
        go = next((editors.find(root) / "usr/lib").glob("go-1.*/bin/go"))
        for flags in ((), ("-buildmode=pie",)):
            with tempfile.TemporaryDirectory() as folder:
                with Session([build_ten(folder, *flags, go=go)], env=CLEAN) as program:
                    program.match("sites: ready")
                    check_ten(heap_of(program))
            for sites in (1, 200):
                check_many(sites, *flags, go=go)


@tap.test("host")
def a_program_that_is_loaded_elsewhere_and_deleted_is_read_all_the_same():
    with tempfile.TemporaryDirectory() as folder:
        program = build_ten(folder, "-buildmode=pie")
        with Session([program], env=CLEAN) as started:
            started.match("sites: ready")
            os.unlink(program)
            pathlib.Path(program).write_text("another file of that name")
            found = heap_of(started)
            tap.equal((found["sites"][0]["function"], found["sites"][0]["live_bytes"]), ("main.huge", 24 * MIB))


if __name__ == "__main__":
    tap.main()
