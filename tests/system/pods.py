# SPDX-License-Identifier: Apache-2.0
"""Pods over containerd's CRI, as a kubelet makes them."""

import contextlib
import pathlib
import re

import engines
import runtimes
import session
import tap

CONFIG = pathlib.Path("/etc/containerd/config.toml")
# Debian's file is of version 2, whose name for the plug-in this is.
HANDLER = """
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.writable]
runtime_type = "io.containerd.runc.v2"
cgroup_writable = true
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.writable.options]
SystemdCgroup = true
"""


def writable_handler():
    """The runtime whose containers may write their cgroups, by the cure that `status` names; systemd makes these, as on most
    nodes: by runc's other way a cgroup stays root's, whoever the container is started as (seen with runc 1.3.6)."""
    if HANDLER not in CONFIG.read_text():
        CONFIG.write_text(CONFIG.read_text() + HANDLER)
        tap.succeed(["systemctl", "restart", "containerd"], timeout=session.PATIENCE_S)
    return "writable"


class Pod:
    def __init__(self, runtime, pod, image, folder):
        self._runtime, self._pod, self._image, self._folder = runtime, pod, image, folder

    def container(self, name, command=("/usr/bin/sleep", "600"), **how):
        """Starts one: its id. how: of cri.Runtime.container()."""
        binds = [("/usr", "/usr", True), *((place, place, True) for place in runtimes.seen_inside()),
                 *((self._folder / part, place, False) for part, place in engines.PLACES)]
        return self._runtime.container(self._pod, name, self._image, command, binds, **how)

    def tasks(self, container):
        pid = engines.task_pid("k8s.io", container)
        return engines.Tasks("k8s.io", container, self._folder / "live", self._folder / "state", pid)


@contextlib.contextmanager
def pod(handler=""):
    import cri  # takes grpcio, which only these machines have
    engines.started()
    pause = re.search(r"registry\.k8s\.io/pause:[\d.]+", tap.succeed(["containerd", "config", "dump"]).stdout)[0]
    engines.imported("k8s.io", pause, files=["/usr/bin/sleep"], change=["--change=CMD [\"/usr/bin/sleep\", \"infinity\"]"])
    runtime = cri.Runtime()
    with runtimes.folders() as folder, runtime.pod(folder.name, handler) as started:
        yield Pod(runtime, started, pause, folder)
