# SPDX-License-Identifier: MIT
"""DNS over HTTPS: requests as RFC 8484 has them, many at once, and what becomes of each way in which a server fails."""
import contextlib
import threading
import time

import dns.message
import pytest

from daemon import Daemon, SANITIZED
from dnsclient import dig, udp_socket
from servers import address_of, name_of
from test_failures import OTHER, all_of, ask_many

NAME = "#one.one.one.one"
DOH = f"https://1.1.1.1/dns-query{NAME}"
H2 = f"https://1.1.1.1:8705/dns-query{NAME}"
FEW = f"https://1.1.1.1:8706/dns-query{NAME}"
BY_NAME = "https://one.one.one.one/dns-query{?dns}"
TINY_WINDOW = f"https://1.1.1.1:8707/dns-query{NAME}"


def test_answers(lab, tmp_path):
    before = lab.statistics("doh")
    with Daemon(lab, tmp_path, DOH) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        assert dig("www.example", "AAAA").answers == ["2001:db8::1"]
        assert dig("nothing.example").status == "NXDOMAIN"
        assert len(dig("+tcp", "large.example", "TXT").text) > 25000
        daemon.wait_for("event=accepted")
        got = {}
        ask_many(300, got)
        assert got == all_of(300)
    after = lab.statistics("doh")
    assert after["connections"] - before["connections"] == 1
    assert after["requests"] - before["requests"] == 304


def test_by_get(lab, tmp_path):
    with Daemon(lab, tmp_path, f"https://1.1.1.1{{?dns}}{NAME}"):
        assert dig("www.example").answers == ["192.0.2.1"]


@pytest.mark.parametrize("get", [False, True])
def test_requests_are_minimal_padded_and_compressed(lab, tmp_path, get):
    seen = len(lab.requests())
    with Daemon(lab, tmp_path, H2.replace("#", "{?dns}#") if get else H2):
        for i in range(3):
            assert dig("+subnet=192.0.2.0/24", "+cookie=0123456789abcdef", name_of(i)).answers == [address_of(i)]
    first, second, third = lab.requests()[seen:]
    assert first["connection"] == second["connection"] == third["connection"]
    fields = dict(first["fields"])
    if get:
        assert list(fields) == [":method", ":scheme", ":authority", ":path", "accept"]
        assert fields[":path"].startswith("/dns-query?dns=AAAB") and "=" not in fields[":path"][15:]
    else:
        assert list(fields) == [":method", ":scheme", ":authority", ":path", "accept", "content-type", "content-length"]
        assert (fields[":path"], fields["content-type"]) == ("/dns-query", "application/dns-message")
        # What was said once is a byte from then on, but for the path and the length (nghttp2 does not keep those).
        assert third["header_size"] <= 24 < 60 < first["header_size"], (first["header_size"], third["header_size"])
    assert (fields[":authority"], fields["accept"]) == ("one.one.one.one:8705", "application/dns-message")
    for request in (first, second, third):
        message = dns.message.from_wire(bytes.fromhex(request["message"]))
        assert message.id == 0 and len(request["message"]) == 2 * 128
        assert [option.otype for option in message.options] == [12]


# What the server does when it is asked for this name, and the words that are said of it when there is no other.
FAILURES = {
    "status-404": "HTTP status 404",
    "status-500": "HTTP status 500",
    "status-429": "HTTP status 429",
    "redirect": "HTTP status 302",
    "wrong-type": "answers with text/html, not with application/dns-message",
    "empty": "an empty answer",
    "oversized": "more than 65535 bytes",
    "said-oversized": None,
    "rst": "reset the query (INTERNAL_ERROR)",
    "wrong-id": "not one to what was asked",
    "cut": "not one to what was asked",
    "another": "not one to what was asked",
    "garbage": None,
    "ping-flood": "frame after frame",
    "settings-flood": None,
    "window-flood": None,
    "empty-flood": "frame after frame",
    "unknown-flood": "sends and sends",
    "endless": None,
    "push": None,
}


@pytest.mark.parametrize("label", FAILURES)
def test_failures_are_told(lab, tmp_path, label):
    with Daemon(lab, tmp_path, H2, timeout=3) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        before = daemon.memory_kib()
        dug = dig(f"{label}.example")
        assert dug.status == "SERVFAIL", dug.text
        if FAILURES[label]:
            assert FAILURES[label] in dug.ede_text, dug.text
        assert dug.milliseconds < 2900, dug.text
        if label == "status-429":
            daemon.wait_for("event=")  # it rests for a second
            return
        assert dig("h0001.example").answers == [address_of(1)]
        # A sanitizer keeps for a while what was freed.
        assert SANITIZED or daemon.memory_kib() < before + 3000


@pytest.mark.parametrize("label", FAILURES)
def test_another_server_answers(lab, tmp_path, label):
    with Daemon(lab, tmp_path, [H2, OTHER]):
        dug = dig(f"{label}.example")
        assert dug.status == "NXDOMAIN" and dug.milliseconds < 2000, dug.text


@pytest.mark.parametrize("label", ["refused-1", "goaway-before-1", "goaway-1", "slow-1"])
def test_asked_again_at_the_same_server(lab, tmp_path, label):
    with Daemon(lab, tmp_path, H2):
        for _ in range(2):
            dug = dig(f"{label}{tmp_path.name}.example")
            assert dug.status == "NXDOMAIN", dug.text
        assert dig("www.example").answers == ["192.0.2.1"]


