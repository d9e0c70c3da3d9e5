# SPDX-License-Identifier: MIT
"""A short piece of what tests/bench/hostile_load.py does for an hour: messages good and bad, clients that do not read."""
import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from daemon import ADDRESS, Daemon, PORT, PROGRAM, SANITIZED, tcp
from dnsclient import dig, frame

import dns.message

SENDER = pathlib.Path(os.environ.get("HOSTILE", pathlib.Path(PROGRAM).parents[1] / "tests/bench/hostile"))
PIECE = 50_000


def send(n):
    told = json.loads(subprocess.run([SENDER, ADDRESS, str(PORT), str(n)], check=True, capture_output=True,
                                     timeout=60 + n / 2000).stdout)
    assert told["sent"] >= n and told["received"] > told["sent"] / 3, told


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what is freed")
@pytest.mark.skipif(not SENDER.exists(), reason="the sender is not there: -Dtests=enabled")
def test_flat_and_alive(lab, tmp_path):
    """The cache is small, so that it is full after the first part: from then on nothing grows, and the daemon answers."""
    with Daemon(lab, tmp_path, "tls://1.1.1.1#one.one.one.one", cache="yes", resolve="CacheSize=256K") as daemon, \
            contextlib.ExitStack() as deaf:
        send(2 * PIECE)
        before, descriptors = daemon.memory_kib(), daemon.descriptors()
        for _ in range(10):
            stream = deaf.enter_context(tcp(timeout=1))
            stream.sendall(frame(dns.message.make_query("www.example", "A").to_wire())[:-3])
        for _ in range(2):
            send(PIECE)
            assert dig("www.example").answers == ["192.0.2.1"]
        assert daemon.memory_kib() - before < 1024
        assert daemon.descriptors() <= descriptors + 30
