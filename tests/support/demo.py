#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev demo: a leaking Go program under a real dlv, started by dbgscope with a 128M cap. It is held below the cap, halted,
looked at, given more memory and run to its end; then the same without the fuse, and what is said of its death.

usage: demo.py DBGSCOPE
"""
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import kernel  # noqa: E402
import programs  # noqa: E402
import session  # noqa: E402
import tap  # noqa: E402

CAP = "128M"
MOST_HALTS = 5
PROGRAM = ["-mib-per-step=4", "-max-mib=160"]


BEGUN = []  # when the step that is shown began


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def end_step():
    if BEGUN:
        show("took", f"{time.monotonic() - BEGUN.pop():.1f} s")


def title(text):
    """A step begins, and the one before has ended."""
    end_step()
    heading(text)
    BEGUN.append(time.monotonic())


def show(name, value):
    print(f"   {name:<18}{value}", flush=True)


def mib(size):
    return "none" if size is None else f"{size >> 20} MiB"


class Shown(session.Session):
    """A session whose standard error is passed on as it comes."""

    def __init__(self, command):
        super().__init__(command)
        self._shown = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self):
        while not self._stop.wait(0.05):
            self._print_new()
        self._print_new()

    def _print_new(self):
        text = self.stderr[self._shown:]
        whole = text[:text.rfind("\n") + 1]
        self._shown += len(whole)
        for line in whole.splitlines():
            print(f"   | {line}", flush=True)

    def __exit__(self, *reason):
        super().__exit__(*reason)
        self._stop.set()
        self._thread.join(5)


def start(dbgscope, leak, *options):
    command = [dbgscope, f"--memory-max={CAP}", *options, "dlv", "exec", "--headless", "--accept-multiclient", "--api-version=2",
               "--listen=127.0.0.1:0", leak, "--", *PROGRAM]
    title("$ " + " ".join(["dbgscope", *map(str, command[1:5 + len(options)]), "... ./leak -- " + " ".join(PROGRAM)]))
    return Shown(command)


def background(rpc):
    """`continue`, as an editor has it: its answer comes when the program stops."""
    answer = []
    thread = threading.Thread(target=lambda: answer.append(rpc.call("Command", name="continue")["State"]), daemon=True)
    thread.start()
    return thread, answer


def show_places(dlv, target):
    show("dlv", f"pid {dlv.pid}, was started as dbgscope, in {kernel.memory_cgroup(dlv.pid)[1].name}/")
    show("leak", f"pid {target}, in {kernel.memory_cgroup(target)[1].name}/, "
         f"{mib(kernel.memory_used(kernel.memory_cgroup(target)[1]))} used, GOMEMLIMIT "
         f"{mib(int(kernel.environment(target).get('GOMEMLIMIT', 0)))}")


def show_stack(rpc):
    """Whether it was there: a halt in the runtime's signal handler has no stack of the goroutine below it."""
    for goroutine in rpc.call("ListGoroutines", Start=0, Count=0)["Goroutines"]:
        frames = rpc.call("Stacktrace", Id=goroutine["id"], Depth=30)["Locations"]
        names = [(frame.get("function") or {}).get("name", "?") for frame in frames]
        if "main.leakForever" not in names:
            continue
        for frame, name in list(zip(frames, names))[max(0, names.index("main.leakForever") - 2):]:
            show(f"goroutine {goroutine['id']}", f"{name}  {pathlib.Path(frame['file']).name}:{frame['line']}")
        return True
    return False


def tell(dbgscope, *words):
    """Shows a call of ours and what it prints; the session is the only one, so it needs no name."""
    title(f"$ dbgscope {' '.join(words)}")
    said = subprocess.run([dbgscope, *words], check=True, capture_output=True, text=True).stdout
    for line in said.splitlines():
        print(f"   | {line}", flush=True)
    return said


def held(dbgscope, leak):
    """Returns the status dlv ended with."""
    with start(dbgscope, leak) as dlv:
        address = dlv.match(r"API server listening at: (\S+)")[1]
        rpc, second = session.Rpc(address), session.Rpc(address)
        running, _ = background(rpc)
        dlv.match(r"debuggee held: ")
        dlv.match(r"who holds it: ")
        title("Held: nothing was killed. Pause in the debugger works (here: halt through dlv's own protocol)")
        second.call("Command", name="halt")
        running.join(session.PATIENCE_S)
        show_places(dlv, dlv.debuggee(leak))
        title("Where the memory goes: the goroutine that leaks")
        for _ in range(MOST_HALTS):
            if show_stack(rpc):
                break
            running, _ = background(rpc)
            tap.wait_until(lambda: second.call("State", NonBlocking=True)["State"]["Running"], session.PATIENCE_S)
            second.call("Command", name="halt")
            running.join(session.PATIENCE_S)
        else:
            raise SystemExit("demo: the leaking goroutine was not found")
        tell(dbgscope, "heap")
        said = tell(dbgscope, "more", "512M")
        if found := re.search(r"set (\S+) = (\d+)", said):
            rpc.call("Set", Scope={"GoroutineID": -1}, Symbol=found[1], Value=found[2])
            show("in dlv", found[0])
        title("Continue: it runs to its end")
        _, exited = rpc.run_on()
        show("leak", "ended by itself" if exited else "did not end")
        second.close()
        rpc.detach(kill=True)
        dlv.process.send_signal(signal.SIGTERM)
        return dlv.wait() if exited else 1


def killed(dbgscope, leak):
    with start(dbgscope, leak, "--fuse-action=off") as dlv:
        rpc = session.Rpc(dlv.match(r"API server listening at: (\S+)")[1])
        _, exited = rpc.run_on()
        dlv.match(r"killed for memory")
        show("leak", "killed" if exited else "alive")
        show("dlv", f"alive and answering: version {rpc.call('GetVersion')['DelveVersion'].split()[1]}")
        rpc.detach(kill=True)
        dlv.process.send_signal(signal.SIGTERM)
        return dlv.wait()


def main():
    begun = time.monotonic()
    dbgscope = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="dbgscope-demo-") as scratch:
        leak = str(pathlib.Path(scratch) / "leak")
        title("A Go program that leaks 4 MiB every 10 ms, up to 160 MiB, under a cap of " + CAP)
        programs.build_go(programs.SOURCES / "leak", pathlib.Path(leak))
        show("built", "tests/support/programs/leak, as dlv builds it (-N -l)")
        status = held(dbgscope, leak)
        end_step()
        heading("The same without the fuse: killed at its cap, and what is said of it")
        status = killed(dbgscope, leak) or status
        end_step()
        heading(f"Done, in {time.monotonic() - begun:.1f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
