# SPDX-License-Identifier: Apache-2.0
"""Debug sessions in containers of Docker, of containerd by itself and by its CRI, and of LXC: all real, in a virtual machine."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import engines
import session
import tap
from container_checks import (CAP, CLEAN, check_all_read_only, check_entrypoint, check_read_only, check_verdict, check_writable,
                              hold, leaking)
from session import Session


def registered(name, check, *options, **how):
    """One of the matrix of Docker's containers."""
    def test():
        with engines.container(*options) as container:
            check(container)
    test.__name__ = name
    tap.test("vm:docker", user="root", timeout=600, **how)(test)


registered("docker_read_only", check_all_read_only)
registered("docker_in_the_machines_cgroup_namespace", check_read_only, "--cgroupns=host")
registered("docker_without_new_privileges", check_read_only, "--security-opt=no-new-privileges", "--cap-drop=ALL", "--read-only",
           "--pids-limit=60", "--init")
registered("docker_writable", check_writable, "--security-opt=writable-cgroups=true", debian=("sid",))  # Docker 28 and later
registered("docker_privileged", check_writable, "--privileged")


@tap.test("vm:docker", user="root", timeout=600)
def docker_entrypoint():
    check_entrypoint(engines.container_of)


if __name__ == "__main__":
    tap.main()
