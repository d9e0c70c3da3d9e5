#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The daemon for a long time, with upstreams that do not let connections live: what is lost, and what does it hold?

One kind closes every connection ten seconds after it was made, the other resets them at random moments; by TLS and by
HTTPS. The daemon knows all four, and prefers each of them for a quarter of the names. A line a minute, with the
connections that were made to each, and what they come to. As root; it makes a lab of its own (see tests/lab/README.md).
CTRESOLVED names the program, if it is not in build/. Ends with status 1 when a query was lost or got SERVFAIL.
"""
import argparse
import collections
import subprocess
import sys
import tempfile
import threading
import time

import inlab

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--minutes", type=int, default=60)
parser.add_argument("--rate", type=int, default=200, help="queries a second")
parser.add_argument("--log", default="/dev/null", help="file for what the daemon says")
OPTIONS = parser.parse_args()
LAB = inlab.enter()

# pylint: disable=wrong-import-position
from daemon import Daemon
from servers import name_of
from stream import Stream

NAME = "#one.one.one.one"
# Port, what is behind it, how it ends connections, at what age (on average).
RELAYS = {"tls-close": (8801, 853, "close", 10), "tls-reset": (8802, 853, "reset", 5),
          "https-close": (8803, 443, "close", 10), "https-reset": (8804, 443, "reset", 5)}
NAMES = 64 * len(RELAYS)  # a route holds that many
COLUMNS = ("minute", "sent", "right", "SERVFAIL", "lost", "slowest ms", "RSS KiB", "fds", *RELAYS)


class Talker(Daemon):
    """Its log goes to a file; the beginning is kept, for Daemon."""

    def read(self):
        with open(OPTIONS.log, "w", encoding="utf-8", buffering=1) as file:
            for line in self.process.stderr:
                file.write(f"{time.strftime('%H:%M:%S')} {line}")
                if len(self.log) < 65536:
                    self.log += line


class Tally:
    """Of one minute, or of all."""

    def __init__(self):
        self.count = collections.Counter()
        self.slowest = 0

    def tell(self, end):
        self.count["sent"] += 1
        self.count["right" if end.right else "SERVFAIL" if end.servfail else "lost"] += 1
        self.slowest = max(self.slowest, end.took or 0)


class Relays:
    """How many connections each has got."""

    def __init__(self):
        ports = [":".join(map(str, row)) for row in RELAYS.values()]
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["ip", "netns", "exec", LAB.upstream, str(inlab.LAB / "relay.py"), "1.1.1.1", *ports],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.names = {row[0]: name for name, row in RELAYS.items()}
        self.connections = collections.Counter()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.connections[self.names[int(line)]] += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()


def show(*cells):
    print("  ".join(f"{cell:>{max(7, len(title))}}" for cell, title in zip(cells, COLUMNS)), flush=True)


class Soak:
    def __init__(self, daemon, relays):
        self.daemon, self.relays = daemon, relays
        self.minute, self.all = Tally(), Tally()
        self.before = collections.Counter()  # connections until this minute
        self.memory, self.descriptors = [], []  # first and last; least and most

    def tell(self, end):
        self.minute.tell(end)
        self.all.tell(end)

    def look(self):
        n = self.daemon.descriptors()
        self.descriptors = [min([n, *self.descriptors]), max([n, *self.descriptors])]
        return n

    def line(self, minute):
        tally, self.minute = self.minute, Tally()
        now = self.relays.connections.copy()
        self.memory = [*self.memory[:1], self.daemon.memory_kib()]
        show(minute, *(tally.count[word] for word in ("sent", "right", "SERVFAIL", "lost")), round(1000 * tally.slowest),
             self.memory[-1], self.look(), *(now[name] - self.before[name] for name in RELAYS))
        self.before = now

    def run(self):
        begin = time.monotonic()
        show(*COLUMNS)
        for minute in range(1, OPTIONS.minutes + 1):
            while time.monotonic() < begin + 60 * minute:
                assert self.daemon.process.poll() is None, f"the daemon has ended:\n{self.daemon.log}"
                self.look()
                time.sleep(1)
            self.line(minute)

    def summary(self):
        count, connections = self.all.count, self.relays.connections
        print(f"\n{count['sent']} queries, {count['right']} answered right, {count['SERVFAIL']} SERVFAIL, "
              f"{count['lost']} lost; slowest {1000 * self.all.slowest:.0f} ms\n"
              f"RSS {self.memory[0]} KiB after the first minute, {self.memory[-1]} KiB after the last; "
              f"{self.descriptors[0]} to {self.descriptors[1]} descriptors; "
              f"{sum(connections.values()) - len(connections)} reconnections", flush=True)
        return count["right"] < count["sent"]


def upstreams(first):
    """All, beginning with that one."""
    uris = [f"{name.split('-')[0]}://1.1.1.1:{row[0]}{NAME}" for name, row in RELAYS.items()]
    return uris[first:] + uris[:first]


def route(first):
    names = (f"~{name_of(i)}" for i in range(first, NAMES, len(RELAYS)))
    return f"[Route]\nDomains={' '.join(names)}\nDNS={' '.join(upstreams(first))}\n"


def main():
    with tempfile.TemporaryDirectory() as folder, Relays() as relays:
        talker = Talker(LAB, folder, upstreams(0))
        with talker.config.open("a", encoding="utf-8") as file:
            file.writelines(route(i) for i in range(1, len(RELAYS)))
        with talker as daemon:
            soak = Soak(daemon, relays)
            with Stream(OPTIONS.rate, soak.tell, NAMES):
                soak.run()
            return soak.summary()


if __name__ == "__main__":
    sys.exit(main())
