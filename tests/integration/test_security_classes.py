# SPDX-License-Identifier: MIT
"""Known classes of faults in programs of this kind, and the tests that show them absent. Those that are not here are in the files named:

  records that nobody asked for (CVE-2025-11411, CVE-2026-42960, CVE-2025-59023)  test_cache: unasked_records, chains; unit/test_answer
  ghost names: a TTL that others refresh (CVE-2022-30698)                         below: ghost
  an answer to another question, ID, or none at all (CVE-2026-33596)              test_hostile_upstream: lies, another_upstream_tells_the_truth
  giving up at the first bad packet (TuDoor, CVE-2023-28452)                      test_hostile_upstream; test_hostile_server: one_answer_is_odd
  many equal questions under way (RebirthDay, CVE-2025-5994)                      test_cache: equal_questions_are_one; below: no_subnet
  datagrams in pieces (CVE-2023-28450)                                            test_protocol: size
  keys of one tag, many signatures (KeyTrap, CVE-2023-50387)                      test_dnssec, unit/test_dnssec
  costly NSEC3 (CVE-2023-50868)                                                   test_dnssec; unit/test_dnssec_denial
  unsigned taken for signed (CVE-2023-7008)                                       test_dnssec
  cost of compressed names (CVE-2024-8508)                                        unit/test_answer: budget; below: tower
  EDNS (CVE-2026-42944, CVE-2026-41292, CVE-2024-1931)                            test_protocol: many_options, badvers; below: bogus_ede
  mute and slow upstreams (CVE-2024-33655 DNSBomb, CVE-2026-42534)                test_hostile_server; below: mute_names, bomb
  clients over TCP that exhaust (CVE-2025-30193)                                  test_access: slow_readers; test_protocol: a_client_that…; below: dribble
  DoH clients and overloaded servers (CVE-2026-33594)                             test_hostile_server: no_streams_allowed; test_doh
  HTTP/2 (CVE-2023-44487, CVE-2024-28182, CVE-2025-8671)                          test_doh: failures_are_told
  SCTs and names in the TLS library (CVE-2025-32989, CVE-2026-42012)              test_personalities; fuzz_sct_list, fuzz_certificate
  c-ares (CVE-2025-31498)                                                         fuzz_dns_answer; test_routes
  cookies and subnets that leak (CVE-2026-54478, CVE-2025-30192)                  test_resolving: upstream_sees…; below: no_subnet
  serving what is stale, across flags or bogus                                    test_cache_settings: TestStale; test_cache: flags_are_apart
  rebinding                                                                       test_cache_settings: rebinding
  failures that are not kept, or across CD (RFC 9520)                             test_cache: failure_caching
  TTLs (RFC 2181, RFC 2308, RFC 8767)                                             test_cache: ttl_is_bounded, ttl_counts_down
  certificates that nobody should have issued                                     test_personalities: a refused server got no byte
"""
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from daemon import tcp
from dnsclient import ask, dig, exchange, frame, read_frames, udp_socket
from scripted import daemon_for, make_upstream  # pylint: disable=unused-import # a fixture


@pytest.fixture(name="daemon", scope="module")
def make_daemon(lab, tmp_path_factory, upstream):
    with daemon_for(lab, tmp_path_factory.mktemp("daemon"), timeout=4) as daemon:
        yield daemon


def test_ghost(upstream, daemon):
    """What is kept is not kept for longer because it was asked for, or because another answer has it, too."""
    began = time.monotonic()
    while len(upstream.asked("ttl3-ghost.example")) < 2 and time.monotonic() - began < 8:
        assert ask("ttl3-ghost.example", "A").answer
        ask(f"unasked-{time.monotonic_ns()}.example", "A")
        time.sleep(0.1)
    assert 1.8 < time.monotonic() - began < 5


def test_no_subnet(upstream, daemon):
    """No option of a client's leaves, and a question with one is the same question."""
    options = [dns.edns.ECSOption("192.0.2.0", 24), dns.edns.GenericOption(10, b"12345678"), dns.edns.GenericOption(65001, b"x")]
    for some in ([], *([option] for option in options), options):
        query = dns.message.make_query("options.example", "A", use_edns=0, options=some)
        reply = dns.message.from_wire(exchange(query))
        assert reply.answer and not reply.options
    assert len(upstream.asked("options.example")) == 1


