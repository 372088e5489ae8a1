#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house rules, checked from the source: budgets, layering, and options that agree everywhere.

Prints one TAP-like line a rule ("ok NAME", "not ok NAME" and indented findings) and exits 1 when one is broken.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# room -> what it may include of the project, besides include/dbgscope and itself: rooms, or one header of a room. Rooms of the launch path name none of
# the shelf of tools: no launch runs those, and only cli joins the two.
ROOMS = {
    "text": set(),
    "sys": {"text"},
    "kernel": {"text", "sys"},
    "render": {"text"},
    "profile": {"text", "sys"},
    "probe": {"text", "sys", "kernel", "debugger"},
    "debugger": {"text"},
    "plan": {"text", "debugger", "kernel/cgroup_files"},
    "launch": {"text", "sys", "kernel"},
    "session": {"text", "sys", "kernel", "render"},
    "watch": {"text", "sys", "kernel", "session", "launch/watcher_link"},
    "tools/doctor": {"text", "sys", "kernel", "render", "probe", "debugger", "session"},
    "tools/explain": {"text", "sys", "kernel", "render", "probe", "debugger"},
    "tools/editor": {"text", "sys", "profile", "debugger"},
    "tools/inspect": {"text", "sys", "kernel", "watch/cpu_clock"},
    "tools/report": {"text", "sys", "kernel", "render", "session", "debugger"},
}
ROOMS["cli"] = set(ROOMS)  # the only room that sees both shelves
PURE = ("include", "src/plan", "src/debugger", "src/text")
IO_HEADERS = re.compile(
    r'#include\s*[<"](unistd\.h|fcntl\.h|sys/|dirent\.h|poll\.h|fstream|iostream|filesystem|cstdio|cstdlib|ctime|random|'
    r"thread|systemd/)")
OWNED = {  # library -> the room that may include it
    # Each file that includes it costs the compiler five seconds, and every start its validators' constructors.
    r"<CLI/": ("src/cli/own_verbs.cpp", "src/cli/options.cpp", "src/cli/completion_tree.cpp"),
    r"<yaml-cpp/": "src/profile",
    r"<systemd/": "src/sys",
    r"<linux/seccomp|<seccomp\.h": "src/sys",
    r"<elfutils/|<libelf|<gelf|<dwarf\.h|<zlib": "src/tools/inspect",
    r"<bpf/|<alloc_watch\.skel": "src/tools/inspect",
    r"<nlohmann/": "src/text/json.cpp",
}


def sources():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src", "include", "tests"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in listed if name.endswith((".cpp", ".hpp", ".c", ".h", ".py")) and (ROOT / name).exists()]


def relative(path):
    return path.relative_to(ROOT).as_posix()


def file_budget():
    return [f"{relative(p)}: {n} lines, {MAX_FILE_LINES} allowed" for p in sources()
            if (n := len(p.read_text().splitlines())) > MAX_FILE_LINES]


def cpp_functions(lines):
    """(first line number, length) of each block that opens with a lone brace, as functions do in this style."""
    opened = []
    for number, line in enumerate(lines, 1):
        stripped = line.rstrip()
        if stripped.strip() == "{" and number > 1:
            before = lines[number - 2].strip()
            if not before.startswith(("namespace", "class", "struct", "enum", "union", "extern")):
                opened.append((number, len(stripped) - 1))
        elif opened and stripped.strip() in ("}", "};") and len(stripped.rstrip(";")) - 1 == opened[-1][1]:
            start, _ = opened.pop()
            yield start, number - start + 1


def python_functions(lines):
    start, indent = None, 0
    for number, line in enumerate([*lines, "def end():"], 1):
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        if start is not None and depth <= indent and not line.strip().startswith((")", "#")):
            yield start, last - start + 1
            start = None
        if start is None and re.match(r"\s*(async )?def ", line):
            start, indent = number, depth
        last = number


