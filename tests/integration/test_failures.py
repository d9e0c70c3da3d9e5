# SPDX-License-Identifier: MIT
"""Upstreams that fail: another takes over, a lost connection costs no query, and the reason is told."""
import threading
import time

import dns.message
import pytest

from daemon import Daemon
from dnsclient import dig, first_address, udp_socket
from servers import address_of, name_of

MAIN = "tls://1.1.1.1#one.one.one.one"
OTHER = "tls://1.0.0.1#one.one.one.one"
NOBODY = "tls://1.1.1.1:8999"


def ask_many(n, got):
    """Asks `n` questions at once, and waits for all the answers."""
    with udp_socket() as client:
        for i in range(n):
            message = dns.message.make_query(name_of(i), "A", use_edns=False)
            message.id = i
            client.send(message.to_wire())
        try:
            while len(got) < n:
                wire = client.recv(4096)
                got[int.from_bytes(wire[:2], "big")] = first_address(wire)
        except TimeoutError:
            pass


def all_of(n):
    return {i: address_of(i) for i in range(n)}


@pytest.mark.parametrize("refused", [True, False])
def test_the_next_one_answers(lab, tmp_path, refused):
    first = lab.uri("no-sct") if refused else NOBODY
    with Daemon(lab, tmp_path, [first, OTHER]):
        dug = dig("www.example")
        assert dug.answers == ["192.0.2.1"], dug.text


def test_black_hole(lab, tmp_path):
    """Its packets vanish: the next one answers well within the budget."""
    lab.upstream_runs("nft", "add table inet hole; add chain inet hole input { type filter hook input priority 0; };"
                      "add rule inet hole input ip daddr 1.1.1.1 tcp dport 853 drop")
    try:
        with Daemon(lab, tmp_path, [MAIN, OTHER]):
            dug = dig("www.example")
            assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 3000, dug.text
            assert dig("www.example").milliseconds < 1000  # it is known by now
    finally:
        lab.upstream_runs("nft", "delete table inet hole")


def test_nobody_reachable(lab, tmp_path):
    with Daemon(lab, tmp_path, NOBODY) as daemon:
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and dug.ede_code == "22" and "refused" in dug.ede_text, dug.text
        assert dug.milliseconds < 1000  # at once, not after the budget
        assert dig("www.example").milliseconds < 1000
        daemon.wait_for("event=unreachable")


def test_refusal_is_told_before_unreachability(lab, tmp_path):
    with Daemon(lab, tmp_path, [NOBODY, lab.uri("no-sct")]):
        dug = dig("www.example")
        assert dug.ede_code == "0" and "certificate refused" in dug.ede_text, dug.text


def test_a_refused_one_is_not_asked_in_a_storm(lab, tmp_path):
    before = lab.statistics("no-sct")["connections"]
    with Daemon(lab, tmp_path, lab.uri("no-sct")):
        for _ in range(30):
            assert dig("www.example").ede_code == "0"
    # Two at once, for it is also asked for SCTs by TLS, and two more if a second goes by.
    assert lab.statistics("no-sct")["connections"] - before <= 4


def test_server_closed_an_idle_connection(lab, tmp_path):
    with Daemon(lab, tmp_path, "tls://1.1.1.1:8700#one.one.one.one") as daemon:
        for i in range(4):
            dug = dig(name_of(i))
            assert dug.answers == [address_of(i)], dug.text
            time.sleep(0.7)
        assert "event=lost" not in daemon.log
    assert lab.statistics("impatient")["connections"] >= 4


def test_killed_in_mid_flight_and_back(lab, tmp_path):
    """One upstream: it dies with queries under way, and comes back. All are answered."""
    got = {}
    with Daemon(lab, tmp_path, MAIN):
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        asker = threading.Thread(target=ask_many, args=(300, got))
        asker.start()
        time.sleep(0.3)
        lab.kill("haproxy")
        time.sleep(0.5)
        lab.start_haproxy()
        lab.go_on("unbound")
        asker.join()
    assert got == all_of(300)


def test_killed_in_mid_flight_with_another_at_hand(lab, tmp_path):
    got = {}
    lab.upstream_runs("nft", "add table inet cut; add chain inet cut input { type filter hook input priority 0; }")
    try:
        with Daemon(lab, tmp_path, [MAIN, OTHER]):
            assert dig("www.example").status == "NOERROR"
            lab.hold("unbound")
            asker = threading.Thread(target=ask_many, args=(300, got))
            asker.start()
            time.sleep(0.3)
            lab.upstream_runs("nft", "add rule inet cut input ip daddr 1.1.1.1 tcp dport 853 reject with tcp reset")
            lab.go_on("unbound")
            asker.join()
            assert dig("www.example").status == "NOERROR"
    finally:
        lab.go_on("unbound")
        lab.upstream_runs("nft", "delete table inet cut")
    assert got == all_of(300)


def test_mute_upstream(lab, tmp_path):
    """Everybody gets a reply within the budget, in words, and the daemon is well afterwards."""
    with Daemon(lab, tmp_path, MAIN, timeout=1):
        assert dig("www.example").status == "NOERROR"
        lab.hold("unbound")
        try:
            dug = dig("h0001.example")
        finally:
            lab.go_on("unbound")
        assert dug.status == "SERVFAIL" and dug.ede_code == "22" and 900 <= dug.milliseconds < 4000, dug.text
        assert dig("h0002.example").answers == [address_of(2)]


def test_no_descriptor_is_left_behind(lab, tmp_path):
    with Daemon(lab, tmp_path, [lab.uri("no-sct"), "tls://1.1.1.1:8700#one.one.one.one"]) as daemon:
        dig("www.example")
        time.sleep(0.8)
        before = daemon.descriptors()
        for i in range(5):
            assert dig(name_of(i)).answers == [address_of(i)]
            time.sleep(0.7)
        assert daemon.descriptors() <= before + 1
