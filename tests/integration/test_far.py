# SPDX-License-Identifier: MIT
"""An upstream that is far away: how often a query has to go there and back, and packets that are lost on the way."""
import time

import pytest

from daemon import Daemon
from dnsclient import dig
from load import Load

NAME = "#one.one.one.one"
ROUND_TRIP = 200  # milliseconds


def round_trips(name="www.example"):
    dug = dig(name)
    assert dug.answers == ["192.0.2.1"], dug.text
    return dug.milliseconds / ROUND_TRIP


def test_warm_connection(lab, tmp_path):
    with lab.far(ROUND_TRIP), Daemon(lab, tmp_path, f"tls://1.1.1.1{NAME}"):
        assert 2.5 < round_trips() < 3.5  # TCP, TLS 1.3, the query
        time.sleep(1.5)  # unbound asks for two seconds
        assert 1 <= round_trips() < 1.5


@pytest.mark.parametrize("uri", ["tls://1.1.1.1:8700", "https://1.1.1.1:8703"])
def test_after_the_server_has_closed(lab, tmp_path, uri):
    """The ticket saves it the certificates, TCP Fast Open (RFC 7413) a round trip."""
    with lab.far(ROUND_TRIP), Daemon(lab, tmp_path, uri + NAME):
        assert 1.5 < round_trips() < 3.5
        time.sleep(1.5)
        assert 2 <= round_trips() < 2.5


@pytest.mark.parametrize("protocol", ["tls", "https"])
def test_packets_are_lost(lab, tmp_path, protocol):
    with lab.far(20, loss=0.02), Daemon(lab, tmp_path, f"{protocol}://1.1.1.1{NAME}"):
        with Load() as load:
            time.sleep(5)
        assert load.lost == 0
        assert load.slowest() < 3, load.slowest()
