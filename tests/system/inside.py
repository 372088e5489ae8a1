# SPDX-License-Identifier: Apache-2.0
"""What the tests that look into programs share."""

import os
import re
import tempfile
import threading

import session
import tap


def look(verb, *words):
    return tap.succeed([tap.dbgscope, verb, *words]).stdout


def by_function(sites, key="live_bytes"):
    held = {}
    for site in sites:
        held[site["function"]] = held.get(site["function"], 0) + site[key]
    return held


def pprof_top(program, file, *words):
    """{function: flat bytes or count} as the real tool reads the file."""
    text = tap.succeed(["go", "tool", "pprof", "-top", "-nodecount=100", "-unit=B", *words, program, file],
                       env={**os.environ, "HOME": tempfile.gettempdir()},
                       timeout=300 if session.IN_VM else 60).stdout  # from Go 1.25 on it is built first
    rows = re.findall(r"^\s*(-?\d+)B?\s+\S+%\s+\S+%\s+\S+\s+\S+%\s+(\S+)", text, re.M)
    return {name: int(flat) for flat, name in rows}


def run_on(address):
    """A `continue` on a connection of its own; nobody waits for its answer."""
    rpc = session.Rpc(address)

    def go():
        try:
            rpc.call("Command", name="continue")
        except Exception:  # the session is over
            pass
    threading.Thread(target=go, daemon=True).start()
