#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What ./dev and the scripts behind it say of themselves."""
import contextlib
import io
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import demo  # noqa: E402
import tap  # noqa: E402


@tap.test("rules")
def test_a_step_says_what_it_does_and_how_long_it_took():
    said = tap.run(["bash", "-c", '. ./dev help; step "a step" false'], cwd=ROOT)
    tap.equal(said.rc, 1)
    tap.true(re.search(r"== a step\S*\n.*== a step: [0-9]+[.][0-9] s", said.stderr), said.stderr)


@tap.test("rules")
def test_each_step_of_the_demo_says_how_long_it_took():
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        demo.title("one")
        demo.show("leak", "held")
        demo.title("two")
        demo.end_step()
        demo.heading("Done")
    tap.true(re.fullmatch(r"\none\n +leak +held\n +took +[0-9]+[.][0-9] s\n\ntwo\n +took +[0-9]+[.][0-9] s\n\nDone\n", shown.getvalue()),
             shown.getvalue())


def tidy_in(directory):
    """What the step says, of a build that knows no source."""
    build = pathlib.Path(directory, "build")
    build.mkdir()
    (build / "compile_commands.json").write_text("[]")
    (build.parent / ".clang-tidy").touch()
    return tap.succeed([sys.executable, ROOT / "tests/support/tidy.py", "--changed", "build"], cwd=directory).stdout


def commit(repository, text):
    pathlib.Path(repository, "src").mkdir(exist_ok=True)
    pathlib.Path(repository, "src/a.cpp").write_text(text)
    tap.succeed(["git", "add", "src"], cwd=repository)
    tap.succeed(["git", "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", text], cwd=repository)


@tap.test("rules")
def test_clang_tidy_says_that_it_compared_nothing():
    with tempfile.TemporaryDirectory(prefix="dbgscope-tidy-") as scratch:
        whole, shallow, none = (pathlib.Path(scratch, name) for name in ("whole", "shallow", "none"))
        whole.mkdir()
        none.mkdir()
        tap.succeed(["git", "init", "-q", "-b", "main"], cwd=whole)
        commit(whole, "one")
        commit(whole, "two")
        tap.succeed(["git", "clone", "-q", "--depth", "1", f"file://{whole}", shallow])
        tap.contains(tidy_in(shallow), "NOTHING COMPARED")
        tap.contains(tidy_in(none), "NOTHING COMPARED")
        tap.equal(tidy_in(whole), "clang-tidy: 0 files read, 0 with findings\n")


if __name__ == "__main__":
    tap.main()
