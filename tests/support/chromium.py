# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, told what to do by its own protocol over two pipes: nothing but the browser is needed."""

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import tempfile
import time
import zlib

import tap
from terminal import PATIENCE_S

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND"]


class Page:
    """One tab. `events`: all that the browser has told of it; a context manager."""

    def __init__(self, width=1100, height=900):
        browser = shutil.which("chromium")
        if not browser:
            tap.skip("chromium is not installed: ./dev test editors installs it")
        self.events, self._unread, self._number, self._session = [], b"", 0, None
        self._folder = tempfile.TemporaryDirectory(prefix="dbgscope-chromium-", ignore_cleanup_errors=True)
        with open(f"{self._folder.name}/Local State", "w") as state:  # opens chrome://tracing
            json.dump({"internal_only_uis_enabled": True}, state)
        its_input, self._to = os.pipe()
        self._from, its_output = os.pipe()

        def as_3_and_4():  # where it looks for them; the copies keep them apart from each other
            copies = [os.dup(its_input), os.dup(its_output)]
            os.dup2(copies[0], 3)
            os.dup2(copies[1], 4)
        self._process = subprocess.Popen([browser, *FLAGS, f"--user-data-dir={self._folder.name}", "about:blank"],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         close_fds=False, preexec_fn=as_3_and_4, start_new_session=True)
        os.close(its_input)
        os.close(its_output)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._session = None
            self.ask("Browser.close")
            self._process.wait(20)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, 9)
            self._process.wait(20)
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()

    def ask(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(end, method)
            if answer.get("id") == self._number:
                tap.true("result" in answer, f"{method}: {answer.get('error')}")
                return answer["result"]

    def _next(self, end, wanted):
        while b"\0" not in self._unread:
            if not select.select([self._from], [], [], max(end - time.monotonic(), 0))[0]:
                tap.fail(f"the browser does not answer: {wanted}")
            got = os.read(self._from, 1 << 16)
            tap.true(got, f"the browser has gone: {wanted}")
            self._unread += got
        one, _, self._unread = self._unread.partition(b"\0")
        message = json.loads(one)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, url):
        """Until all of it is there."""
        seen = len(self.events)
        self.ask("Page.navigate", url=url)
        end = time.monotonic() + PATIENCE_S
        while not any(event["method"] == "Page.loadEventFired" for event in self.events[seen:]):
            self._next(end, url)

    def told(self, *methods):
        """The parameters of each such event."""
        return [event["params"] for event in self.events if event["method"] in methods]

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def scheme(self, name):
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, name=""):
        """PNG; kept as `name` where DBGSCOPE_TEST_PICTURES says."""
        bytes = base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
        if name and os.environ.get("DBGSCOPE_TEST_PICTURES"):
            with open(f"{os.environ['DBGSCOPE_TEST_PICTURES']}/{name}.png", "wb") as file:
                file.write(bytes)
        return bytes


def pixels(png):
    """[(red, green, blue), ...] of a picture of 8 bits a channel, by rows (PNG, ISO/IEC 15948)."""
    tap.equal(png[:8], b"\x89PNG\r\n\x1a\n")
    at, packed = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        data = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[:10])
            channels = {2: 3, 6: 4}[colour]
            tap.equal(depth, 8)
        elif kind == b"IDAT":
            packed += data
        at += 12 + length
    raw, found, above = zlib.decompress(packed), [], bytearray(width * channels)
    for row in range(height):
        begin = row * (width * channels + 1)
        above = _unfiltered(raw[begin], bytearray(raw[begin + 1:begin + 1 + width * channels]), above, channels)
        found += [tuple(above[i:i + 3]) for i in range(0, len(above), channels)]
    return found


def _unfiltered(kind, line, above, step):
    for i in range(len(line) if kind else 0):
        left, up, corner = (line[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda near: abs(guess - near))
        line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 0xff
    return line
