# SPDX-License-Identifier: MIT
"""Clocks of the daemon's own, that a test sets while it runs: tests/lab/clocks.c."""
import pathlib
import struct
import time

import pytest

from daemon import Daemon, PROGRAM, SANITIZED

LIBRARY = pathlib.Path(PROGRAM).parents[1] / "tests/lab/clocks.so"
NEEDED = [pytest.mark.skipif(SANITIZED, reason="a library that is loaded first, and sanitizers, do not get along"),
          pytest.mark.skipif(not LIBRARY.exists(), reason="the clocks are not there: -Dtests=enabled")]


class Clocks:
    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "clocks"
        self.wall = self.monotonic = 0  # seconds that are added
        self.synchronized = False
        self.path.write_bytes(self.content())

    def content(self):
        return struct.pack("=qqq", int(self.wall * 1e9), int(self.monotonic * 1e9), self.synchronized)

    def write(self):
        """In its place: the daemon has it mapped."""
        with self.path.open("r+b") as file:
            file.write(self.content())

    def set(self, date=None, synchronized=False):
        """Somebody sets the clock: to this date, to the right time if none is given."""
        self.wall = date.timestamp() - time.time() if date else 0
        self.synchronized = synchronized
        self.write()

    def synchronize(self):
        """The kernel is told that the clock is right as it is."""
        self.synchronized = True
        self.write()

    def fly(self, seconds):
        """All clocks go on by so much at once."""
        self.wall += seconds
        self.monotonic += seconds
        self.write()


class ClockedDaemon(Daemon):
    """A daemon, and its ctresolvectl, that see these clocks."""

    def __init__(self, clocks, *words, **keywords):
        super().__init__(*words, **keywords)
        self.clocks = clocks

    def environment(self):
        return {**super().environment(), "LD_PRELOAD": str(LIBRARY), "CTRESOLVED_CLOCKS": str(self.clocks.path)}
