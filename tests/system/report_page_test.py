# SPDX-License-Identifier: Apache-2.0
"""The page that `dbgscope report --html` writes, in a real browser: what it looks like in light and dark, what it does (nothing),
and what a hostile recording does with it (nothing). And the trace of `report --trace`, in a viewer of others."""

import base64
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
from chromium import Page, pixels
from terminal import PATIENCE_S, piece

RECORDINGS = pathlib.Path(__file__).resolve().parents[1] / "report"
WHITE, BLACK = (255, 255, 255), (13, 17, 23)  # --page
MEMORY = {"light": (47, 111, 191), "dark": (88, 166, 255)}  # --memory, drawn at 35 %


def written(folder, name):
    page = pathlib.Path(folder, name).with_suffix(".html")
    tap.succeed([tap.dbgscope, "report", RECORDINGS / name, "--html", page])
    return page.as_uri()


def quiet(page, url):
    """Nothing was asked for but the page itself, nothing was said, and nothing ran."""
    tap.equal({request["request"]["url"] for request in page.told("Network.requestWillBeSent")}, {url})
    tap.equal(page.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Page.javascriptDialogOpening",
                        "Network.webSocketCreated"), [])
    tap.equal(page.value("document.scripts.length + document.querySelectorAll('img, link, iframe, object, embed, use, a').length"), 0)
    tap.equal(page.value("[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/i.test(a.name))).length"), 0)


def near(one, other):
    return all(abs(a - b) <= 6 for a, b in zip(one, other))


def drawn(png, scheme):
    """The page has its own colour, and on it the curve and much else."""
    found = pixels(png)
    paper = WHITE if scheme == "light" else BLACK
    area = tuple(round(0.35 * ink + 0.65 * under) for ink, under in zip(MEMORY[scheme], paper))
    share = lambda colour: sum(near(pixel, colour) for pixel in found) / len(found)
    tap.true(0.4 < share(paper) < 0.98, f"{scheme}: {share(paper):.2f} of it is empty")
    tap.true(share(area) > 0.01, f"{scheme}: {share(area):.4f} of it is the memory's area")
    tap.true(len(set(found)) > 30, f"{scheme}: {len(set(found))} colours")


@tap.test("editors", timeout=200)
def the_page_of_a_held_session_is_seen_in_light_and_dark_and_without_scripts():
    with tempfile.TemporaryDirectory() as folder, Page() as page:
        url = written(folder, "held.jsonl")
        pictures = {}
        for scheme in ("light", "dark"):
            page.scheme(scheme)
            page.open(url)
            pictures[scheme] = page.picture(f"report-{scheme}")
            drawn(pictures[scheme], scheme)
        quiet(page, url)
        tap.true(page.value("document.querySelectorAll('.hover title').length") > 50, "nothing to hover over")
        tap.true(page.value("document.querySelector('.hover title').textContent.trim()"), "an empty hover text")
        tap.equal(page.value("document.documentElement.scrollWidth > innerWidth"), False, "it is wider than the window")
        page.ask("Emulation.setScriptExecutionDisabled", value=True)
        page.open(url)
        tap.true(page.picture() == pictures["dark"], "it looks otherwise where scripts are off")
        page.ask("Emulation.setScriptExecutionDisabled", value=False)
        printed = base64.b64decode(page.ask("Page.printToPDF", printBackground=False)["data"])
        tap.true(printed.startswith(b"%PDF-") and len(printed) > 5000, f"{len(printed)} bytes of PDF")


@tap.test("editors", timeout=200)
def words_of_a_hostile_recording_are_shown_and_do_nothing():
    with tempfile.TemporaryDirectory() as folder, Page() as page:
        url = written(folder, "hostile.jsonl")
        page.open(url)
        page.picture("report-hostile")
        quiet(page, url)
        text = page.value("document.body.innerText")
        for word in ('<script>alert("1")</script>', "<img src=y onerror=z>", "</td>"):
            tap.contains(text, word)
        tap.contains(page.value("document.title"), "<script>")


@tap.test("editors", timeout=200)
def every_recording_of_ours_makes_a_quiet_page():
    for name in ("collector.jsonl", "older.jsonl", "newer.jsonl", "torn.jsonl"):
        with tempfile.TemporaryDirectory() as folder, Page() as page:
            url = written(folder, name)
            page.open(url)
            page.picture(f"report-{name.removesuffix('.jsonl')}")
            quiet(page, url)


@tap.test("editors", timeout=300)
def a_viewer_of_others_opens_the_trace():
    viewer = piece("speedscope") / "node_modules/speedscope/dist/release/index.html"
    for name in ("held", "collector", "hostile"):
        with tempfile.TemporaryDirectory() as folder, Page() as page:
            trace, script = pathlib.Path(folder, "trace.json"), pathlib.Path(folder, "load.js")
            tap.succeed([tap.dbgscope, "report", RECORDINGS / f"{name}.jsonl", "--trace", trace])
            packed = base64.b64encode(trace.read_bytes()).decode()
            script.write_text(f"speedscope.loadFileFromBase64({json.dumps(trace.name)}, {json.dumps(packed)})")
            page.open(f"{viewer.as_uri()}#localProfilePath={script}")
            tap.wait_until(lambda: page.value("document.title").startswith("trace.json"), PATIENCE_S, 0.2, "the trace is open")
            page.picture(f"trace-{name}")
            said = [call["args"][0].get("value", "") for call in page.told("Runtime.consoleAPICalled") if call["args"]]
            tap.true("Importing as Trace Event Format profile" in said, f"{said}")
            tap.equal(page.told("Runtime.exceptionThrown", "Page.javascriptDialogOpening"), [])
            shown = page.value("document.body.innerText")
            tap.true("session (tid 3)" in shown or "state (tid 1)" in shown, shown)


if __name__ == "__main__":
    tap.main()
