# SPDX-License-Identifier: MIT
"""Upstreams that pass the verdict, and then let one wait, come and go, or speak nonsense. Whoever can answer, does."""
import collections
import contextlib
import json
import subprocess
import threading
import time

import dns.message
import dns.rcode
import pytest

from daemon import Daemon, SANITIZED
from dnsclient import dig, udp_socket
from upstream import Upstream

NAME = "#one.one.one.one"
GOOD = "dot:1.0.0.1:9102"


class Hostile(Upstream):
    def __init__(self, lab, folder, *specs):
        self.file = folder / "counts"
        super().__init__(lab, "hostile.py", self.file, *specs)

    def count(self, spec, what):
        return json.loads(self.file.read_text()).get(spec, {}).get(what, 0) if self.file.exists() else 0


def uri(spec):
    kind, address, port = spec.split(":")
    return f"{'https' if kind.startswith('doh') else 'tls'}://{address}:{port}{NAME}"


def daemon_for(lab, tmp_path, *specs, **keywords):
    return Daemon(lab, tmp_path, [uri(spec) for spec in specs], **keywords)


def ask_in_turn(names, rate, timeout=7):
    """{rcode or "none": how many}, and how long each took that was answered well; one question follows the other."""
    got, sent = {}, {}

    def listen():
        with contextlib.suppress(TimeoutError):
            while len(got) < len(names):
                message = dns.message.from_wire(client.recv(4096))
                got[message.id] = (dns.rcode.to_text(message.rcode()) if message.rcode() or message.answer else "empty",
                                   time.monotonic() - sent[message.id])

    with udp_socket(timeout) as client:
        listener = threading.Thread(target=listen)
        for i, name in enumerate(names):
            message = dns.message.make_query(name, "A", use_edns=0, id=i)
            sent[i] = time.monotonic()
            client.send(message.to_wire())
            if i == 0:
                listener.start()
            time.sleep(1 / rate)
        listener.join()
    rcodes = collections.Counter(rcode for rcode, _ in got.values())
    if len(got) < len(names):
        rcodes["none"] = len(names) - len(got)
    return rcodes, [took for rcode, took in got.values() if rcode == "NOERROR"]


def names(n, label="a"):
    return [f"{label}{i}.example" for i in range(n)]


@pytest.mark.parametrize("manner", ["doh-alive", "doh-no-streams", "doh-no-window", "dot-alive", "dot-trickle", "dot-silent"])
def test_alive_but_answers_nothing(lab, tmp_path, manner):
    """It gives signs of life, so its connection is well; and yet others are asked, and soon before it is."""
    bad = f"{manner}:1.1.1.1:9101"
    with Hostile(lab, tmp_path, bad, GOOD), daemon_for(lab, tmp_path, bad, GOOD):
        rcodes, took = ask_in_turn(names(60), 20)
    assert rcodes == {"NOERROR": 60}
    assert max(took) < 2.5 and sorted(took)[30] < 0.2, sorted(took)


@pytest.mark.parametrize("manner", ["doh-goaway", "dot-slam", "doh-reset", "doh-500"])
def test_turns_everybody_away(lab, tmp_path, manner):
    """Beside a good one nothing is lost, and it is not dialled, or asked, in a storm."""
    bad = f"{manner}:1.1.1.1:9101"
    with Hostile(lab, tmp_path, bad, GOOD) as server, daemon_for(lab, tmp_path, bad, GOOD):
        rcodes, _ = ask_in_turn(names(800), 200)
        assert rcodes == {"NOERROR": 800}
        assert 1 <= server.count(bad, "connections") <= 15
        # Who is late, on a busy machine, is doubted too: then the bad one gets its share for a moment.
        assert server.count(bad, "queries") <= 400


@pytest.mark.parametrize("manner", ["doh-goaway", "dot-slam", "doh-reset"])
def test_turns_everybody_away_and_is_alone(lab, tmp_path, manner):
    bad = f"{manner}:1.1.1.1:9101"
    with Hostile(lab, tmp_path, bad) as server, daemon_for(lab, tmp_path, bad):
        rcodes, _ = ask_in_turn(names(800), 200)
        assert rcodes == {"SERVFAIL": 800}
        assert 1 <= server.count(bad, "connections") <= 15


def test_two_are_silent(lab, tmp_path):
    """The third is asked."""
    specs = "dot-silent:1.1.1.1:9101", "dot-silent:1.0.0.1:9103", GOOD
    with Hostile(lab, tmp_path, *specs), daemon_for(lab, tmp_path, *specs):
        time.sleep(0.5)
        rcodes, _ = ask_in_turn(names(20), 10)
    assert rcodes == {"NOERROR": 20}