def test_tower(daemon):
    """A client's question is never compressed, however it points."""
    for name in (b"\xc0\x0c", b"\1a\xc0\x0c", b"\3www\xc0\x10", b"\xff\xff", b"\x40a"):
        wire = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1"
        assert dns.message.from_wire(exchange(wire), question_only=True, ignore_trailing=True).rcode() == dns.rcode.FORMERR


def test_bogus_ede(upstream, daemon):
    """What an upstream says in words is made printable, and UTF-8: else dnspython, for one, reads nothing of the reply."""
    for name, text in (("servfail-ede65535-a.example", "why?"), ("servfail-ede65535-latin.example", "why?\u00fc?")):
        wire = exchange(dns.message.make_query(name, "A", use_edns=0))
        reply = dns.message.from_wire(wire)
        assert [(option.code, option.text) for option in reply.options] == [(65535, text)]
        assert reply.rcode() == dns.rcode.SERVFAIL
    # Nobody who speaks no EDNS gets any.
    assert dns.message.from_wire(exchange(dns.message.make_query("servfail-ede65535-a.example", "A", use_edns=False))).edns == -1


def test_mute_names(upstream, daemon):
    """Two thousand that nobody answers: each gets its reply within its budget, and slows no other."""
    with udp_socket(9) as client:
        for i in range(2000):
            client.send(dns.message.make_query(f"mute-{i}.example", "A", id=i).to_wire())
            if i % 100 == 0:
                time.sleep(0.02)
        for i in range(20):
            dug = dig(f"lively-{i}.example")
            assert dug.status == "NOERROR" and dug.milliseconds < 1000
        rcodes = [client.recv(4096)[3] & 15 for _ in range(2000)]
    assert set(rcodes) == {dns.rcode.SERVFAIL}
    assert dig("afterwards.example").status == "NOERROR"


def test_bomb(upstream, daemon):
    """DNSBomb: questions that gather, and answers let loose all at once, are not made larger: one reply a question, when it is due."""
    with udp_socket(4) as client:
        for i in range(300):
            client.send(dns.message.make_query("ms500-size9000-bomb.example", "TXT", id=i, use_edns=0, payload=4096).to_wire())
        replies = [client.recv(65535) for _ in range(300)]
    assert len(upstream.asked("ms500-size9000-bomb.example")) == 1
    assert max(map(len, replies)) <= 1232 and all(reply[2] & 2 for reply in replies)


def test_dribble(upstream, daemon):
    """A byte a moment keeps a connection no longer than its idle time, and nobody waits for it."""
    wire = frame(dns.message.make_query("dribble.example", "A").to_wire())
    with tcp(timeout=15) as slow:
        began = time.monotonic()
        try:
            for byte in wire * 2:
                slow.sendall(bytes([byte]))
                assert dig("quick.example").status == "NOERROR"
                time.sleep(0.4)
                if time.monotonic() - began > 14:
                    break
        except OSError:
            pass
        assert time.monotonic() - began < 14


def test_largest_message(upstream, daemon):
    """64 KiB, there and back."""
    query = dns.message.make_query("size60000-large.example", "TXT")
    padded = dns.message.make_query("padded.example", "A", use_edns=0, options=[dns.edns.GenericOption(12, bytes(65000))])
    with tcp(timeout=8) as stream:
        stream.sendall(frame(query.to_wire()) + frame(padded.to_wire(max_size=65535)))
        replies = [dns.message.from_wire(wire) for wire in read_frames(stream, 2)]
    assert sorted(len(reply.to_wire(max_size=65535)) > 60000 for reply in replies) == [False, True]
    assert all(reply.answer for reply in replies)


def test_id_is_not_reused(upstream, daemon):
    """Hundreds under way at once: each gets the answer to its own question."""
    names = [f"ms400-own-{i}.example" for i in range(300)]
    with udp_socket(5) as client:
        for i, name in enumerate(names):
            client.send(dns.message.make_query(name, "TXT" if i % 2 else "A", id=i).to_wire())
        for _ in names:
            reply = dns.message.from_wire(client.recv(4096))
            assert reply.question[0].name.to_text() == names[reply.id] + "." and reply.answer


def test_other_questions(daemon):
    for kind, rcode in (("AXFR", "NOTIMP"), ("IXFR", "NOTIMP"), ("OPT", "FORMERR"), ("ANY", "NOERROR")):
        query = dns.message.make_query("other.example", kind)
        assert dns.rcode.to_text(exchange(query)[3] & 15) == rcode, kind
    query = dns.message.make_query("version.bind", "TXT", "CH")
    assert exchange(query)[3] & 15 == dns.rcode.REFUSED
