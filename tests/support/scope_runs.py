# SPDX-License-Identifier: Apache-2.0
"""One command in a scope with `-p` properties: by systemd-run, and by dbgscope with the system's manager."""

import tap


def options(assignments):
    return [word for assignment in assignments for word in ("-p", assignment)]


def by_systemd_run(unit, assignments, command):
    return tap.run(["systemd-run", "--scope", "-q", f"--unit={unit}", *options(assignments), *command])


def by_dbgscope(unit, assignments, command):
    return tap.run([tap.dbgscope, "run", "-q", "--backend=systemd-system", "--require=scope", f"--unit={unit}",
                    *options(assignments), "--", *command])
