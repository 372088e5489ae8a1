# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of a process: its cgroup, the memory limit in force there, kills for memory, its environment."""
import pathlib
import re

UNLIMITED_V1 = 9223372036854771712  # PAGE_COUNTER_MAX


def _mounts():
    """[(file system type, super options, root inside the hierarchy, mount point)]"""
    rows = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        fields, (kind, _, options) = left.split(), right.split(" ", 2)
        point = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), fields[4])
        rows.append((kind, options.split(","), fields[3], pathlib.Path(point)))
    return rows


def memory_cgroup(pid="self"):
    """(version, directory) of the cgroup that limits the memory of `pid`."""
    lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    paths = {name: line.split(":", 2)[2] for line in lines for name in line.split(":", 2)[1].split(",")}
    v1 = "memory" in paths
    for kind, options, root, point in _mounts():
        if kind == ("cgroup" if v1 else "cgroup2") and (not v1 or "memory" in options):
            path = paths["memory" if v1 else ""]
            if root != "/" and path.startswith(root):
                path = path[len(root):]
            return (1 if v1 else 2), point / path.lstrip("/")
    raise LookupError("no memory controller is mounted")


def memory_limit(pid="self"):
    """The limit of the process's own cgroup in bytes; None: no limit."""
    version, directory = memory_cgroup(pid)
    text = (directory / ("memory.limit_in_bytes" if version == 1 else "memory.max")).read_text().strip()
    return None if text == "max" or int(text) >= UNLIMITED_V1 else int(text)


def memory_used(directory):
    for name in ("memory.current", "memory.usage_in_bytes"):
        if (directory / name).exists():
            return int((directory / name).read_text())
    return None


def oom_kills(directory):
    """How many processes the kernel killed for memory in the cgroup of that directory; None: it cannot be told."""
    for name in ("memory.events", "memory.oom_control"):
        try:
            found = re.search(r"^oom_kill (\d+)$", (directory / name).read_text(), re.MULTILINE)
        except OSError:
            continue
        if found:
            return int(found[1])
    return None


def environment(pid):
    """{name: value} as the process started with."""
    blob = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    return dict(entry.split("=", 1) for entry in blob.split("\0") if "=" in entry)


def children(pid):
    """Pids of the direct children, oldest first."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append((int(fields[19]), int(stat.parent.name)))
    return [child for _, child in sorted(found)]
