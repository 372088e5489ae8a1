# SPDX-License-Identifier: Apache-2.0
"""`-p Condition…=` and `-p Assert…=`: what systemd-run makes of them, and a scope that one of them keeps from starting."""

import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
from scope_runs import by_dbgscope, by_systemd_run

# `systemctl show` has no words for these; the unit file that the manager wrote has.
CONDITIONS = """\
ConditionPathExists=/
ConditionPathExists=|!/nowhere
ConditionPathExists=|/etc/*
ConditionHost=!some host
ConditionMemory=>=1
AssertKernelVersion=>=5
AssertPathIsDirectory=/usr
AssertPathIsDirectory=
AssertUser=root
""".splitlines()

def conditions_of(run, unit, assignments):
    result = run(unit, assignments, ["sh", "-c", f"grep -rhE '^(Condition|Assert)' /run/systemd/transient/{unit}*"])
    tap.equal(result.rc, 0, f"{run.__name__} {assignments}: {result.stderr}")
    return result.stdout.splitlines()


@tap.test("pidns", "vm:v2", user="root")
def conditions_are_the_same_as_systemd_runs():
    theirs = conditions_of(by_systemd_run, "reference.scope", CONDITIONS)
    tap.true(len(theirs) >= 6, theirs)
    tap.equal(conditions_of(by_dbgscope, "own.scope", CONDITIONS), theirs)


def in_scope(unit):
    return ["sh", "-c", f"grep -q /{unit} /proc/self/cgroup && echo inside || echo outside"]


@tap.test("pidns", "vm:v2", user="root")
def condition_that_does_not_hold_is_told():
    """The manager starts nothing, and says that all is well; systemd-run runs its command outside then, without a word."""
    unmet, met = "ConditionPathExists=/nowhere", "ConditionPathExists=/"
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        link = f"{folder}/systemd-run"
        os.symlink(tap.dbgscope, link)
        for tool, unit in (("systemd-run", "reference"), (link, "own")):
            for assignment, where in ((met, "inside"), (unmet, "outside")):
                unit += "x"  # each its own: a scope is not gone at once
                result = tap.run([tool, "--scope", "-q", f"--unit={unit}.scope", "-p", assignment, *in_scope(f"{unit}.scope")])
                tap.equal((result.rc, result.stdout, result.stderr), (0, f"{where}\n", ""), f"{tool} -p {assignment}")
    tap.equal(by_dbgscope("met.scope", [met], in_scope("met.scope")).stdout, "inside\n")
    required = by_dbgscope("required.scope", [unmet], ["echo", "started"])
    tap.equal((required.rc, required.stdout), (125, ""), required.stderr)
    tap.contains(required.stderr, "a condition of the unit does not hold")
    told = tap.run([tap.dbgscope, "run", "--unit=told.scope", "-p", unmet, "--", *in_scope("told.scope")])
    tap.equal((told.rc, told.stdout), (0, "outside\n"), told.stderr)
    tap.contains(told.stderr, "a condition of the unit does not hold")
    asserted = by_dbgscope("asserted.scope", ["AssertPathExists=/nowhere"], ["echo", "started"])
    tap.equal((asserted.rc, asserted.stdout), (125, ""), asserted.stderr)


if __name__ == "__main__":
    tap.main()
