# SPDX-License-Identifier: Apache-2.0
"""A hold and a kill told by real notification services (dunst, which has actions, and notify-osd, which has none) on a real session
bus, in a virtual display."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import kernel
import session
import tap
import watched
from session import Headless

CAP = "--memory-max=128M"
CLEAN = {"GOMEMLIMIT": None, "GODEBUG": None, "DBGSCOPE_SESSION": None}
# A left click chooses the first action, as a click on a button does elsewhere.
DUNSTRC = "[global]\n    mouse_left_click = do_action\n    origin = top-left\n    offset = 10x10\n    width = 600\n" \
          "    font = Monospace 11\n    idle_threshold = 0\n"


def start_dunst(start, folder, env):
    pathlib.Path(folder, "dunstrc").write_text(DUNSTRC)
    start(["dunst", "-config", f"{folder}/dunstrc"], env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    tap.wait_until(lambda: tap.run(["dunstctl", "count"], env=env).rc == 0, message="dunst on the bus")


def start_notify_osd(start, _, env):
    """Debian has it below the directory of its architecture's libraries."""
    found = next(pathlib.Path("/usr/lib").glob("*/notify-osd"), None)
    if not found:
        tap.skip("notify-osd is not installed: ./dev test desktop installs it")
    start([found], env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    tap.wait_until(lambda: "notify-osd" in of_service(env, "GetServerInformation"), message="notify-osd on the bus")


def of_service(env, method):
    name = "org.freedesktop.Notifications"
    return tap.run(["busctl", f"--address={env['DBUS_SESSION_BUS_ADDRESS']}", "call", name, "/" + name.replace(".", "/"), name, method]).stdout


@contextlib.contextmanager
def desktop(start_service=start_dunst):
    """The environment of a session with a display, a bus and a service; DBGSCOPE_TEST_PICTURES keeps a picture of each end."""
    for tool in ("Xvfb", "dunst", "dunstctl", "dbus-daemon", "busctl"):
        if not shutil.which(tool):
            tap.skip(f"{tool} is not installed: ./dev test desktop installs it")
    with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        def start(command, **options):
            process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL, **options))
            stack.callback(process.terminate)
            return process
        reading, writing = os.pipe()
        start(["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x300x24", "-nolisten", "tcp"], pass_fds=(writing,))
        os.close(writing)
        with open(reading) as pipe:
            display = ":" + pipe.readline().strip()
        bus = f"unix:path={folder}/bus"
        start(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}"])
        tap.wait_until(lambda: os.path.exists(f"{folder}/bus"), message="the session bus")
        env = {"DISPLAY": display, "DBUS_SESSION_BUS_ADDRESS": bus}
        start_service(start, folder, env)
        yield env


