# SPDX-License-Identifier: Apache-2.0
"""init devcontainer on real folders."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap


@contextlib.contextmanager
def folder():
    """Yields (workspace, call); call runs dbgscope there."""
    with tempfile.TemporaryDirectory(prefix="dbgscope-devcontainer-") as name:
        workspace = pathlib.Path(name).resolve()
        yield workspace, lambda *words: tap.run([tap.dbgscope, *words], env={"HOME": name, "PWD": None}, cwd=workspace)


def plain_json(path):
    """The file without its comments and trailing commas, by no code of ours."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*', lambda m: m[1] or "", path.read_text())
    return json.loads(re.sub(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', lambda m: m[1] or "", text))


@tap.test("host")
def devcontainer_keeps_what_is_there_and_gets_what_is_missing():
    with folder() as (workspace, call):
        none = call("init", "devcontainer", "--write")
        tap.equal((none.rc, none.stdout), (125, ""))
        tap.contains(none.stderr, f"{workspace}: there is no .devcontainer/devcontainer.json and no .devcontainer.json")
        file = workspace / ".devcontainer/devcontainer.json"
        file.parent.mkdir()
        before = '{\n  // as the team has it\n  "image": "golang:1.23", // not newer\n  "remoteUser": "vscode",\n}\n'
        file.write_text(before)
        shown = call("init", "devcontainer")
        tap.equal((shown.rc, file.read_text()), (0, before), "nothing is written")
        tap.contains(shown.stdout, '+    "--security-opt=writable-cgroups=true"')
        tap.contains(shown.stderr, "for user vscode the debuggee is stopped in time all the same")
        tap.contains(shown.stderr, "dbgscope: nothing is changed yet: --write does it\n")
        wrote = call("init", "devcontainer", "--write")
        tap.equal((wrote.rc, wrote.stdout), (0, f"changed {file}\n"))
        tap.contains(file.read_text(), before.removesuffix("}\n"))
        tap.equal(plain_json(file)["runArgs"], ["--cap-add=SYS_PTRACE", "--security-opt=writable-cgroups=true"])
        again = call("init", "devcontainer", "--write")
        tap.equal((again.rc, again.stdout, again.stderr), (0, "", "dbgscope: devcontainer: nothing to change\n"))
        tap.equal(call("lint", file).rc, 0)
        podman = call("init", "devcontainer", "--engine=podman", workspace)
        tap.contains(podman.stdout, '"--security-opt=unmask=/sys/fs/cgroup"')
        refused = call("init", "devcontainer", "--engine=lxc")
        tap.equal((refused.rc, refused.stderr), (125, 'dbgscope: cannot init --engine: "lxc" is none it knows (docker or podman)\n'))
        tap.contains(call("init", "vscode", "--privileged").stderr, "--privileged is for devcontainer")


@tap.test("host")
def one_of_several_devcontainers_is_named_by_its_folder():
    with folder() as (workspace, call):
        for name in ("api", "web"):
            (workspace / ".devcontainer" / name).mkdir(parents=True)
            (workspace / ".devcontainer" / name / "devcontainer.json").write_text('{"dockerComposeFile": "c.yml"}')
        several = call("init", "devcontainer", "--write")
        tap.equal((several.rc, several.stdout), (125, ""))
        tap.contains(several.stderr, f"{workspace}/.devcontainer/api | {workspace}/.devcontainer/web")
        tap.equal(call("init", "devcontainer", "--write", ".devcontainer/web").rc, 0)
        tap.equal(plain_json(workspace / ".devcontainer/web/devcontainer.json"),
                  {"dockerComposeFile": "c.yml", "capAdd": ["SYS_PTRACE"], "securityOpt": ["writable-cgroups=true"]})
        main = workspace / ".devcontainer/devcontainer.json"
        main.write_text('{"image": "x"}')
        beside = call("init", "devcontainer", "--write")
        tap.equal((beside.rc, beside.stdout), (0, f"changed {main}\n"))
        tap.contains(beside.stderr, f"other dev containers, which are not changed: dbgscope init devcontainer "
                                    f"{workspace}/.devcontainer/api | {workspace}/.devcontainer/web\n")
        main.unlink()
        by_file = call("init", "devcontainer", "--write", ".devcontainer/api/devcontainer.json")
        tap.equal((by_file.rc, by_file.stdout), (0, f"changed {workspace}/.devcontainer/api/devcontainer.json\n"))
        shutil.rmtree(workspace / ".devcontainer/web")
        tap.equal(call("init", "devcontainer", "--write", "--privileged").rc, 0, "the only one there is")
        tap.equal(plain_json(workspace / ".devcontainer/api/devcontainer.json")["privileged"], True)
        if os.getuid() == 0: # as for every file that root changes
            foreign = workspace / ".devcontainer.json"
            (workspace / "elsewhere.json").write_text("{}")
            foreign.symlink_to(workspace / "elsewhere.json")
            os.lchown(foreign, 65534, 65534)
            through = call("init", "devcontainer", "--write")
            tap.equal((through.rc, (workspace / "elsewhere.json").read_text()), (125, "{}"))
            tap.contains(through.stderr, "is a symbolic link of user 65534")


if __name__ == "__main__":
    tap.main()
