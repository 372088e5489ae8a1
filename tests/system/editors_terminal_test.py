# SPDX-License-Identifier: Apache-2.0
"""Neovim, Helix and Emacs themselves on a terminal's screen: where a person is told of a held program, and gives it more."""

import contextlib
import json
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import leaking
import tap
from terminal import Terminal, inside, piece

NVIM = """
vim.opt.rtp:prepend("{folder}/nvim-dap")
vim.opt.rtp:prepend("{folder}/nvim-dap-go")
vim.o.swapfile = false
vim.o.laststatus = 2
vim.o.statusline = "%f %m%=%{{v:lua.DbgscopeStatus()}}"
require('dap').set_log_level('DEBUG')
"""

# What it finds below `root` is installed; it asks for nothing else.
LAZY = """
vim.opt.rtp:prepend("{folder}/lazy.nvim")
vim.o.swapfile = false
require("lazy").setup({{
  {{ "mfussenegger/nvim-dap" }},
  {form}
}}, {{ root = "{folder}", lockfile = "{folder}/lock.json", install = {{ missing = false }}, rocks = {{ enabled = false }} }})
"""


@contextlib.contextmanager
def project_in(root):
    place = piece(root)
    with leaking.project(lambda folder: inside(place, f"{folder}/work")) as project:
        if (place / "usr/bin/go").exists():  # the standard library once, which no editor waits for
            project.run("go", "build", "-gcflags=all=-N -l", "-o", "/dev/null", ".")
        yield project


@tap.test("editors", timeout=600)
def neovim_is_told_and_gives_more_by_its_own_command():
    with project_in("trixie") as project:
        for name in ("nvim-dap", "nvim-dap-go"):
            shutil.copytree(piece(name), project.folder / name)
        init = project.folder / "init.lua"
        init.write_text(NVIM.format(folder=project.folder) + project.init("nvim"))
        command = [*project.prefix, "nvim", "--clean", "-u", init, "main.go"]
        with Terminal(command, project.env, project.work) as screen:
            screen.shows("func remember")
            screen.type(":lua require('dap').run(require('dap').configurations.go[1])")
            screen.keys("Enter")
            screen.shows(r"dbgscope: held at 120M of its 128M cap; :DbgscopeMore", dismiss="adapter didn't respond")
            screen.picture("nvim-held")
            screen.keys("Enter")
            screen.shows(r"(held|throttled), 120M/128M")  # the status line
            launcher = project.record()["debugger"]["pid"]
            screen.type(":lua require('dap').repl.open()")
            screen.keys("Enter")
            screen.shows(leaking.HELD)
            screen.picture("nvim-repl")
            screen.type(":DbgscopeMore")
            screen.keys("Enter")
            screen.shows("cap 128M -> 256M")
            screen.keys("Enter")
            screen.shows("leak: done")
            screen.picture("nvim-done")
            screen.type(":lua require('dap').terminate()")
            screen.keys("Enter")
            project.nothing_left(launcher, but_for="nvim")
            screen.type(":qa!")
            screen.keys("Enter")
            screen.ended()
        said = json.loads(tap.succeed([tap.dbgscope, "dap", "--json", next(project.home.rglob("dap.log"))]).stdout)
        tap.equal(said["client"], "neovim")
        answered = {request["command"] for request in said["requests"] if request["success"]}
        tap.true({"initialize", "launch", "configurationDone"} <= answered, f"{said['requests']}")