class Bus:
    """What the service was asked and what it answered, as the bus saw it."""

    def __init__(self, env, file):
        self._file = pathlib.Path(file)
        with open(file, "w") as out:
            self.process = subprocess.Popen(["busctl", f"--address={env['DBUS_SESSION_BUS_ADDRESS']}", "--json=short", "monitor"],
                                            stdout=out, stderr=subprocess.PIPE, text=True)
        tap.contains(self.process.stderr.readline(), "Monitoring")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()

    def messages(self):
        return [json.loads(line) for line in self._file.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def notified(self):
        """Of each answered Notify: summary, the number it was to replace and the one it has, actions, when it expires."""
        messages, found = self.messages(), []
        for call in messages:
            answer = next((m["payload"]["data"][0] for m in messages if m["type"] == "method_return" and call.get("member") == "Notify"
                           and (m["destination"], m["reply_cookie"]) == (call["sender"], call["cookie"])), None)
            if answer is not None:
                _, replaces, _, summary, _, actions, _, expires = call["payload"]["data"]
                found.append({"summary": summary, "replaces": replaces, "id": answer, "actions": actions, "expires": expires})
        return found

    def closed(self):
        """The numbers that the service says it has taken away."""
        return [m["payload"]["data"][0] for m in self.messages() if m.get("member") == "NotificationClosed"]


@contextlib.contextmanager
def bus_of(env):
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder, Bus(env, f"{folder}/bus") as bus:
        yield bus


def shown(env, place="displayed"):
    """Of the notifications displayed, or of those that were: how many."""
    return int(tap.succeed(["dunstctl", "count", place], env=env).stdout)


def history(env):
    """(summary, body) of what was closed, the newest first."""
    found = json.loads(tap.succeed(["dunstctl", "history"], env=env).stdout)["data"][0]
    return [(one["summary"]["data"], one["body"]["data"]) for one in found]


def picture(env, name):
    folder = os.environ.get("DBGSCOPE_TEST_PICTURES")
    if folder:
        tap.run(["import", "-window", "root", f"{folder}/{name}.png"], env=env)


def helpers(watcher):
    """Processes that show something for this session; nobody's children."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if words[1:2] == [b"notify-desktop"] and words[2].decode() == watcher:
                found.append(int(entry.parent.name))
    return found


def leak(env, *options, after=("-mib-per-step=4", "-max-mib=200")):
    return Headless([CAP, *options], "exec", tap.program("leak"), after=list(after), env=CLEAN | env)


def go(dlv):
    run_on(dlv.connect())


def run_on(rpc):
    """A `continue` whose answer nobody waits for."""
    rpc._file.write('{"method": "RPCServer.Command", "params": [{"name": "continue"}], "id": 99}\n')
    rpc._file.flush()


@tap.test("desktop", timeout=120)
def give_it_more_is_one_click():
    with desktop() as env, leak(env) as dlv:
        go(dlv)
        dlv.match(watched.HELD)
        name = session.session_name(dlv.pid)
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="a notification")
        tap.equal(len(helpers(name)), 1)
        picture(env, "held")
        tap.succeed(["dunstctl", "action"], env=env)
        dlv.match("no longer held")
        picture(env, "more")
        tap.succeed(["dunstctl", "close-all"], env=env)
        tap.wait_until(lambda: not helpers(name), session.PATIENCE_S, message="the helper's end")
        tap.contains(history(env)[0][1], "cap 128M -> 256M")


def kill_for_memory(target):
    """By the kernel, as it does when the limit is in nobody's care."""
    version, cgroup = kernel.memory_cgroup(target)
    if version == 1:
        (cgroup / "memory.oom_control").write_text("0")
    else:
        (cgroup / "memory.max").write_text("1M")


@tap.test("desktop", timeout=120)
def what_comes_next_stands_in_its_place():
    with desktop() as env, bus_of(env) as bus, leak(env, after=("-mib-per-step=4", "-max-mib=400")) as dlv:
        go(dlv)
        dlv.match(watched.HELD)
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="a notification")
        tap.succeed(["dunstctl", "action"], env=env)
        dlv.match("debuggee held: .* of its 256M cap")
        name, target = session.session_name(dlv.pid), watched.wait_record(dlv.pid)["debuggees"][0]
        tap.wait_until(lambda: [one["summary"] for one in bus.notified()] == ["Debuggee held", "Given more", "Debuggee held"],
                       session.PATIENCE_S, message="the second hold is told")
        tap.wait_until(lambda: shown(env) == 1 and len(helpers(name)) == 1, session.PATIENCE_S, message="one at a time")
        picture(env, "held twice")
        kill_for_memory(target)
        dlv.match("debuggee killed for memory: leak")
        tap.wait_until(lambda: len(bus.notified()) == 4, session.PATIENCE_S, message="the kill is told")
        held, more, again, killed = bus.notified()
        tap.equal((more["replaces"], killed["summary"]), (held["id"], "Killed for memory"))
        tap.true(again["replaces"] in (0, more["id"]), f"a hold of its own, or the same where it was past its new line at once: {again}")
        gone_for(bus, again, killed)
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="one at a time")
        tap.equal([one["actions"] for one in (held, more, again, killed)], [["more", "Give it more"], [], ["more", "Give it more"], []])


def gone_for(bus, held, killed):
    """The kill is in the place of the hold, or, where the hold was over before the kill was known, alone."""
    if killed["replaces"] == 0:
        tap.wait_until(lambda: held["id"] in bus.closed(), session.PATIENCE_S, message="the hold's is taken away")
    else:
        tap.equal((killed["replaces"], killed["id"]), (held["id"], held["id"]))


