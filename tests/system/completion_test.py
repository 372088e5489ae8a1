# SPDX-License-Identifier: Apache-2.0
"""The completion scripts in the shells they are for: what a press of TAB offers."""

import os
import pathlib
import pty
import re
import select
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
from tap import test

# A widget that prints every match instead of showing them; after the one zsh users know as zsh-capture-completion.
ZSH_SETUP = r"""
PROMPT= RPROMPT=
zstyle ':completion:*' use-cache no
autoload -Uz compinit && compinit -D -u
source "$SCRIPT"
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    typeset -a hits
    builtin compadd -O hits "$@"
    (( $#hits )) && print -l -- "hit "$^hits
    return $(( ! $#hits ))
}
show() { print; _main_complete; print done; exit }
zle -C show complete-word show
bindkey '^I' show
print ready
"""


def script(shell):
    return tap.succeed([tap.dbgscope, "completion", shell]).stdout


class Place:
    """A directory with the script, dbgscope as the shell finds it, and something to offer."""

    def __init__(self, shell):
        if not shutil.which(shell):
            tap.skip(f"{shell} is not installed")
        self.shell = shell
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dbgscope-completion-"))
        self.script = self.dir / "script"
        self.script.write_text(script(shell))
        (self.dir / "dbgscope").symlink_to(tap.dbgscope)
        (self.dir / "facts.json").touch()
        (self.dir / "folder").mkdir()
        self.env = {"PATH": f"{self.dir}:{os.environ['PATH']}", "HOME": str(self.dir), "TERM": "dumb", "LANG": "C.UTF-8",
                    "SCRIPT": str(self.script), "XDG_CONFIG_HOME": str(self.dir / "config")}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)

    def offers(self, line):
        """The words offered at the end of `line`."""
        words = getattr(self, f"_{self.shell}")(line)
        return {word.rstrip("=/ ") for word in words}

    def _bash(self, line):
        """As readline would call it: words split at blanks and "="."""
        words = re.findall(r"=|[^\s=]+", line) + ([""] if line[-1] == " " else [])
        code = ('source "$SCRIPT"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dbgscope; '
                'printf "%s\\n" "${COMPREPLY[@]}"')
        done = tap.succeed(["bash", "--norc", "-c", code, "bash", *words], env=self.env, cwd=self.dir)
        tap.equal(done.stderr, "")
        return done.stdout.split()

    def _fish(self, line):
        done = tap.succeed(["fish", "--no-config", "-c", 'source $SCRIPT; complete -C "$argv[1]"', line],
                           env=self.env, cwd=self.dir)
        tap.equal(done.stderr, "")
        return [word.split("\t")[0].rpartition("=")[2] if "=" in line else word.split("\t")[0]
                for word in done.stdout.splitlines()]

    def _zsh(self, line):
        (self.dir / "setup").write_text(ZSH_SETUP)
        said = typed(["zsh", "-f", "-i"], self.env, self.dir, [("source ./setup\n", "ready\r"), (line + "\t", "done\r")])
        return re.findall(r"^hit (.*?)\r?$", said, re.M)