def function_budget():
    findings = []
    for path in sources():
        lines = path.read_text().splitlines()
        functions = python_functions(lines) if path.suffix == ".py" else cpp_functions(lines)
        findings += [f"{relative(path)}:{start}: a function of {length} lines, {MAX_FUNCTION_LINES} allowed"
                     for start, length in functions if length > MAX_FUNCTION_LINES]
    return findings


def room_of(path):
    """"tools/doctor/checks" -> "tools/doctor", "plan/property/table" -> "plan"; None for a file outside every room."""
    parts = path.split("/")
    if len(parts) < 2:
        return None
    return "/".join(parts[:2]) if parts[0] == "tools" else parts[0]


def fmt_is_compiled_once():
    """Header-only, one call of fmt::format costs five seconds of compiler in each file that has one."""
    run = subprocess.run(["git", "grep", "-nE", "FMT_HEADER_ONLY|format-inl[.]h", "--", "*.cpp", "*.hpp", "*meson.build"],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in run.stdout.splitlines() if not line.startswith("src/text/fmt_library.cpp:")]


def layering():
    findings = []
    for path in sources():
        name = relative(path)
        room = room_of(name.removeprefix("src/")) if name.startswith("src/") else None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            included = re.match(r'\s*#include\s+"([a-z_/]+)\.hpp"', line)
            wanted = room_of(included[1]) if included else None
            if room and wanted and not {wanted, included[1]} & (ROOMS[room] | {room, "dbgscope"}):
                findings.append(f"{name}:{number}: {room}/ may not include {included[1]}.hpp")
            if name.startswith(PURE) and IO_HEADERS.search(line):
                findings.append(f"{name}:{number}: pure code includes an I/O header: {line.strip()}")
            if name.startswith(("src/", "include/")):
                findings += [f"{name}:{number}: only {owner} may include this: {line.strip()}" for pattern, owner in OWNED.items()
                             if re.search(r"#include\s*" + pattern, line) and not name.startswith(owner)]
    return findings


# Where what looks like a control file's name is something else.
NOT_FILES = {
    "src/profile/key_table.cpp": "keys of the configuration",
    "src/tools/editor/lint.cpp": "keys of tasks.json",
    "src/tools/editor/lint_tasks.cpp": "keys of tasks.json",
    "src/tools/editor/vscode_tasks.cpp": "keys of tasks.json",
    "src/tools/editor/snippets.cpp": "the Lua that nvim runs, which has no header of ours",
    "src/tools/explain/rules_rights.cpp": "lines of logs",
    "src/tools/explain/rules_shell.cpp": "lines of logs",
    "src/cli/set_verb.cpp": "the key of `dbgscope set ID memory.max=SIZE`",
}
# What proc(5) has in a process' directory.
PROCESS_FILES = (r"(arch_status|attr|autogroup|auxv|cgroup|children|clear_refs|cmdline|comm|coredump_filter|cpuset|cwd|environ|exe|fd|fdinfo|"
                 r"gid_map|io|limits|loginuid|map_files|maps|mem|mountinfo|mounts|mountstats|net|ns|numa_maps|oom_adj|oom_score|oom_score_adj|"
                 r"pagemap|patch_state|personality|projid_map|root|sched|schedstat|sessionid|setgroups|smaps|smaps_rollup|stack|stat|statm|"
                 r"status|syscall|task|timers|timerslack_ns|uid_map|wchan)")
A_PROCESS = r"(self|thread-self|\d+|%[ds]|\{[^}]*\})"
PROCESS_FILE = re.compile(rf"/proc/{A_PROCESS}/\S*|/proc/(\{{\}})?|"  # the whole path
                          rf"(/|({A_PROCESS}/)+){PROCESS_FILES}/?|"  # "/exe", "{{}}/{{}}/exe", "{{}}/exe"
                          rf"(/|({A_PROCESS}/)+)(attr|fd|fdinfo|map_files|net|ns|task)/\S+")
# Put behind a directory: own + "maps", directory / "maps".
PROCESS_FILE_ADDED = re.compile(rf'(?<![\w"])\s*[+/]\s*"({PROCESS_FILES})"')


