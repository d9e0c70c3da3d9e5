# SPDX-License-Identifier: MIT
"""SCTs that come beside the certificate: who is asked for them, and how often."""
import time

import pytest

from daemon import Daemon
from dnsclient import dig


def lose_connections(lab, name):
    """Ends the connections of a server, as its crash would."""
    lab.upstream_runs("ss", "-K", "sport", "=", f":{lab.row(name)['listen'][1]}", stdout=-3)


def connections(lab, name):
    return lab.statistics(name)["connections"]


@pytest.mark.parametrize("name", ["tls-scts", "tls-scts-12", "tls-scts-12-openssl"])
def test_asked_only_when_needed_and_remembered(lab, tmp_path, name):
    """The first connection shows that its own SCTs do not suffice; from then on it is asked at once."""
    before = connections(lab, name)
    with Daemon(lab, tmp_path, lab.uri(name)) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        lose_connections(lab, name)
        assert dig("h0001.example").status == "NOERROR"
        assert daemon.log.count("event=accepted") == 1 and "event=refused" not in daemon.log  # told once
    assert connections(lab, name) == before + 3


@pytest.mark.parametrize("name, times", [("good", 1), ("expired", 1), ("ocsp-revoked", 1), ("other-address", 1), ("no-sct", 2),
                                         ("one-operator", 2), ("tls-scts-bad-signature", 2), ("tls-scts-short", 2)])
def test_connections_until_the_verdict(lab, tmp_path, name, times):
    """Who lacks SCTs, and nothing else, is asked once more; nobody else is."""
    before = connections(lab, name)
    with Daemon(lab, tmp_path, lab.uri(name)) as daemon:
        daemon.wait_for(f"upstream={lab.uri(name)} event=")
    assert connections(lab, name) == before + times


@pytest.mark.parametrize("name", ["no-sct", "tls-scts-short"])
def test_asked_in_vain_begins_anew(lab, tmp_path, name):
    """It may have got a better certificate since, which needs no asking."""
    before = connections(lab, name)
    with Daemon(lab, tmp_path, lab.uri(name)) as daemon:
        daemon.wait_for("event=refused")
        time.sleep(1.2)  # it rests for a second
        assert dig("www.example").status == "SERVFAIL"
    assert connections(lab, name) == before + 4


def test_next_upstream_after_one_that_was_asked_in_vain(lab, tmp_path):
    with Daemon(lab, tmp_path, [lab.uri("tls-scts-short"), lab.uri("no-sct"), lab.uri("tls-scts")]):
        dug = dig("www.example")
        assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 1000, dug.text
