# SPDX-License-Identifier: Apache-2.0
"""What a suite's run came to, read from the output of its modules (tap.py says how they print it)."""

import os
import re
from dataclasses import dataclass, field


@dataclass
class Outcome:
    suite: str
    passed: int = 0
    failed: list = field(default_factory=list)    # (name, detail)
    skipped: list = field(default_factory=list)   # (name, reason)
    unsteady: list = field(default_factory=list)  # as failed, of those that pass alone
    seconds: float = 0.0

    @property
    def ran(self):
        return self.passed + len(self.failed) + len(self.skipped)


def parse_tap(outcome, text, where):
    """Adds the results of one module; returns (planned, seen), planned None when it never said."""
    planned, seen, detail = None, 0, None
    for line in text.splitlines():
        if plan := re.fullmatch(r"1\.\.(\d+)", line):
            planned = int(plan.group(1))
        elif found := re.fullmatch(r"(ok|not ok|skip) (\S+)(?: # (.*))?", line):
            verdict, name, reason = found.groups()
            seen += 1
            detail = None
            if verdict == "ok":
                outcome.passed += 1
            elif verdict == "skip":
                outcome.skipped.append((f"{where} {name}", reason or "no reason given"))
            else:
                detail = []
                outcome.failed.append((f"{where} {name}", detail))
        elif detail is not None and line.startswith("    "):
            detail.append(line[4:])
    outcome.failed = [(name, "\n".join(d) if isinstance(d, list) else d) for name, d in outcome.failed]
    return planned, seen


def take_module(outcome, name, where, status, output):
    """One module's output. A module that stopped half-way is a failure of its own."""
    before = len(outcome.failed)
    planned, seen = parse_tap(outcome, output, where)
    complete = seen == planned if planned is not None else seen > 0
    if not complete or (status != 0 and len(outcome.failed) == before):
        count = f"status {status}, {seen} of {planned} tests reported"
        outcome.failed.append((f"{where} {name}", f"{count}\n{tail(output)}"))


def take_modules(outcome, where, status, output):
    """Output of pidns.py and vm.py: "# module PATH", the module's own lines, "# status N"."""
    parts = re.split(r"^# module (.*)\n", output, flags=re.M)
    for path, text in zip(parts[1::2], parts[2::2]):
        body, _, rest = text.partition("\n# status ") if not text.startswith("# status ") else ("", "", text[9:])
        ended = re.match(r"\d+", rest)
        take_module(outcome, os.path.basename(path), where, int(ended.group()) if ended else None, body)
    if status != 0 and not outcome.failed:
        outcome.failed.append((where, f"status {status}\n{tail(output)}"))


def tail(text, count=50):
    return "\n".join(text.splitlines()[-count:])
