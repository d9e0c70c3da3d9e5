#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The daemon among clients that send good and bad messages mixed, never read, or dribble: what does it hold, is it alive?

hostile (hostile.c) sends datagrams; twenty clients over TCP ask for large answers and do not read
them, twenty send a byte a second, others come and go. A line for each million, with the daemon's memory.
As root; it makes a lab of its own (see tests/lab/README.md). CTRESOLVED names the program, if it is not in build/, HOSTILE the
sender. Ends with status 1 when the daemon does not answer any more, or has grown since the first part.
"""
import argparse
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

import inlab

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--millions", type=float, default=24)
parser.add_argument("--step", type=float, default=1, help="millions a line")
OPTIONS = parser.parse_args()
LAB = inlab.enter()

# pylint: disable=wrong-import-position
from daemon import ADDRESS, Daemon, PORT, PROGRAM
from dnsclient import dig, frame

import dns.message

HOSTILE = os.environ.get("HOSTILE", str(pathlib.Path(PROGRAM).parents[1] / "tests/bench/hostile"))
GROWTH_KIB = 1024
stopping = threading.Event()


def connection():
    return socket.create_connection((ADDRESS, PORT), timeout=5)


def never_reads():
    """Asks for all that finds room, and leaves the answers lying."""
    query = frame(dns.message.make_query("large.example", "TXT").to_wire())
    while not stopping.is_set():
        with contextlib.suppress(OSError), connection() as stream:
            stream.settimeout(1)
            for _ in range(100):
                stream.sendall(query * 10)
                if stopping.wait(0.1):
                    return


def dribbles():
    query = frame(dns.message.make_query("www.example", "A").to_wire())
    while not stopping.is_set():
        with contextlib.suppress(OSError), connection() as stream:
            for byte in query:
                stream.sendall(bytes([byte]))
                if stopping.wait(1):
                    return


def comes_and_goes():
    query = frame(dns.message.make_query("www.example", "A").to_wire())
    while not stopping.wait(0.01):
        with contextlib.suppress(OSError), connection() as stream:
            stream.sendall(query * 3 + query[:7])


def main():
    with tempfile.TemporaryDirectory() as folder, Daemon(LAB, folder, "tls://1.1.1.1#one.one.one.one", cache="yes") as daemon:
        others = [threading.Thread(target=kind, daemon=True) for kind, n in ((never_reads, 20), (dribbles, 20), (comes_and_goes, 2))
                  for _ in range(n)]
        for each in others:
            each.start()
        sent, sizes, alive = 0, [], True
        print("  millions   a second   answered   RSS KiB   fds", flush=True)
        while sent < OPTIONS.millions * 1e6 and alive:
            began = time.monotonic()
            done = subprocess.run([HOSTILE, ADDRESS, str(PORT), str(int(OPTIONS.step * 1e6))], check=True, capture_output=True)
            told = json.loads(done.stdout)
            sent += told["sent"]
            alive = dig("www.example").answers == ["192.0.2.1"]
            sizes.append(daemon.memory_kib())
            print(f"{sent / 1e6:10.2f} {told['sent'] / (time.monotonic() - began):10.0f} {told['received'] / told['sent']:10.2f} "
                  f"{sizes[-1]:9} {len(os.listdir(f'/proc/{daemon.process.pid}/fd')):5}", flush=True)
        stopping.set()
        for each in others:
            each.join(10)
    # The cache fills meanwhile: what it holds in the end is counted from the second quarter on.
    growth = sizes[-1] - sizes[len(sizes) // 4]
    print(f"{'alive' if alive else 'NOT ALIVE'}; grown by {growth} KiB since a quarter of the time")
    return 0 if alive and growth <= GROWTH_KIB else 1


sys.exit(main())