@tap.test("desktop", timeout=120)
def a_service_without_actions_shows_it_in_one_place():
    with desktop(start_notify_osd) as env, bus_of(env) as bus, leak(env) as dlv:
        tap.true('"actions"' not in of_service(env, "GetCapabilities"))
        go(dlv)
        dlv.match(watched.HELD)
        tap.wait_until(bus.notified, session.PATIENCE_S, message="a notification")
        first = bus.notified()[0]
        tap.equal((first["summary"], first["replaces"], first["actions"], first["expires"]), ("Debuggee held", 0, [], -1))
        tap.true(first["id"] > 0, f"it has a number: {first}")
        name = session.session_name(dlv.pid)
        tap.succeed([tap.dbgscope, "more", name])
        tap.wait_until(lambda: bus.closed() == [first["id"]] and not helpers(name), session.PATIENCE_S, message="it is taken away")
    with desktop(start_notify_osd) as env, bus_of(env) as bus, leak(env) as dlv:
        go(dlv)
        dlv.match(watched.HELD)
        tap.wait_until(bus.notified, session.PATIENCE_S, message="a notification")
        kill_for_memory(watched.wait_record(dlv.pid)["debuggees"][0])
        tap.wait_until(lambda: len(bus.notified()) == 2, session.PATIENCE_S, message="the kill is told")
        first, second = bus.notified()
        tap.equal(second["summary"], "Killed for memory")
        gone_for(bus, first, second)


@tap.test("desktop", timeout=120)
def a_release_takes_it_away_and_a_session_does_at_its_end():
    with desktop() as env, leak(env) as dlv:
        go(dlv)
        dlv.match(watched.HELD)
        name = session.session_name(dlv.pid)
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="a notification")
        tap.succeed([tap.dbgscope, "more", name])
        tap.wait_until(lambda: shown(env) == 0 and not helpers(name), session.PATIENCE_S, message="it is taken away")
    with desktop() as env, leak(env) as dlv:
        go(dlv)
        dlv.match(watched.HELD)
        name = session.session_name(dlv.pid)
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="a notification")
        dlv.process.send_signal(signal.SIGKILL)
        tap.wait_until(lambda: shown(env) == 0 and not helpers(name), session.PATIENCE_S, message="it is taken away")


@tap.test("desktop", timeout=120)
def a_kill_is_told_and_stays():
    with desktop() as env, leak(env, "--fuse-action=off") as dlv:
        go(dlv)
        dlv.match("debuggee killed for memory: leak")
        tap.wait_until(lambda: shown(env) == 1, session.PATIENCE_S, message="a notification")
        picture(env, "killed")
        tap.wait_until(lambda: not helpers(session.session_name(dlv.pid)), session.PATIENCE_S, message="the helper's end")
        tap.equal(shown(env), 1)
        tap.succeed(["dunstctl", "close-all"], env=env)
        summary, body = history(env)[0]
        tap.equal(summary, "Killed for memory")
        tap.contains(body, "debuggee killed for memory: leak")


@tap.test("desktop", timeout=120)
def off_and_a_terminal_have_none():
    for option in ("--notify=off", "-q"):
        with desktop() as env, leak(env, option) as dlv:
            go(dlv)
            tap.wait_until(lambda: (watched.record(dlv.pid) or {}).get("fuse_trips") == 1, session.PATIENCE_S)
            tap.equal(helpers(session.session_name(dlv.pid)), [])
            tap.equal(shown(env), 0)
    without = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    with leak(without, "--notify=on") as dlv:  # no service: nothing is shown, and nothing else changes
        go(dlv)
        dlv.match(watched.HELD)
        tap.wait_until(lambda: not helpers(session.session_name(dlv.pid)), session.PATIENCE_S, message="the helper's end")


MESSAGES = "execute('messages')"
LUA = """
-- Only what nvim-dap keeps listeners in, where it is not installed: events come from this test.
local table_of_tables = setmetatable({}, { __index = function(self, key) rawset(self, key, {}) return rawget(self, key) end })
package.loaded["dap"] = { listeners = { after = table_of_tables } }
package.loaded["dap-go"] = { setup = function(options) _G.link = options.delve.path end }
vim.notify = function(text)
  local file = io.open(SAID, "a")
  file:write(text, "\\n")
  file:close()
end
"""


