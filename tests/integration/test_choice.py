# SPDX-License-Identifier: MIT
"""Which upstream is asked: the best one, and another besides when the answer is late, but not often."""
import statistics
import threading
import time

import dns.message

from daemon import Daemon
from dnsclient import dig, udp_socket
from load import Load
from servers import name_of
from test_failures import all_of, ask_many

NAME = "#one.one.one.one"
H2 = f"https://1.1.1.1:8705/dns-query{NAME}"
OTHER = f"https://1.0.0.1/dns-query{NAME}"


def test_the_fastest_is_asked(lab, tmp_path):
    """The first one is far away, and answers before the second is tried, which is found to be near all the same."""
    with lab.far(60), Daemon(lab, tmp_path, [f"tls://1.1.1.1{NAME}", f"tls://1.0.0.1{NAME}"]):
        with Load(50) as load:
            time.sleep(9)
        took = list(load.took.values())
        assert load.lost == 0
        assert statistics.median(took[:50]) > 0.05, "it is not far"
        assert statistics.median(took[-50:]) < 0.05


def test_a_late_answer_is_asked_for_elsewhere(lab, tmp_path):
    """A second is what "slow" takes."""
    with Daemon(lab, tmp_path, [H2, OTHER]):
        got = {}
        ask_many(100, got)
        assert got == all_of(100)
        assert dig("slow-1.example").milliseconds < 900  # connects to the other first
        dug = dig("slow-2.example")
        assert dug.status == "NXDOMAIN" and dug.milliseconds < 500, dug.text


def test_a_slow_name_is_no_silence(lab, tmp_path):
    """It is late, and nothing else is asked: whoever gives a sign of life keeps its connection; a busy machine gives it late."""
    before = lab.statistics("h2")["connections"]
    with Daemon(lab, tmp_path, H2):
        got = {}
        ask_many(100, got)
        assert got == all_of(100)
        for i in range(8):
            dug = dig(f"slow-{i}.example")
            assert dug.status == "NXDOMAIN" and dug.milliseconds > 500, dug.text
            assert dig(name_of(100 + i)).status == "NOERROR"
    assert lab.statistics("h2")["connections"] - before <= 5


def test_not_more_than_one_of_twenty_is_asked_twice(lab, tmp_path):
    """And ten more; however many are late, at both servers."""
    seen = len(lab.requests())
    with Daemon(lab, tmp_path, [H2, H2.replace("1.1.1.1", "1.0.0.1")]) as daemon, udp_socket() as client:
        got = {}
        ask_many(100, got)
        for i in range(400):
            message = dns.message.make_query(f"slow-{i}.example" if i % 2 else name_of(i), "A", id=i)
            client.send(message.to_wire())
            time.sleep(0.01)
        answered = {int.from_bytes(client.recv(4096)[:2], "big") for _ in range(400)}
        assert len(answered) == 400
    assert "event=lost" not in daemon.log  # what was lost is asked again, too
    twice = len(lab.requests()) - seen - 500
    assert 1 <= twice <= 10 + 0.05 * 500, twice


def test_a_late_one_slows_no_other(lab, tmp_path):
    """There is no answer for one name, and all others are answered at once."""
    with Daemon(lab, tmp_path, H2):
        assert dig("www.example").answers == ["192.0.2.1"]
        mute = threading.Thread(target=dig, args=("mute.example",))
        mute.start()
        for _ in range(3):
            dug = dig("www.example")
            assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 300, dug.text
            time.sleep(0.5)
        mute.join()