def typed(command, env, cwd, steps):
    """Everything a terminal program printed; each step is what to type and what to wait for then."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvpe(command[0], command, {**os.environ, **env})
    said = ""
    try:
        for keys, answer in steps:
            os.write(terminal, keys.encode())
            start, end = len(said), time.monotonic() + 20
            while answer not in said[start:]:
                if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                    tap.fail(f"no {answer!r} within 20 s of {keys!r}\nthe terminal: {said!r}")
                try:
                    said += os.read(terminal, 65536).decode(errors="replace")
                except OSError:  # EIO: it has ended
                    tap.fail(f"ended before {answer!r}\nthe terminal: {said!r}")
    finally:
        os.close(terminal)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return said


def check(shell):
    """What each place of a command line offers, alike in every shell."""
    with Place(shell) as place:
        memory = {"--memory-max", "--memory-high", "--memory-low", "--memory-min", "--memory-swap-max", "--memory-share"}
        backends = {"auto", "systemd-user", "systemd-system", "cgroupfs", "none"}
        tap.equal(place.offers("dbgscope --mem"), memory)
        tap.equal(place.offers("dbgscope --memory-max=1G --mem") - {"--memory-max"}, memory - {"--memory-max"})
        tap.equal(place.offers("dbgscope --backend="), backends)
        tap.equal(place.offers("dbgscope --backend "), backends)
        tap.equal(place.offers("dbgscope --backend=sys"), {"systemd-user", "systemd-system"})
        tap.equal(place.offers("dbgscope --memory-max="), set())
        tap.contains(place.offers("dbgscope --facts="), "facts.json")
        tap.contains(place.offers("dbgscope --profile="), "low-memory")
        tap.equal(place.offers("dbgscope --no-wa"), {"--no-watch", "--no-wait"})
        tap.equal(place.offers("dbgscope completion "), {"bash", "zsh", "fish"})
        tap.equal(place.offers("dbgscope --memory-max 1G -q completion "), {"bash", "zsh", "fish"})
        tap.equal(place.offers("dbgscope completion --h"), {"--help"})
        tap.equal(place.offers("dbgscope profile "), {"list", "show", "check", "schema"})
        tap.contains(place.offers("dbgscope profile show "), "gc-trace")
        tap.equal(place.offers("dbgscope profile show --or"), {"--origin"})
        tap.contains(place.offers("dbgscope profile check "), "facts.json")
        tap.equal(place.offers("dbgscope install-shims fo"), {"folder"})
        tap.equal(place.offers("dbgscope init "), {"vscode", "devcontainer", "nvim", "helix", "emacs", "zed", "gdb",
                                                  "shell"})
        tap.equal(place.offers("dbgscope init --write vscode fo"), {"folder"})
        tap.equal(place.offers("dbgscope lint facts.json fac"), {"facts.json"})
        tap.equal(place.offers("dbgscope status --js"), {"--json"})
        tap.contains(place.offers("dbgscope run --memory-max=1G dbgs"), "dbgscope")
        tap.contains(place.offers("dbgscope run -q cat fac"), "facts.json")
        tap.contains(place.offers("dbgscope -q gdb ./fac"), "./facts.json" if shell != "zsh" else "facts.json")


@test("host")
def test_bash():
    check("bash")


@test("host")
def test_zsh():
    check("zsh")


@test("host")
def test_fish():
    check("fish")


@test("host")
def test_bash_at_a_terminal():
    """readline splits at "=", and puts no blank behind it."""
    with Place("bash") as place:
        said = typed(["bash", "--norc", "-i"], {**place.env, "PS1": "> "}, place.dir, [
            ("bind 'set enable-bracketed-paste off'; source ./script\n", "> "),
            ("dbgscope --memory-ma\t1G --backend=systemd-u\t", "--memory-max=1G --backend=systemd-user "),
        ])
        tap.true("no such" not in said, said)


@test("host")
def test_bash_completes_the_command_as_its_own():
    """With bash-completion, the words after a debugger or `run` are that program's."""
    library = "/usr/share/bash-completion/bash_completion"
    if not os.path.exists(library):
        tap.skip("bash-completion is not installed")
    with Place("bash") as place:
        typed(["bash", "--norc", "-i"], {**place.env, "PS1": "> "}, place.dir, [
            (f"bind 'set enable-bracketed-paste off'; source {library}; source ./script; echo ready\n", "\nready"),
            ("dbgscope -q --memory-max=1G gdb ./dbgs\t", "gdb ./dbgscope "),
            ("\x15dbgscope run -q -- timeout --preserve\t", "timeout --preserve-status "),
        ])


@test("host")
def test_every_verb_is_offered():
    """The verbs of --help, no more and no fewer."""
    shown = tap.succeed([tap.dbgscope, "--help"]).stdout
    verbs = {"help"}
    for line in shown.split("\n\n")[0].splitlines():
        word = re.match(r"(?:usage:)? +dbgscope (?:\[options\] )?([a-z|-]+)", line)
        verbs |= set(word[1].split("|")) if word else set()
    for shell in ("bash", "zsh", "fish"):
        with Place(shell) as place:
            tap.equal(place.offers("dbgscope "), verbs, shell)


if __name__ == "__main__":
    tap.main()