@tap.test("desktop", timeout=120)
def neovim_notifies_and_gives_more():
    if not shutil.which("nvim"):
        tap.skip("nvim is not installed: ./dev test desktop installs it")
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        shims = pathlib.Path(folder, ".local/lib/dbgscope/shims")
        shims.mkdir(parents=True)
        (shims / "dlv").symlink_to(tap.dbgscope)
        snippet = tap.succeed([tap.dbgscope, "init", "nvim"], env={"HOME": folder}).stdout
        said = pathlib.Path(folder, "said")
        said.write_text("")
        init = pathlib.Path(folder, "init.lua")
        init.write_text(f"SAID = {json.dumps(str(said))}\n{LUA}\n{snippet}")
        server = f"{folder}/nvim"
        with session.Session(["nvim", "--clean", "--headless", "--listen", server, "-u", str(init)],
                             env={"HOME": folder, "DBGSCOPE_MEMORY_MAX": "128M"} | CLEAN) as nvim:
            def ask(expression):
                answer = tap.succeed(["nvim", "--server", server, "--remote-expr", expression], env={"HOME": folder})
                return (answer.stdout + answer.stderr).strip()  # 0.7 prints it on standard error
            tap.wait_until(lambda: os.path.exists(server), session.PATIENCE_S, message=lambda: f"nvim\n{nvim.said()}")
            tap.equal(ask("luaeval('link')"), str(shims / "dlv"))
            lazy = re.search(r"^-- +(\{ \"leoluz/nvim-dap-go\".*\})$", snippet, re.M)[1]
            tap.equal(ask(f"luaeval('({lazy}).opts.delve.path')"), str(shims / "dlv"), "what is for lazy.nvim")
            command = [str(shims / "dlv"), "exec", "--headless", "--accept-multiclient", "--api-version=2",
                       "--listen=127.0.0.1:0", tap.program("leak"), "--", "-mib-per-step=4", "-max-mib=200"]
            out = pathlib.Path(folder, "out")
            ask(f"jobstart(['sh', '-c', 'exec \"$@\" > {out} 2>&1', 'sh'] + {json.dumps(command)})")
            address = tap.wait_until(lambda: re.search(r"API server listening at: (\S+)", out.read_text()), session.PATIENCE_S,
                                     message="dlv")[1]
            rpc = session.Rpc(address)
            pid = int(ask("luaeval('vim.fn.getpid()')"))
            dlv = tap.wait_until(lambda: next((c for c in kernel.children(pid) if watched.record(c)), None), session.PATIENCE_S)
            ask("luaeval('require(\"dap\").listeners.after.event_initialized.dbgscope()')")
            tap.equal(ask("v:lua.DbgscopeStatus()"), "cap 128M")
            run_on(rpc)
            try:
                tap.wait_until(lambda: "held at 120M of its 128M cap; :DbgscopeMore" in said.read_text(), 8)
            except tap.Timeout:
                tap.fail(f"{said.read_text()!r} {ask('v:lua.DbgscopeStatus()')} {ask(MESSAGES)} {nvim.said()} {out.read_text()}")
            tap.true(ask("v:lua.DbgscopeStatus()") in ("throttled, 120M/128M", "held, 120M/128M"))
            ask("execute('DbgscopeMore 300M')")
            tap.contains(said.read_text(), "cap 128M -> 300M")
            tap.wait_until(lambda: "leak: done" in out.read_text(), session.PATIENCE_S, message=out.read_text())
            ask("luaeval('require(\"dap\").listeners.after.event_terminated.dbgscope()')")
            tap.equal(ask("v:lua.DbgscopeStatus()"), "")
            os.kill(dlv, signal.SIGKILL)
            tap.equal(nvim.stderr, "", "errors of the snippet")


@tap.test("desktop")
def emacs_takes_what_is_for_dape():
    if not shutil.which("emacs"):
        tap.skip("emacs is not installed: ./dev test desktop installs it")
    with tempfile.TemporaryDirectory(prefix="dbgscope-test-") as folder:
        shims = pathlib.Path(folder, ".local/lib/dbgscope/shims")
        shims.mkdir(parents=True)
        (shims / "dlv").symlink_to(tap.dbgscope)
        snippet = pathlib.Path(folder, "snippet.el")
        snippet.write_text(tap.succeed([tap.dbgscope, "init", "emacs"], env={"HOME": folder}).stdout)
        # dape's own form of its table
        table = "(setq dape-configs '((gdb command \"gdb\") (dlv modes (go-mode) command \"dlv\" command-args (\"dap\"))))"
        shown = tap.succeed(["emacs", "-Q", "--batch", "-l", "cl-lib", "-l", str(snippet), "--eval",
                             f"(progn {table} (provide 'dape) (princ (prin1-to-string dape-configs)))"], env={"HOME": folder}).stdout
        tap.equal(shown, f'((gdb command "gdb") (dlv modes (go-mode) command "{shims}/dlv" command-args ("dap")))')


if __name__ == "__main__":
    tap.main()
