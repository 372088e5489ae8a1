# SPDX-License-Identifier: Apache-2.0
"""Holds a perf event of page faults open for as long as the guest runs.

The kernel patches its page fault path when the first such event is opened, and back when the last is closed. On two
emulated processors one may still execute the old instructions: the guest panics then ("Oops: int3" in
handle_mm_fault). So it is patched once, before the tests."""

import ctypes
import os
import signal
import struct

PERF_EVENT_OPEN = 298  # x86-64
SOFTWARE, SIZE = 1, 112
FAULTS = (2, 5, 6)  # all, minor, major: each has a switch of its own


def opened(kind):
    attributes = ctypes.create_string_buffer(struct.pack("IIQ", SOFTWARE, SIZE, kind), SIZE)
    return ctypes.CDLL(None).syscall(PERF_EVENT_OPEN, attributes, 0, -1, -1, 0)


held = [opened(kind) for kind in FAULTS]
os.close(1)  # its caller's output ends with its caller
signal.pause()