@tap.test("editors", timeout=600)
def lazy_nvim_takes_its_form_of_the_snippet():
    with project_in("trixie") as project:
        plugins = project.folder / "plugins"
        for name in ("lazy.nvim", "nvim-dap", "nvim-dap-go"):
            shutil.copytree(piece(name), plugins / name)
        snippet = project.init("nvim")
        form = re.search(r"^-- +(\{ \"leoluz/nvim-dap-go\".*\})$", snippet, re.M)[1]
        without_setup = snippet[snippet.index("local dbgscope = "):]
        init = project.folder / "init.lua"
        init.write_text(LAZY.format(folder=plugins, form=form) + without_setup)
        with Terminal([*project.prefix, "nvim", "--clean", "-u", init, "main.go"], project.env, project.work) as screen:
            screen.shows("func remember")
            screen.type(":lua print('by lazy', require('lazy.core.config').plugins['nvim-dap-go']._.loaded ~= nil)")
            screen.keys("Enter")
            screen.shows("by lazy true")
            screen.type(":lua require('dap').run(require('dap').configurations.go[1])")
            screen.keys("Enter")
            screen.shows(r"dbgscope: held at 120M of its 128M cap; :DbgscopeMore", dismiss="adapter didn't respond")
            screen.picture("lazy-held")
            screen.keys("Enter")
            record = project.record()
            tap.true(record["command"][1] == "dap" and record["tool"] == "dlv", record["command"])
            screen.type(":lua require('dap').terminate()")
            screen.keys("Enter")
            project.nothing_left(record["debugger"]["pid"], but_for="nvim")
            screen.type(":qa!")
            screen.keys("Enter")
            screen.ended()


def helix_debugs(screen, key):
    """By its menu, which stays open."""
    if "Debug (experimental)" not in screen.screen:
        screen.keys("Space")
        screen.type("G")
        screen.shows("End debug session")
    screen.type(key)


def helix(root, pauses):
    """pauses: a version that can pause a held program; 25.01 may panic. That one ends a session by its menu, 25.07 by its own end
    only, with bare dlv too."""
    with project_in(root) as project:
        settings = project.home / ".config/helix"
        settings.mkdir(parents=True)
        (settings / "languages.toml").write_text(project.init("helix"))
        with Terminal([*project.prefix, "hx", "main.go"], project.env, project.work) as screen:
            screen.shows("func remember")
            screen.type(":debug-start source .")
            screen.keys("Enter")
            screen.shows(r"Debug \(stderr\): dbgscope: ")
            screen.picture(f"helix-{root}-held")
            launcher = project.record()["debugger"]["pid"]
            if pauses:
                project.state_becomes("throttled", "held")
                helix_debugs(screen, "h")
                screen.shows("Target stopped because of pause")
                project.state_becomes("stopped")
                screen.picture(f"helix-{root}-paused")
            project.more()
            if pauses:
                helix_debugs(screen, "c")
            screen.shows(r"Debug \(stderr\): leak: done")
            screen.picture(f"helix-{root}-done")
            if not pauses:
                helix_debugs(screen, "t")
                project.nothing_left(launcher, but_for="hx")
            screen.keys("Escape")
            screen.type(":q!")
            screen.keys("Enter")
            screen.ended()
            project.nothing_left(launcher)


@tap.test("editors", timeout=400)
def helix_25_01_shows_it_in_its_status_line():
    helix("trixie", pauses=False)


@tap.test("editors", timeout=400)
def helix_25_07_pauses_a_held_program():
    helix("sid", pauses=True)


@tap.test("editors", timeout=400)
def emacs_shows_it_in_dapes_repl():
    with project_in("sid") as project:
        init = project.folder / "init.el"
        init.write_text("(setq inhibit-startup-screen t)\n(require 'dape)\n" + project.init("emacs"))
        with Terminal([*project.prefix, "emacs", "-nw", "-q", "-l", init, "main.go"], project.env, project.work) as screen:
            screen.shows("func remember")
            screen.keys("M-x")
            screen.type("dape")
            screen.keys("Enter")
            screen.shows("Run adapter")
            screen.type('dlv :program "."')
            screen.keys("Enter")
            screen.shows(leaking.HELD)
            screen.picture("emacs-held")
            launcher = project.record()["debugger"]["pid"]
            project.more()
            screen.shows("no longer held: its cap is now 256M")
            screen.shows("leak: done")
            screen.picture("emacs-done")
            screen.keys("M-x")
            screen.type("dape-quit")
            screen.keys("Enter")
            project.nothing_left(launcher, but_for="emacs")
            screen.keys("C-x", "C-c")
            screen.ended()


if __name__ == "__main__":
    tap.main()
