# SPDX-License-Identifier: Apache-2.0
"""Called as systemd-run, against the real one: what a script sees must be the same."""

import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap

SYSTEMD = ("pidns", "vm:v2", "vm:hybrid")
REAL = shutil.which("systemd-run")
# dbgscope says where it is, so that it never nests; the manager's invocation id is another each time.
OURS_ALONE, EACH_TIME = "DBGSCOPE_SESSION", "INVOCATION_ID"


@contextlib.contextmanager
def stand_in():
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as directory:
        link = os.path.join(directory, "systemd-run")
        os.symlink(tap.dbgscope, link)
        yield link


def both(*words, **options):
    """(result of the real one, result of ours)."""
    with stand_in() as link:
        return [tap.run([program, *words], timeout=60, **options) for program in (REAL, link)]


def without_ids(text):
    return re.sub(r"[0-9a-f]{32}", "ID", text)


def same(*words, **options):
    """stdout and status are equal; returns both stderrs with what differs each time taken out."""
    real, ours = both(*words, **options)
    tap.equal((ours.rc, ours.stdout), (real.rc, real.stdout), ours.stderr)
    return [re.sub(r"run-\S+?\.scope", "NAME.scope", without_ids(result.stderr)) for result in (real, ours)]


def environment(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@tap.test(*SYSTEMD, user="root")
def its_line_is_the_one_of_this_systemd():
    real, ours = same("--scope", "echo", "hello")
    tap.equal(ours, real)
    tap.equal(same("--scope", "-q", "true"), ["", ""])
    name = f"dbgscope-test-{os.getpid()}" # one each: a scope of that name may not be unloaded yet
    with stand_in() as link:
        named = [tap.succeed([program, "--scope", "-u", f"{name}-{which}", "true"]).stderr
                 for which, program in (("real", REAL), ("ours", link))]
    tap.equal(without_ids(named[1]), without_ids(named[0]).replace("-real", "-ours"))
    tap.contains(both("--scope", "true")[1].stderr, "unit: run-")


@tap.test(*SYSTEMD, user="root")
def command_finds_the_same_environment():
    real, ours = both("--scope", "-q", "-E", "A=1", "-E", "HOME", "--setenv=B=$HOME ${X}", "env")
    real, ours = environment(real.stdout), environment(ours.stdout)
    tap.equal(ours.pop(OURS_ALONE, "")[:4], "run-")
    tap.equal(EACH_TIME in ours, EACH_TIME in real)
    for each in (real, ours):
        each.pop(EACH_TIME, None)
        each.pop("_", None)
    tap.equal(ours, real)


@tap.test(*SYSTEMD, user="root")
def options_mean_the_same():
    show = 'u=$(sed -n "s,^0::.*/,,p" /proc/self/cgroup | head -1); systemctl show "$u" '
    properties = ("Description", "MemoryMax", "TasksMax", "Slice", "CollectMode", "SendSIGHUP", "CPUWeight")
    wanted = show + " ".join(f"-p{name}" for name in properties)
    same("--scope", "--description=a b", "-p", "MemoryMax=64M", "--property=TasksMax=7", "--slice=dbgscope-test",
         "-G", "--send-sighup", "-pCPUWeight=50", "sh", "-c", wanted)
    tap.contains(both("--scope", "-p", "MemoryMax=64M", "sh", "-c", wanted)[1].stdout, f"\nMemoryMax={64 << 20}\n")
    same("--scope", "--slice-inherit", "-q", "sh", "-c", show + "-pSlice")
    same("--scope", "--uid=nobody", "--gid=nogroup", "--nice=5", "sh", "-c", "id -un; id -gn; nice")
    same("--scope", "-d", "pwd", cwd="/usr")
    same("--scope", "--working-directory=/etc", "pwd")
    same("--scope", "--", "sh", "-c", "echo \\$HOME '${HOME}' -- --scope; exit 3")
    same("--scope", "-S", input="echo shell; exit 4\n")
    with stand_in() as link: # newer than systemd 252
        tap.equal(tap.succeed([link, "--scope", "-q", "--job-mode=fail", "--expand-environment=no", "echo", "$HOME"]).stdout,
                  "$HOME\n")
    same("--scope", "--no-ask-password", "sh", "-c", "kill -TERM $$")


@tap.test(*SYSTEMD, user="root")
def variables_are_expanded_where_the_one_in_place_does_it():
    with stand_in() as link, tempfile.TemporaryDirectory(prefix="dbgscope-test-") as place:
        other = pathlib.Path(place, "systemd-run")
        path = {"PATH": f"{os.path.dirname(link)}:{place}:{os.environ['PATH']}", "WORD": "ab"}
        for version, words in ((262, "ab|ab|$"), (257, "$WORD|${WORD}|$$")):
            other.write_text(f"#!/bin/sh\necho 'systemd {version} ({version}-1)'\n")
            other.chmod(0o755)
            went = tap.succeed([link, "--scope", "-q", "printf", "%s|%s|%s", "$WORD", "${WORD}", "$$"], env=path)
            tap.equal(went.stdout, words, str(version))
        never = tap.succeed([link, "--scope", "-q", "--expand-environment=no", "echo", "$WORD"], env=path)
        tap.equal(never.stdout, "$WORD\n")


@tap.test(*SYSTEMD, user="root")
def one_inside_another_has_a_scope_too():
    own = 'sed -n "s,^0::.*/,,p" /proc/self/cgroup | head -1'
    with stand_in() as link:
        inner = f"{own}; exec {link} --scope -q sh -c '{own}'"
        outer, own_scope = tap.succeed([link, "--scope", "-q", "sh", "-c", inner], timeout=60).stdout.split()
    tap.true(outer != own_scope and own_scope.startswith("run-"), f"{outer}, {own_scope}")


@tap.test(*SYSTEMD, user="root")
def every_failure_of_its_own_is_one():
    name = f"dbgscope-test-taken-{os.getpid()}"
    for words in (("--scope", "-u", name + ".service", "true"), ("--scope", "--no-such-option", "true"),
                  ("--scope", "-p", "NoSuchProperty=1", "true"), ("--scope", "/nonexistent/tool"), ("--scope",)):
        real, ours = both(*words)
        if words == ("--scope",):
            tap.equal((ours.rc, ours.stdout), (1, ""), ours.stderr)
        else:
            tap.equal((ours.rc, ours.stdout), (real.rc, real.stdout), f"{words}: {ours.stderr}{real.stderr}")
        tap.equal(len(ours.stderr.splitlines()), 1, ours.stderr)


@tap.test("host", *SYSTEMD)
def what_is_no_scope_is_left_to_the_real_one():
    for words in (["--help"], ["--wait", "true"], ["--on-active=nonsense", "true"], ["-P", "true"], ["--scope", "--wait", "true"],
                  ["--scope", "-M", "no-such-machine", "true"], ["--scope", "--pty", "true"], ["--scope", "--remain-after-exit", "true"]):
        real, ours = both(*words)
        tap.equal((ours.rc, ours.stdout), (real.rc, real.stdout), f"{words}: {ours.stderr}{real.stderr}")
        tap.true("dbgscope" not in ours.stderr, ours.stderr)


# Behind "--scope -q", with a command of their own or "echo x".
VECTORS = (
    "--description=|env|echo|hello", "--slice=", "--description|", "--slice|", "--working-directory=|pwd", "--quie", "--s", "--desc=a b",
    "--setenv=", "-E|1BAD=3", "-E|B-C=1", "-E|", "-E|=x", "-E|NOTSET|sh|-c|echo [${NOTSET-unset}]", "-E|A=|sh|-c|echo [$A]",
    "--setenv=A=1=2|sh|-c|echo $A", "--unit=", "-u|", "--uid=", "--gid=", "--nice=", "--nice=99", "--nice=5|nice", "--property=", "-p|",
    "-p|MemoryMax=", "-d|pwd", "-pMemoryMax=64M", "-G|--|echo|--scope", "echo|-q|--description=|y", "--|--", "|x",
    "-S|--|-c|echo shell", "--quiet=yes", "-Z", "--no-such", "--slice=a/b", "--slice=../x", "--slice=foo", "--description=-x",
    "--description|-q", "--user|--system",
)


@tap.test(*SYSTEMD, user="root")
def argument_vectors_mean_the_same():
    for vector in VECTORS:
        words = vector.split("|")
        has_command = any(word in ("echo", "env", "pwd", "nice", "sh", "--") for word in words) or vector == "|x"
        both_words = ["--scope", "-q", *words, *([] if has_command else ["echo", "x"])]
        real, ours = both(*both_words)
        tap.equal((ours.rc, ours.stdout), (real.rc, real.stdout), f"{both_words}: {ours.stderr}{real.stderr}")


@tap.test("host", *SYSTEMD)
def version_is_the_real_ones():
    real, ours = both("--version")
    tap.equal((ours.rc, ours.stdout, ours.stderr), (real.rc, real.stdout, real.stderr))


@tap.test("host")
def without_systemd_nothing_is_started():
    with stand_in() as link:
        result = tap.run([link, "--scope", "echo", "started"])
    tap.equal((result.rc, result.stdout, len(result.stderr.splitlines())), (1, "", 1), result.stderr)


if __name__ == "__main__":
    tap.main()