def names_in(code, control_files):
    """The literals of a line that are a name for src/kernel, or a path that ends in one. Words in a sentence are no file's name."""
    code = re.sub(r"\s//.*|^//.*|^#include.*", "", code)
    yield from (text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', code)
                if (text.rpartition("/")[2] in control_files and not re.search(r"\s", text)) or PROCESS_FILE.fullmatch(text))
    yield from (match[1] for match in PROCESS_FILE_ADDED.finditer(code))


def kernel_names():
    """The names of control files, as src/kernel/cgroup_files.cpp has them, and of /proc/PID's files stand in src/kernel alone."""
    table = re.findall(r"^    Row\{.*", (ROOT / "src/kernel/cgroup_files.cpp").read_text(), re.MULTILINE)
    names = {name for row in table for name in re.findall(r'"([^"]*)"', row)} - {""}
    findings = [] if len(names) > 20 else ["src/kernel/cgroup_files.cpp: its table cannot be read"]
    for path in sources():
        name = relative(path)
        if not name.startswith(("src/", "include/")) or name.startswith("src/kernel/") or name in NOT_FILES:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            findings += [f'{name}:{number}: "{text}" is a name for src/kernel' for text in names_in(line, names)]
    return findings


def kernel_names_are_seen():
    """The rule above, on lines as they were once written, and on such as are none of its business."""
    broken = ['read_file("/proc/self/maps")', 'fmt::format("{}/{}/exe", proc, pid)', 'fmt::format("{}/exe", own)', 'own + "/root" + name',
              'proc + \'/\' + std::to_string(pid) + "/statm"', 'own + "maps"', 'directory / "status"', 'proc + "/net/tcp6"', '"/proc/%d/stat"',
              '"{}/task/{}/wchan"', '"/fd/"', '"/proc/{pid}/mem"', 'read_at(fd, "memory.max")', '"{}/cgroup.procs"']
    fine = ['fmt::format("{}/{}", directory, name)', '"/sys/fs/cgroup"', '"the status"', 'key == "status"', 'object["maps"]', '// own + "/exe"',
            '"/proc/sys/vm/swappiness"', '"/proc/self/status has no Seccomp:"', '"{}/x.json"', '"/cgroup/memory/version"', '"a" + "b"']
    return ([f"not seen: {line}" for line in broken if not [*names_in(line, {"memory.max", "cgroup.procs"})]] +
            [f"taken for a name: {line}" for line in fine if [*names_in(line, {"memory.max", "cgroup.procs"})]])


def licence_lines():
    findings = []
    for path in sources():
        head = path.read_text().splitlines()[:2]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
            findings.append(f"{relative(path)}: no SPDX line at the top")
    return findings


def unfinished():
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
    run = subprocess.run(["git", "grep", "-nIE", rf"\b({marks})\b", "--", "src", "include", "tests", "dev", "README.md"],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.splitlines()


def pages_exist():
    """A comment sends nobody to a page that is not here."""
    run = subprocess.run(["git", "grep", "-nIoE", r"[A-Za-z0-9_./-]+[.]md\b|[Dd]esign section [0-9]+|facts/[a-z_]+", "--", "*.cpp", "*.hpp"],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in run.stdout.splitlines() if not (ROOT / line.split(":", 2)[2]).exists()]


def script_names():
    """A script's directory comes first when it imports: one named as a module of Python's is taken for it by all beside it."""
    return [f"{relative(path)} hides Python's own {path.stem}"
            for path in sorted((ROOT / "tests").rglob("*.py")) if path.stem in sys.stdlib_module_names]


def options_of(text):
    """The long options at the start of the lines: "  -q,--quiet  Say …"."""
    return set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z0-9-]*)", text, re.MULTILINE))