def test_goaway_costs_nothing(lab, tmp_path):
    """It says goodbye with queries under way: those are answered where they are, the next ones elsewhere."""
    with Daemon(lab, tmp_path, H2):
        got = {}
        asker = threading.Thread(target=ask_many, args=(200, got))
        asker.start()
        for i in range(3):
            dig(f"goaway-{i}.example")
        asker.join()
    assert got == all_of(200)


def test_age(lab, tmp_path):
    with Daemon(lab, tmp_path, H2):
        dug = dig("age.example")
    assert "\t150\tIN\tA" in dug.text.replace(" ", "\t").replace("\t\t", "\t"), dug.text


def test_few_streams(lab, tmp_path):
    """The server takes two at a time."""
    seen = len(lab.requests())
    got = {}
    with Daemon(lab, tmp_path, FEW):
        # Until its settings are known, it may be asked more.
        assert dig("www.example").answers == ["192.0.2.1"]
        ask_many(50, got)
    assert got == all_of(50)
    requests = lab.requests()[seen:]
    assert len(requests) >= 50
    assert all(request["streams"] <= 2 for request in requests)


def test_tiny_window(lab, tmp_path):
    got = {}
    with Daemon(lab, tmp_path, TINY_WINDOW):
        ask_many(10, got)
    assert got == all_of(10)


def test_leaves_four_times_then_falls_silent(lab, tmp_path):
    """Each connection still owes an answer, and there is no room for a fifth: the one that is silent makes room for it."""
    with Daemon(lab, tmp_path, H2) as daemon, udp_socket() as client:
        for i in range(4):
            client.send(dns.message.make_query(f"mute-{i}.example", "A").to_wire())
            time.sleep(0.02)
            assert dig(f"goaway-{i}.example").status == "NXDOMAIN"
        assert dig("www.example").answers == ["192.0.2.1"]
        lab.hold("h2server")
        try:
            for i in range(4, 9):
                client.send(dns.message.make_query(f"mute-{i}.example", "A").to_wire())
            daemon.wait_for("event=lost")
        finally:
            lab.go_on("h2server")
        assert dig("www.example").answers == ["192.0.2.1"]


def test_http_1_is_refused(lab, tmp_path):
    before = lab.statistics("doh-http1")["bytes_in"]
    with Daemon(lab, tmp_path, f"https://1.1.1.1:8702/dns-query{NAME}"):
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and "does not speak HTTP/2" in dug.ede_text, dug.text
    assert lab.statistics("doh-http1")["bytes_in"] == before


def test_refused_certificate_gets_nothing(lab, tmp_path):
    with Daemon(lab, tmp_path, f"https://1.1.1.1:8704/dns-query{NAME}"):
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and "carries no SCT" in dug.ede_text, dug.text
    statistics = lab.statistics("doh-no-sct")
    assert statistics["bytes_in"] == 0 and statistics["requests"] == 0, statistics


def test_server_closes_idle_connections(lab, tmp_path):
    with Daemon(lab, tmp_path, f"https://1.1.1.1:8703/dns-query{NAME}") as daemon:
        for i in range(3):
            assert dig(name_of(i)).answers == [address_of(i)]
            threading.Event().wait(0.8)
        assert "event=lost" not in daemon.log


def test_by_name(lab, tmp_path):
    """Its address is asked of the upstream that has one; and must be in its certificate."""
    with Daemon(lab, tmp_path, ["https://one.one.one.one/dns-query", "tls://1.0.0.1#one.one.one.one"]) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        assert dig("www.example").answers == ["192.0.2.1"]
        daemon.wait_for("upstream=https://one.one.one.one/dns-query event=accepted")


def test_by_name_alone(lab, tmp_path):
    """Then the default upstreams are asked for its address, and nobody else is told what is asked."""
    before = lab.statistics("main")["connections"]
    with Daemon(lab, tmp_path, BY_NAME) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        daemon.wait_for(f"upstream={BY_NAME} event=accepted")
    assert lab.statistics("main")["connections"] > before


def test_by_name_alone_asked_early(lab, tmp_path):
    """Whoever asks while its address is being looked for waits; who asks when that was in vain does not."""
    got = {}
    client = threading.Thread(target=lambda: got.update(early=dig("www.example")))
    with contextlib.ExitStack() as held:
        with lab.rule("tcp dport { 853, 443 } drop"):
            daemon = held.enter_context(Daemon(lab, tmp_path, BY_NAME))
            client.start()
            time.sleep(0.5)
        client.join()
        assert got["early"].answers == ["192.0.2.1"], got["early"].text
        daemon.wait_for("event=accepted", times=2)


def test_a_name_that_nobody_has(lab, tmp_path):
    with Daemon(lab, tmp_path, "https://nobody.example/dns-query", timeout=1) as daemon:
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and dug.milliseconds < 2000, dug.text
        daemon.wait_for("event=accepted")
        dug = dig("www.example")
        assert dug.milliseconds < 900 and "its address is not known: its name has none of IPv" in dug.ede_text, dug.text
