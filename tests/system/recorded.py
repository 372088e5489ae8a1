# SPDX-License-Identifier: Apache-2.0
"""Where the recordings of sessions lie, and what `dbgscope report` makes of them."""

import json

import session
import tap
import watched


def live_recording(name):
    found = list(watched.live_directory().glob(f"{name}.*.jsonl"))
    return found[0] if found else None


def kept_recording(name):
    return tap.wait_until(lambda: next(watched.history_file().parent.glob(f"recordings/{name}.*.jsonl"), None),
                          session.PATIENCE_S, message=f"the recording of {name}")


def report(*words):
    return json.loads(tap.succeed([tap.dbgscope, "report", *words, "--json"]).stdout)
