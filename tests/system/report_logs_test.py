# SPDX-License-Identifier: Apache-2.0
"""What other logs tell of a session's time stands on its own axis."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import session
import tap
from recorded import kept_recording, live_recording

STRACED = r"""
echo $DBGSCOPE_SESSION
for i in $(seq 600); do [ -e recorded ] && break; sleep 0.1; done
cut -d' ' -f1 /proc/uptime >uptime
exec strace -f -ttt -o strace.log sh -c 'sleep 1.2; kill -KILL $$'
"""


@tap.test("host")
def straces_the_kernels_and_gos_lines_stand_on_the_same_axis():
    """A real strace of a command in a session; the other two have the clock that the kernel and Go write theirs by."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        with subprocess.Popen([tap.dbgscope, "--watch", "--record=on", "run", "--", "sh", "-c", STRACED], cwd=folder,
                              env={**os.environ, "DBGSCOPE_SESSION": ""}, stdout=subprocess.PIPE, text=True) as run:
            name = run.stdout.readline().strip()
            tap.wait_until(lambda: live_recording(name) and live_recording(name).read_text().count("\n") > 1,
                           session.PATIENCE_S, message="its recording")
            pathlib.Path(folder, "recorded").touch()
        ended = time.time()
        kept_recording(name)
        uptime = float(pathlib.Path(folder, "uptime").read_text())
        kernel, trace = pathlib.Path(folder, "kern.log"), pathlib.Path(folder, "trace.txt")
        kernel.write_text(f"[{uptime:13.6f}] leak[4711]: segfault at 0 ip 0 sp 0 error 6 in leak[1000+1]\n")
        trace.write_text(f'M=1 P=0 G=1 Log Time={int((uptime + 0.5) * 1e9)} Task=1 Category="phase" Message="half"\n')
        logs = [pathlib.Path(folder, "strace.log"), kernel, trace]
        words = [word for log in logs for word in ("--with", str(log))]
        found = json.loads(tap.succeed([tap.dbgscope, "report", name, *words, "--json"]).stdout)
        tap.equal(found["notes"], [])
        outside = [event for event in found["events"] if "log" in event]
        for event in outside:
            tap.true(began - 1 <= event["unix_ms"] / 1000 <= ended + 1, f"{event} is of another time")
        texts = {log.name: [event["text"] for event in outside if event["log"] == str(log)] for log in logs}
        for part in ('execve("', "kill(", "+++ killed by SIGKILL +++"):
            tap.contains("\n".join(texts["strace.log"]), part)
        tap.equal(texts["kern.log"], ["leak[4711]: segfault at 0 ip 0 sp 0 error 6 in leak[1000+1]"])
        tap.equal(texts["trace.txt"], ["phase: half"])
        places = [event["at_ms"] for event in found["events"]]
        tap.equal(places, sorted(places))
        kernel_at, half_at = (next(e["at_ms"] for e in outside if e["log"] == str(log)) for log in (kernel, trace))
        tap.true(half_at >= kernel_at, f"{half_at} is before {kernel_at}")
        text = tap.succeed([tap.dbgscope, "report", name, *words]).stdout
        tap.true(re.search(r"  go trace   phase: half$", text, re.M) and "strace     pid " in text, text)


if __name__ == "__main__":
    tap.main()
