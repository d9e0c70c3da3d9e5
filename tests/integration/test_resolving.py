# SPDX-License-Identifier: MIT
"""Queries and answers: every client gets its own, over one TLS connection, and nothing leaves in plain text."""
import re
import subprocess
import time

import dns.flags
import dns.message

from daemon import Daemon, tcp
from dnsclient import dig, exchange, first_address, frame, kdig, read_frames, udp_socket
from servers import address_of, name_of

MAIN = "tls://1.1.1.1#one.one.one.one"


def query(i):
    message = dns.message.make_query(name_of(i), "A", use_edns=False)
    message.id = i
    return message.to_wire()


def test_dig_and_kdig(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN):
        assert dig("www.example").answers == ["192.0.2.1"]
        assert dig("www.example", "AAAA", server="::1").answers == ["2001:db8::1"]
        assert dig("alias.example").answers == ["www.example."]
        assert dig("nothing.example").status == "NXDOMAIN"
        assert dig("odd.example", "TYPE65400").answers[0].startswith("\\#")
        assert "192.0.2.1" in kdig("+tcp", "www.example")


def test_pipelined_on_one_connection(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN), tcp() as client:
        client.sendall(b"".join(frame(query(i)) for i in range(200)))
        answers = {int.from_bytes(wire[:2], "big"): first_address(wire) for wire in read_frames(client, 200)}
    assert answers == {i: address_of(i) for i in range(200)}


def test_thousand_in_flight_on_one_upstream_connection(lab, tmp_path):
    """Held back upstream, so that all are under way at once; then everybody gets the own answer."""
    before = lab.statistics("main")
    capture = subprocess.Popen(["tcpdump", "--immediate-mode", "-Uni", "up0", "-w", str(tmp_path / "packets")],
                               stderr=subprocess.PIPE, text=True)
    assert any("listening" in line for line in capture.stderr)
    with Daemon(lab, tmp_path, MAIN), udp_socket() as client:
        assert dig("www.example").answers == ["192.0.2.1"]
        lab.hold("unbound")
        try:
            for i in range(1000):
                client.send(query(i))
            time.sleep(0.3)
        finally:
            lab.go_on("unbound")
        answers = {}
        while len(answers) < 1000:
            wire = client.recv(4096)
            answers[int.from_bytes(wire[:2], "big")] = first_address(wire)
    assert answers == {i: address_of(i) for i in range(1000)}
    time.sleep(0.2)
    capture.terminate()
    capture.wait()
    # One that says nothing for long is relieved by another.
    assert lab.statistics("main")["connections"] - before["connections"] <= 2
    printed = subprocess.run(["tcpdump", "-nr", str(tmp_path / "packets"), "ip or ip6 and not icmp6"],
                             capture_output=True, text=True, check=True).stdout
    ports = set(re.findall(r"1\.1\.1\.1\.(\d+)", printed))
    assert ports == {"853"}, printed[:2000]
    assert not re.search(r"\.53[ :]", printed)


def test_id_and_spelling_come_back(lab, tmp_path):
    message = dns.message.make_query("wWw.ExAmPlE", "A", use_edns=False)
    message.id = 0xbeef
    with Daemon(lab, tmp_path, MAIN):
        reply = exchange(message)
    assert reply[:2] == b"\xbe\xef" and b"\x03wWw\x07ExAmPlE\0" in reply
    assert dns.message.from_wire(reply).flags & dns.flags.QR


def test_upstream_sees_padded_queries_and_nothing_of_the_client(lab, tmp_path):
    recorded = len(lab.recorded())
    with Daemon(lab, tmp_path, "tls://1.1.1.1:8701#one.one.one.one"):
        assert dig("+subnet=192.0.2.0/24", "+cookie=0123456789abcdef", "+nsid", "+dnssec", "www.example").status == "NOERROR"
        assert dig("+noedns", "nothing.example").status == "NXDOMAIN"
    queries = lab.recorded()[recorded:]
    assert len(queries) == 2
    for wire in queries:
        message = dns.message.from_wire(wire)
        assert len(wire) % 128 == 0
        assert message.edns == 0 and [option.otype for option in message.options] == [11, 12]
    assert dns.message.from_wire(queries[0]).ednsflags & dns.flags.DO
    assert not dns.message.from_wire(queries[1]).ednsflags & dns.flags.DO