def man_options():
    """Every option of --help stands in man/dbgscope.1 and the other way round."""
    binary = ROOT / os.environ.get("DBGSCOPE_BUILD", "build") / "dbgscope"
    if not binary.exists():
        return [f"{binary} is not built"]
    shown = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True).stdout
    offered = options_of("\n".join(line for line in shown.splitlines() if line.startswith("  -")))
    page = (ROOT / "man/dbgscope.1").read_text().replace("\\-", "-")
    # An option of ours is documented by an item of its own: ".It Fl -name".
    documented = {f"-{name}" for line in page.splitlines() if line.startswith(".It Fl") for name in re.findall(r"(-[a-z][a-z0-9-]+)", line)}
    documented = {name for name in documented if name.startswith("--")}
    return ([f"{name}: in --help, not in man/dbgscope.1" for name in sorted(offered - documented)] +
            [f"{name}: in man/dbgscope.1, not in --help" for name in sorted(documented - offered)])


# The C library and the dynamic linker that comes with it. All else is static, or loaded when there is a bus to talk to: each library more
# is looked up, mapped and relocated at every launch.
LOADED_AT_START = re.compile(r"libc[.]so[.]6|ld-linux[-a-z0-9_]*[.]so[.][0-9]+")


def libraries_at_start():
    """Of the built binary: no libfmt, libstdc++, libdw, libyaml-cpp, libseccomp, libsystemd or whatever comes next."""
    binary = ROOT / os.environ.get("DBGSCOPE_BUILD", "build") / "dbgscope"
    if not binary.exists():
        return [f"{binary} is not built"]
    shown = subprocess.run(["readelf", "-dW", binary], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout
    needed = re.findall(r"[(]NEEDED[)].*\[(.*)\]", shown)  # "0x0000000000000001 (NEEDED)   Shared library: [libc.so.6]"
    findings = [] if "libc.so.6" in needed else [f"{binary}: readelf tells of no libc.so.6"]
    return findings + [f"{binary} loads {name} at its start" for name in needed if not LOADED_AT_START.fullmatch(name)]


# Each page of it is copied, relocated and given back by every start: what is left are our own tables, libdw's of other machines and the
# vtables of libstdc++.
RELOCATED_MOST = 144 << 10


def relocated_at_start():
    """Constants with pointers in them: tables that no launch reads are packed (src/tools/explain/packed_rules.hpp)."""
    binary = ROOT / os.environ.get("DBGSCOPE_BUILD", "build") / "dbgscope"
    if not binary.exists():
        return [f"{binary} is not built"]
    shown = subprocess.run(["readelf", "-SW", binary], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout
    section = re.search(r"[.]data[.]rel[.]ro +PROGBITS +[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)", shown)
    if not section:
        return [f"{binary}: readelf tells of no .data.rel.ro"]
    size = int(section[1], 16)
    return [f"{binary}: {size} bytes of constants are relocated at each start, {RELOCATED_MOST} may be"] if size > RELOCATED_MOST else []


def image_packages():
    """The Containerfile's build installs what ./dev build does; the compiler cache, the tests' libraries and what each image has are left out."""
    groups = dict(re.findall(r'\[(build|bpf)\]="([^"]*)"', (ROOT / "dev").read_text()))
    # The image's own clang.
    wanted = {re.sub("^clang-[0-9]+$", "clang", name) for name in f"{groups['build']} {groups['bpf']}".split()}
    wanted -= {"ccache", "python3", "libgtest-dev", "libgmock-dev"}
    recipe = (ROOT / "packaging/container/Containerfile").read_text().replace("\\\n", " ")
    named = set(re.search(r"AS build\nRUN .*--no-install-recommends (.*)", recipe)[1].split())
    return [f"packaging/container/Containerfile: {name} is only in one of it and dev's [build] and [bpf]" for name in sorted(wanted ^ named)]


RULES = [file_budget, function_budget, layering, fmt_is_compiled_once, kernel_names, kernel_names_are_seen, licence_lines, unfinished, pages_exist,
         script_names, man_options, libraries_at_start, relocated_at_start, image_packages]


def main():
    failed = 0
    for rule in RULES:
        findings = rule()
        print(f"{'not ok' if findings else 'ok'} {rule.__name__}")
        for finding in findings:
            print(f"    {finding}")
        failed += bool(findings)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