def test_each_connection_answers_once(lab, tmp_path):
    """More connections than it may have fall silent; it goes on, and does not turn in circles."""
    spec = "dot-first:1.1.1.1:9101"
    with Hostile(lab, tmp_path, spec), daemon_for(lab, tmp_path, spec, timeout=10) as daemon:
        ask_in_turn(names(300), 50, timeout=3)
        before = daemon.cpu_seconds()
        time.sleep(1)
        assert daemon.cpu_seconds() - before < 0.5
        assert dig("+timeout=12", "mute.example").status == "SERVFAIL"


@pytest.mark.parametrize("lines", [1, 7])
def test_network_changes_with_a_query_under_way(lab, tmp_path, lines):
    """However many connections that costs, the query is asked once more, and ends with an answer or an error."""
    specs = [f"dot-alive:1.1.1.1:{9110 + i}" for i in range(lines)] + [GOOD]
    route = ["ip", "route", "replace", "1.1.1.1/32", "dev", "up0"]
    subprocess.run(["ip", "address", "add", "10.53.0.9/24", "dev", "up0"], check=True)
    try:
        with Hostile(lab, tmp_path, *specs), daemon_for(lab, tmp_path, *specs[:-1]):
            asker = threading.Thread(target=lambda: found.append(ask_in_turn(["bank.example"], 10)[0]))
            found = []
            asker.start()
            for i in range(6):
                time.sleep(0.4)
                subprocess.run([*route, "src", f"10.53.0.{(9, 2)[i % 2]}"], check=True)
            asker.join()
        assert found == [{"SERVFAIL": 1}]
    finally:
        subprocess.run([*route, "scope", "link"], check=True)
        subprocess.run(["ip", "address", "del", "10.53.0.9/24", "dev", "up0"], check=True)


def test_no_streams_allowed(lab, tmp_path):
    """What waits for a stream is bounded, also when whoever asked has given up."""
    bad = "doh-no-streams:1.1.1.1:9101"
    with Hostile(lab, tmp_path, bad), daemon_for(lab, tmp_path, bad, timeout=1) as daemon:
        ask_in_turn(names(2000, "a"), 1000, timeout=1.5)
        before = daemon.memory_kib(), daemon.cpu_seconds()
        for label in "bcd":
            ask_in_turn(names(2000, label), 1000, timeout=1.5)
        assert SANITIZED or daemon.memory_kib() < before[0] + 2000
        assert SANITIZED or daemon.cpu_seconds() - before[1] < 2


def test_too_many_for_one(lab, tmp_path):
    """What one does not take, for it has its hands full, another does."""
    bad = "doh-alive:1.1.1.1:9101"
    with Hostile(lab, tmp_path, bad, GOOD), daemon_for(lab, tmp_path, bad, GOOD):
        rcodes, _ = ask_in_turn(names(1300), 2000)
    assert rcodes == {"NOERROR": 1300}


def test_one_answer_is_odd(lab, tmp_path):
    """One of ten cannot be read: that is told to who asked, and nobody else suffers."""
    spec = "dot-odd:1.1.1.1:9101"
    asked = [f"{'odd' if i % 10 == 0 else 'a'}{i}.example" for i in range(400)]
    with Hostile(lab, tmp_path, spec) as server, daemon_for(lab, tmp_path, spec):
        rcodes, _ = ask_in_turn(asked, 200)
        assert rcodes == {"NOERROR": 360, "SERVFAIL": 40}
        # On a busy machine one that is slow is relieved; not one for each odd answer.
        assert server.count(spec, "connections") <= 5


def test_plain_upstream_is_mute_for_some(lab, tmp_path):
    """One of ten names has no answer, which says nothing of the others."""
    spec = "plain:10.53.0.1:5377"
    daemon = daemon_for(lab, tmp_path, GOOD)
    daemon.config.write_text(daemon.config.read_text() + "[Route]\nDomains=~corp.example\nDNS=plain://10.53.0.1:5377\n")
    asked = [f"{'mute' if i % 10 == 0 else 'a'}{i}.corp.example" for i in range(1000)]
    with Hostile(lab, tmp_path, spec, GOOD), daemon:
        rcodes, _ = ask_in_turn(asked, 200)
    assert rcodes["NOERROR"] == 900
