#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the suite `editors` drives, fetched once; nothing of it is ever part of the project.

    editors.py          fetches what is not there, and says of each piece from where; 1 when one cannot be had
    editors.py --list   says what would be fetched

It goes to $DBGSCOPE_CACHE/editors (~/.cache/dbgscope/editors). Debian's packages come by apt's own sources, Node's by npm, plug-ins
that are in neither by git from where they are made; a machine that reaches a copy of those only has git's own
`url.<copy>.insteadOf`. A test whose piece is missing is skipped and says why.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import vmroot

FOLDERS_LEFT_OUT = ("doc", "man", "locale", "info")


class Missing(Exception):
    """A piece that is not there; the text says why."""


@dataclass(frozen=True)
class DebianRoot:
    """A root file system, entered by terminal.inside()."""
    suite: str
    packages: tuple
    updates: bool = True  # unstable has neither updates nor security

    @property
    def source(self):
        return f"Debian {self.suite} with {' '.join(self.packages)}, by mmdebstrap"

    def make(self, place, log):
        if not shutil.which("mmdebstrap") or os.getuid() != 0:
            raise Missing("mmdebstrap and root are needed")
        lines = vmroot.mirror_lines(self.suite)
        options = ["--mode=root", "--variant=apt", "--include=" + ",".join(self.packages), "--dpkgopt=force-unsafe-io"]
        options += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in FOLDERS_LEFT_OUT]
        options += [f"--aptopt={option}" for option in vmroot.apt_options()]
        options.append("--customize-hook=echo 127.0.0.1 localhost > \"$1/etc/hosts\"")
        call(log, *vmroot.MMDEBSTRAP, *options, self.suite, place, *(lines if self.updates else lines[:1]))


@dataclass(frozen=True)
class Repository:
    """The files of one tag or branch."""
    url: str
    branch: str

    @property
    def source(self):
        return f"{self.url} {self.branch}, by git"

    def make(self, place, log):
        clone(log, self, place)


@dataclass(frozen=True)
class CodeServer:
    """VS Code for a browser, and what drives the browser. Of its native modules only those it does not start without."""
    version: str
    playwright: str

    @property
    def source(self):
        return f"code-server {self.version} and playwright-core {self.playwright}, by npm"

    def make(self, place, log):
        if not pathlib.Path("/usr/include/node/node.h").exists():
            raise Missing("Node 20 with npm and its headers in /usr/include/node is needed")
        flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
        place.mkdir()
        (place / "package.json").write_text('{"private": true}\n')
        call(log, "npm", "install", *flags, f"code-server@{self.version}", f"playwright-core@{self.playwright}", cwd=place)
        vscode = place / "node_modules/code-server/lib/vscode"
        call(log, "npm", "install", "--omit=dev", *flags, cwd=vscode)
        call(log, "npm", "install", "--omit=dev", *flags, cwd=vscode / "extensions")
        call(log, "npm", "rebuild", "node-pty", "native-watchdog", cwd=vscode)
        call(log, "npm", "rebuild", "argon2", cwd=place)
        # its own install scripts link the first, and fetch the second from elsewhere
        (vscode / "node_modules.asar").symlink_to("node_modules")
        (vscode / "node_modules/@vscode/ripgrep/bin").mkdir(exist_ok=True)
        shutil.copy(shutil.which("rg"), vscode / "node_modules/@vscode/ripgrep/bin/rg")


@dataclass(frozen=True)
class NodePackage:
    """One package of npm's, as it is."""
    name: str
    version: str

    @property
    def source(self):
        return f"{self.name} {self.version}, by npm"

    def make(self, place, log):
        place.mkdir()
        (place / "package.json").write_text('{"private": true}\n')
        call(log, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", f"{self.name}@{self.version}", cwd=place)


@dataclass(frozen=True)
class GoExtension:
    """The Go extension of VS Code, bundled by the line its own package.json has for that."""
    repository: Repository

    @property
    def source(self):
        return f"{self.repository.source}; what it is built from by npm"

    def make(self, place, log):
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            clone(log, self.repository, pathlib.Path(folder, "source"))
            extension = pathlib.Path(folder, "source/extension")
            call(log, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=extension)
            call(log, "npm", "run", "bundle", cwd=extension)
            shutil.rmtree(extension / "node_modules")
            shutil.move(extension, place)


PIECES = {
    # has gdb's own DAP, and the Helix that must not pause a held program
    "trixie": DebianRoot("trixie", ("hx", "delve", "golang-go", "gdb", "lldb", "neovim")),
    # the newest of all, and dape
    "sid": DebianRoot("sid", ("hx", "delve", "golang-go", "emacs-nox", "elpa-dape"), updates=False),
    "nvim-dap": Repository("https://github.com/mfussenegger/nvim-dap", "0.10.0"),
    "nvim-dap-go": Repository("https://github.com/leoluz/nvim-dap-go", "main"),
    "lazy.nvim": Repository("https://github.com/folke/lazy.nvim", "v11.17.5"),
    "code-server": CodeServer("4.100.3", "1.56.1"),
    # reads traces of Chrome's format
    "speedscope": NodePackage("speedscope", "1.25.0"),
    "vscode-go": GoExtension(Repository("https://github.com/golang/vscode-go", "v0.57.2")),
}


def call(log, *command, cwd=None):
    env = {**os.environ, "npm_config_nodedir": "/usr", "npm_config_yes": "true", "GIT_TERMINAL_PROMPT": "0"}
    with open(log, "ab") as out:
        status = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd,
                                env=env).returncode
    if status != 0:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise Missing(f"{command[0]} ended with {status}: {last}")


def clone(log, repository, place):
    call(log, "git", "clone", "--quiet", "--depth=1", f"--branch={repository.branch}", "--config", "advice.detachedHead=false",
         repository.url, place)


def cache():
    return vmroot.cache_dir().parent / "editors"


def key(name):
    """The directory's name: what is fetched anew where its version has changed."""
    return f"{name}-{hashlib.sha256(repr(PIECES[name]).encode()).hexdigest()[:12]}"


def find(name):
    """The piece's directory. Raises Missing."""
    place = cache() / key(name)
    if not place.exists():
        raise Missing(f"{name} is not there: ./dev test editors fetches it")
    return place


def find_or_make(name):
    place = cache() / key(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.parent / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            log = place.parent / f"{name}.log"
            log.unlink(missing_ok=True)
            with tempfile.TemporaryDirectory(prefix=".making-", dir=place.parent) as folder:
                PIECES[name].make(pathlib.Path(folder, name), log)
                pathlib.Path(folder, name).chmod(0o755)
                pathlib.Path(folder, name).rename(place)
    return place


def main():
    failed = False
    for name, piece in PIECES.items():
        print(f"{name}: {piece.source}", flush=True)
        if sys.argv[1:] == ["--list"]:
            continue
        try:
            print(f"    {find_or_make(name)}", flush=True)
        except (Missing, OSError, vmroot.Unavailable) as reason:
            failed = True
            print(f"    not to be had: {reason}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
