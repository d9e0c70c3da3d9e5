# SPDX-License-Identifier: MIT
"""Ten thousand queries of many kinds, over TLS and over HTTPS: each is answered as the server itself answers it."""
import contextlib
import itertools
import socket
import ssl

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from daemon import ADDRESS, Daemon, PORT
from dnsclient import frame, read_frames
from servers import name_of, NAMES

NAME = "#one.one.one.one"
QUERIES, AT_ONCE = 10000, 200
OTHERS = [("www.example", "A"), ("www.example", "AAAA"), ("alias.example", "A"), ("odd.example", "TYPE65400"),
          ("nothing.example", "A"), ("www.example", "MX"), ("medium.example", "TXT"), ("large.example", "TXT"),
          ("example", "SOA"), ("one.one.one.one", "AAAA")]


def queries():
    """One in ten is none for an address of a host."""
    hosts = ((name_of(i % NAMES), "A") for i in itertools.count())
    others = itertools.cycle(OTHERS)
    return [dns.message.make_query(*next(others if i % 10 == 9 else hosts), id=i) for i in range(QUERIES)]


def answers(stream, asked):
    """By ID, without what is between two neighbours alone: IDs, EDNS, RA; and AA, which a stub resolver has of nothing."""
    found = {}
    for i in range(0, len(asked), AT_ONCE):
        part = asked[i:i + AT_ONCE]
        stream.sendall(b"".join(frame(message.to_wire()) for message in part))
        for wire in read_frames(stream, len(part)):
            message = dns.message.from_wire(wire)
            found[message.id] = (message.rcode(), message.flags & ~(dns.flags.RA | dns.flags.AA), message.question, message.answer,
                                 message.authority, [rrset.ttl for rrset in message.answer + message.authority])
    return found


@contextlib.contextmanager
def server_itself(lab):
    with socket.create_connection(("1.1.1.1", 853)) as plain, \
            ssl.create_default_context(cafile=lab.folder / "anchors.pem").wrap_socket(
                plain, server_hostname="one.one.one.one") as stream:
        yield stream


@pytest.mark.parametrize("uri, frontend", [(f"tls://1.1.1.1{NAME}", "main"), (f"https://1.1.1.1{NAME}", "doh")])
def test_ten_thousand(lab, tmp_path, uri, frontend):
    asked = queries()
    with server_itself(lab) as stream:
        wanted = answers(stream, asked)
    before = lab.statistics(frontend)["connections"]
    with Daemon(lab, tmp_path, uri) as daemon:
        with socket.create_connection((ADDRESS, PORT)) as stream:
            found = answers(stream, asked)
        lost = daemon.log.count("event=lost")
    assert len(wanted) == len(found) == QUERIES
    assert {i: (wanted[i], found[i]) for i in wanted if wanted[i] != found[i]} == {}
    assert {dns.rdatatype.to_text(rrset.rdtype) for _, _, _, answer, _, _ in found.values() for rrset in answer} == {
        "A", "AAAA", "CNAME", "TYPE65400", "TXT", "SOA"}
    # One that is silent for a moment may be relieved.
    assert 1 + lost <= lab.statistics(frontend)["connections"] - before <= 5 + lost
