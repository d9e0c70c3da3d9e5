# SPDX-License-Identifier: MIT
"""What the RFCs say to clients' messages, good and bad."""
import socket
import time

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest

from daemon import SANITIZED, Daemon, tcp
from dnsclient import ask, dig, exchange, frame, read_frames, udp_socket

MAIN = "tls://1.1.1.1#one.one.one.one"


@pytest.fixture(name="daemon", scope="module")
def make_daemon(lab, tmp_path_factory):
    with Daemon(lab, tmp_path_factory.mktemp("daemon"), MAIN) as daemon:
        yield daemon


def rcode(wire):
    return wire[3] & 15


def header(flags=0x0100, questions=1, answers=0, authorities=0, additionals=0):
    return b"".join(n.to_bytes(2, "big") for n in (0x1234, flags, questions, answers, authorities, additionals))


QUESTION = b"\3www\7example\0\0\1\0\1"
OPT = b"\0\0\x29\x10\0\0\0\0\0\0\0"


def test_edns_for_who_speaks_it(daemon):
    assert ask("www.example", "A", use_edns=False).edns == -1
    reply = ask("www.example", "A", use_edns=0, want_dnssec=True)
    assert reply.edns == 0 and reply.ednsflags & dns.flags.DO and reply.payload == 1232
    assert not ask("www.example", "A", use_edns=0).ednsflags & dns.flags.DO


def test_size(daemon):
    for size, limit in ((0, 512), (512, 512), (1000, 1000), (4096, 1232)):
        query = dns.message.make_query("large.example", "TXT", use_edns=0 if size else False, payload=size or None)
        wire = exchange(query)
        assert wire[2] & 2 and len(wire) <= limit and not dns.message.from_wire(wire).answer
    for size, fits in ((512, False), (700, False), (900, True), (4096, True)):
        wire = exchange(dns.message.make_query("medium.example", "TXT", use_edns=0, payload=size))
        assert bool(dns.message.from_wire(wire).answer) == fits and bool(wire[2] & 2) != fits
    dug = dig("+tcp", "large.example", "TXT")
    assert dug.status == "NOERROR" and len(dug.text) > 25000
    assert "flags: qr rd ra;" in dig("large.example", "TXT").text  # dig tries again over TCP


@pytest.mark.parametrize("wire, expected", [
    (header(questions=0), dns.rcode.FORMERR),
    (header(questions=2) + QUESTION * 2, dns.rcode.FORMERR),
    (header() + QUESTION[:5], dns.rcode.FORMERR),
    (header() + QUESTION + b"junk", dns.rcode.FORMERR),
    (header(additionals=2) + QUESTION + OPT * 2, dns.rcode.FORMERR),
    (header() + b"\xc0\x0c\0\1\0\1", dns.rcode.FORMERR),
    (header(flags=0x1100) + QUESTION, dns.rcode.NOTIMP),
    (header(flags=0x2800) + QUESTION, dns.rcode.NOTIMP),
    (header() + b"\7example\0\0\xfc\0\1", dns.rcode.NOTIMP),
])
def test_bad_messages(daemon, wire, expected):
    reply = exchange(wire)
    assert reply[:2] == b"\x12\x34" and reply[2] & 0x80 and rcode(reply) == expected


def test_badvers(daemon):
    reply = exchange(header(additionals=1) + QUESTION + b"\0\0\x29\x10\0\0\1\0\0\0\0")
    assert dns.message.from_wire(reply).rcode() == dns.rcode.BADVERS


@pytest.mark.parametrize("wire", [b"", b"\x12\x34\1\0", header(flags=0x8100) + QUESTION])
def test_no_reply_at_all(daemon, wire):
    with udp_socket(timeout=0.3) as client:
        client.send(wire)
        with pytest.raises(socket.timeout):
            client.recv(512)
    assert dig("www.example").status == "NOERROR"


def test_longest_name(daemon):
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 53, "example"])
    assert len(name) == 253
    assert dig(name).status == "NXDOMAIN"


def test_many_options(daemon):
    options = b"\xfd\xe9\0\1x" * 300
    opt = b"\0\0\x29\x10\0\0\0\0\0" + len(options).to_bytes(2, "big") + options
    reply = exchange(header(additionals=1) + QUESTION + opt)
    assert rcode(reply) == dns.rcode.NOERROR and not dns.message.from_wire(reply).options


def test_a_client_that_stalls_is_closed(daemon):
    begin = time.monotonic()
    with tcp(timeout=15) as silent, tcp(timeout=15) as stalled:
        stalled.sendall(b"\0")
        assert silent.recv(1) == b"" and stalled.recv(1) == b""
    assert 8 < time.monotonic() - begin < 14


def test_a_client_that_does_not_read(daemon):
    """It stops being read, and nobody else notices; what lies there for it is bounded."""
    query = frame(dns.message.make_query("large.example", "TXT").to_wire())
    before = daemon.memory_kib()
    clients = [tcp() for _ in range(20)]
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(0.2)
        try:
            client.sendall(query * 500)
        except socket.timeout:
            pass
    time.sleep(0.5)
    assert dig("www.example").status == "NOERROR"
    assert SANITIZED or daemon.memory_kib() - before < 40 * 1024  # AddressSanitizer keeps what was freed
    for client in clients:
        client.close()
    assert dig("www.example").status == "NOERROR"


def test_a_budget_as_long_as_idleness(lab, tmp_path):
    """The reply that says that time is up leaves before its connection counts as idle."""
    with Daemon(lab, tmp_path, MAIN, timeout=10, port=5302):
        lab.hold("unbound")
        try:
            with tcp(timeout=15, port=5302) as client:
                client.sendall(frame(dns.message.make_query("h0001.example", "A").to_wire()))
                (reply,) = read_frames(client, 1)
        finally:
            lab.go_on("unbound")
    assert rcode(reply) == dns.rcode.SERVFAIL


def test_half_closed_client_still_gets_its_answer(lab, daemon):
    del daemon
    with tcp() as client:
        lab.hold("unbound")
        try:
            client.sendall(frame(dns.message.make_query("www.example", "A").to_wire()))
            client.shutdown(socket.SHUT_WR)
            time.sleep(0.2)  # it has read the end, and owes the answer
        finally:
            lab.go_on("unbound")
        assert len(read_frames(client, 2)) == 1


def test_more_clients_than_there_is_room_for(lab, tmp_path):
    """The one that was idle longest makes room; nobody waits, and nothing spins for want of descriptors."""
    query = frame(dns.message.make_query("www.example", "A").to_wire())
    with Daemon(lab, tmp_path, MAIN, port=5301, descriptors=64) as daemon:
        clients = []
        for _ in range(300):
            client = tcp(port=5301)
            client.sendall(query)
            assert len(read_frames(client, 1)) == 1
            clients.append(client)
        assert clients[0].recv(1) == b""
        before = daemon.cpu_seconds()
        time.sleep(0.5)
        assert daemon.cpu_seconds() - before < 0.3
        for client in clients:
            client.close()
