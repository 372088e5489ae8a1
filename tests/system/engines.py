# SPDX-License-Identifier: Apache-2.0
"""Containers of Docker, as runtimes.py has podman's."""

import contextlib
import pathlib
import tempfile

import runtimes
import session
import tap

IMAGE = "links:latest"


def docker(*words):
    return tap.succeed(["docker", *words], timeout=session.PATIENCE_S).stdout


def started():
    """The daemon as its unit starts it, and the image, made here: nothing is fetched."""
    tap.succeed(["systemctl", "start", "docker"], timeout=session.PATIENCE_S)
    if tap.run(["docker", "image", "inspect", IMAGE], timeout=session.PATIENCE_S).rc == 0:
        return
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name, "root")
        root.mkdir()
        runtimes.make_root(root)
        (root / "sbin").unlink()  # `docker run --init` mounts there what it starts first
        (root / "sbin").mkdir()
        tap.succeed(["tar", "--owner=0", "--group=0", "-C", root, "-cf", f"{name}/root.tar", "."])
        docker("import", f"{name}/root.tar", IMAGE)


def _words(folder, limit, options):
    return [f"--memory={limit}", "--network=none", *runtimes.mounts(folder), "--workdir=/data", *options, IMAGE]


@contextlib.contextmanager
def container(*options, limit="256m"):
    """One that sleeps; commands are executed in it, as in a development container."""
    started()
    with runtimes.folders() as folder:
        docker("run", "--detach", f"--name={folder.name}", *_words(folder, limit, options), "sleep", "600")
        try:
            pid = int(docker("inspect", "--format={{.State.Pid}}", folder.name))
            yield runtimes.Container(["docker", "exec", "--interactive", folder.name], folder / "live", folder / "state", pid)
        finally:
            tap.run(["docker", "rm", "--force", folder.name], timeout=session.PATIENCE_S)


@contextlib.contextmanager
def container_of(*command, options=(), limit="256m"):
    """A command that is the container: what came of it, and the directory that it has as /data."""
    started()
    with runtimes.folders() as folder:
        yield tap.run(["docker", "run", "--rm", *_words(folder, limit, options), *command],
                      timeout=session.PATIENCE_S), folder / "data"
