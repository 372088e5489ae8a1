# SPDX-License-Identifier: Apache-2.0
"""VS Code itself, in a browser, with its real Go extension: a program is held, looked at, given more, and stopped by keys."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import leaking
import tap
from dap import MARK, free_port
from terminal import PATIENCE_S, piece

SETTINGS = {
    "security.workspace.trust.enabled": False, "workbench.startupEditor": "none", "telemetry.telemetryLevel": "off",
    "go.useLanguageServer": False, "go.showWelcome": False, "go.survey.prompt": False, "go.toolsManagement.checkForUpdates": "off",
    "go.toolsManagement.autoUpdate": False, "go.alternateTools": {},
}
CONSOLE = ".repl .monaco-list-rows"
ROW = '.quick-input-list .monaco-list-row:has-text("{}")'


class Browser:
    """Chromium at an address; a context manager."""

    def __init__(self, playwright, url):
        chromium = shutil.which("chromium")
        if not chromium:
            tap.skip("chromium is not installed: ./dev test editors installs it")
        script = pathlib.Path(__file__).resolve().parents[1] / "support/browser.js"
        self._process = subprocess.Popen(["node", str(script), str(playwright), chromium, url], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        tap.true(self._process.stdout.readline(), "the browser has not opened the page")
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)

    def ask(self, **order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the browser has gone"}')
        tap.true("answer" in answer, f"{order}: {answer.get('error')}")
        return answer["answer"]

    def text(self, selector):
        return self.ask(text=selector).replace("\xa0", " ")

    def shows(self, selector, pattern):
        try:
            return tap.wait_until(lambda: re.search(pattern, self.text(selector)), PATIENCE_S, 0.2)
        except tap.Timeout:
            self.picture("failed")
            tap.fail(f"{pattern} is never in {selector}:\n{self.text(selector)}\n{self.text('.notifications-toasts')}")

    def picture(self, name):
        folder = os.environ.get("DBGSCOPE_TEST_PICTURES")
        if folder:
            self.ask(picture=f"{folder}/{name}.png")


@contextlib.contextmanager
def vscode(project):
    """The browser, once the project's folder is open in it."""
    place = piece("code-server")
    major = tap.run(["node", "--version"]).stdout if shutil.which("node") else "none"
    if not major.startswith("v20."):
        tap.skip(f"code-server is for Node 20, this is {major.strip()}")
    data, extensions = project.folder / "data", project.folder / "extensions"
    (data / "User").mkdir(parents=True)
    (data / "User/settings.json").write_text(json.dumps(SETTINGS))
    shutil.copytree(piece("vscode-go"), extensions / "golang.go", ignore=shutil.ignore_patterns("test", "src"))
    port = free_port()
    own = project.env | {MARK: None, "DBGSCOPE_MEMORY_MAX": None}  # these come by launch.json
    env = {k: v for k, v in {**os.environ, **own}.items() if v is not None}
    with open(project.folder / "server.log", "wb") as log:
        server = subprocess.Popen(
            ["node", place / "node_modules/code-server/out/node/entry.js", "--auth=none", f"--bind-addr=127.0.0.1:{port}",
             f"--config={project.folder}/config.yaml", f"--user-data-dir={data}", f"--extensions-dir={extensions}",
             "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", str(project.work)],
            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        said = project.folder / "server.log"
        tap.wait_until(lambda: "HTTP server listening" in said.read_text(), PATIENCE_S, 0.1, "code-server")
        with Browser(place / "node_modules/playwright-core", f"http://127.0.0.1:{port}/?folder={project.work}") as browser:
            browser.shows(".explorer-folders-view", "main.go")
            browser.ask(click='.explorer-folders-view [aria-label*="main.go"]')
            browser.shows(".statusbar", r"\b1\.\d+")  # the version of Go: the extension is up
            browser.picture("vscode-open")
            yield browser
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(30)


def configure(project):
    """By the README's two commands."""
    variables = (f"DBGSCOPE_MEMORY_MAX={leaking.CAP}", f"{MARK}={project.mark}")
    project.init("vscode", *(f"--env={variable}" for variable in variables), "--write", str(project.work))


@tap.test("editors", timeout=400)
def a_held_program_is_seen_paused_given_more_and_stopped():
    with leaking.project() as project:
        configure(project)
        with vscode(project) as browser:
            browser.ask(press="F5")
            browser.shows(CONSOLE, leaking.HELD)
            browser.picture("vscode-held")
            launcher = project.record()["debugger"]["pid"]
            browser.ask(press="F6")
            browser.shows(".debug-call-stack", "(?i)paused")
            browser.picture("vscode-paused")
            tap.equal(project.record()["state"], "stopped")
            project.more()
            browser.shows(CONSOLE, "no longer held: its cap is now 256M")
            browser.ask(press="F5")
            browser.shows(CONSOLE, "leak: done")
            browser.picture("vscode-done")
            browser.ask(press="Shift+F5")
            project.nothing_left(launcher)
            browser.picture("vscode-stopped")
            left = [file.name for file in project.work.iterdir()]
            tap.equal(sorted(left), [".vscode", "go.mod", "main.go"], "dlv's own program is removed")


@tap.test("editors", timeout=400)
def the_task_in_the_command_palette_gives_it_more():
    with leaking.project() as project:
        configure(project)
        with vscode(project) as browser:
            browser.ask(press="F5")
            browser.shows(CONSOLE, leaking.HELD)
            launcher = project.record()["debugger"]["pid"]
            browser.ask(press="F1")
            browser.ask(type="Tasks: Run Task")
            browser.shows(".quick-input-list", r"Tasks: Run Task\b")
            browser.ask(click=ROW.format("Tasks: Run Task"))
            browser.shows(".quick-input-list", "dbgscope: give it more")
            browser.ask(click=ROW.format("dbgscope: give it more"))
            browser.shows(CONSOLE, "leak: done")
            browser.picture("vscode-task")
            tap.equal(project.record()["cap_bytes"], 256 << 20)
            browser.ask(press="Shift+F5")
            project.nothing_left(launcher)


if __name__ == "__main__":
    tap.main()
