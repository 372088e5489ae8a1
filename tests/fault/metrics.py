#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions where people already look: history.textfile, a real node_exporter, Prometheus and promtool on loopback, the alert
rules and every query of the dashboard.

usage: metrics.py [--bin DIR]      DIR has prometheus, promtool and prometheus-node-exporter; the default is the PATH.

Debian has them as prometheus and prometheus-node-exporter; `apt-get download` and `dpkg -x` do where their services are not
wanted. Everything listens on 127.0.0.1 and is ended after two minutes at most. Needs root.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import harness
import session
import tap
import watched

PACKAGING = harness.ROOT / "packaging"
PATIENCE_S = 60
LONGEST_S = 120


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Stack:
    """node_exporter that reads `folder`/textfiles, and Prometheus that scrapes it every second."""

    def __init__(self, tools, folder):
        self.folder, self._processes = folder, []
        exporter, self.port = free_port(), free_port()
        rules = (PACKAGING / "prometheus/dbgscope.rules.yml").read_text()
        (folder / "rules.yml").write_text(rules)
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: [{folder}/rules.yml]\n"
            f"scrape_configs: [{{job_name: node, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}]\n")
        self.checks = [tap.run([tools["promtool"], "check", "rules", folder / "rules.yml"]),
                       tap.run([tools["promtool"], "check", "config", folder / "prometheus.yml"])]
        self._start([tools["prometheus-node-exporter"], f"--web.listen-address=127.0.0.1:{exporter}",
                     "--collector.disable-defaults", "--collector.textfile",
                     f"--collector.textfile.directory={folder}/textfiles"])
        self._start([tools["prometheus"], f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                     f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"])

    def _start(self, command):
        self._processes.append(subprocess.Popen(["timeout", str(LONGEST_S), *map(str, command)], stdout=subprocess.DEVNULL,
                                                stderr=subprocess.DEVNULL))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.terminate()
            process.wait()

    def ask(self, path, **arguments):
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)["data"]
        return None

    def query(self, text):
        """Its results; None: refused, or not up yet."""
        found = self.ask("query", query=text)
        return None if found is None else found["result"]

    def firing(self):
        found = self.ask("alerts") or {"alerts": []}
        return {alert["labels"]["alertname"] for alert in found["alerts"] if alert["state"] == "firing"}


def run_session(folder, program, mib, *options):
    """One of gdb's; with less than the cap to its end, else it is held or killed, and ended."""
    env = {**harness.CLEAN, "XDG_CONFIG_HOME": str(folder / "config")}
    command = [tap.dbgscope, "--memory-max=128M", *options, *session.GDB, "-ex", "run", "--args", program, "heap", mib, "1"]
    with session.Session(command, env=env, start_new_session=True) as gdb:
        name = tap.wait_until(lambda: session.session_name(gdb.pid), PATIENCE_S)
        if mib > 120 and not options:
            gdb.match(watched.HELD)
            gdb.process.kill()
        gdb.wait()
    watched.ended_record(name)
    harness.reap()


def dashboard_queries():
    """Each query, as it is with "All" for machine and program."""
    board = json.loads((PACKAGING / "grafana/dbgscope.dashboard.json").read_text())
    return [(panel["title"], target["expr"].replace("$instance", ".*").replace("$program", ".*"))
            for panel in board["panels"] for target in panel["targets"]]


def play(tools):
    met = True
    with tempfile.TemporaryDirectory(prefix="dbgscope-metrics-") as name:
        folder = pathlib.Path(name)
        (folder / "textfiles").mkdir()
        (folder / "config/dbgscope").mkdir(parents=True)
        (folder / "config/dbgscope/config.yaml").write_text(f"history:\n  textfile: {folder}/textfiles\n")
        program = folder / "eater"
        shutil.copy(tap.program("eater"), program)
        run_session(folder, program, 60)
        file = folder / "textfiles/dbgscope.prom"
        tap.wait_until(file.exists, PATIENCE_S, message="the textfile")
        with open(file, "rb") as text:
            checked = subprocess.run([tools["promtool"], "check", "metrics"], stdin=text, capture_output=True, text=True, check=False)
        met = harness.verdict(f"promtool check metrics: {(checked.stdout + checked.stderr).strip() or 'nothing to say'}",
                              checked.returncode == 0) and met
        with Stack(tools, folder) as stack:
            for check in stack.checks:
                met = harness.verdict(check.stdout.strip().splitlines()[-1].strip(), check.rc == 0) and met
            one = f'dbgscope_history_sessions{{program="{program}"}}'
            tap.wait_until(lambda: stack.query(one), PATIENCE_S, message="the series in Prometheus")
            errors = stack.query("node_textfile_scrape_error")
            met = harness.verdict("node_exporter takes the textfile", bool(errors) and errors[0]["value"][1] == "0") and met
            run_session(folder, program, 200)
            run_session(folder, program, 200, "--fuse-action=off")
            wanted = {"DebuggeeKilledForMemory", "DebuggeeHeld", "DebuggeeNearItsCap"}
            with contextlib.suppress(tap.Timeout):
                tap.wait_until(lambda: wanted <= stack.firing(), PATIENCE_S, interval=0.5)
            met = harness.verdict(f"alerts that fire: {', '.join(sorted(stack.firing())) or 'none'}",
                                  wanted <= stack.firing()) and met
            for title, query in dashboard_queries():
                met = harness.verdict(f"dashboard: {title}: {query}", bool(stack.query(query))) and met
    return met


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="", metavar="DIR")
    options = parser.parse_args()
    path = options.bin + os.pathsep + os.environ["PATH"] if options.bin else None
    tools = {name: shutil.which(name, path=path) for name in ("prometheus", "promtool", "prometheus-node-exporter")}
    missing = [name for name, found in tools.items() if not found]
    if missing:
        raise SystemExit(f"not found: {', '.join(missing)}")
    harness.prepare()
    return 0 if play(tools) else 1


if __name__ == "__main__":
    sys.exit(main())
