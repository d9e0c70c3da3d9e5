# SPDX-License-Identifier: MIT
"""What is kept, for how long, for whom; and that equal questions are one."""
import json
import time

import dns.flags
import dns.message
import dns.rcode
import pytest

from dnsclient import ask, dig, exchange, udp_socket
from scripted import daemon_for, make_upstream  # pylint: disable=unused-import # a fixture


@pytest.fixture(name="daemon", scope="module")
def make_daemon(lab, tmp_path_factory, upstream):
    with daemon_for(lab, tmp_path_factory.mktemp("daemon")) as daemon:
        yield daemon


@pytest.fixture(autouse=True)
def begin_anew(upstream, daemon):
    """A test that is run again counts from nothing, too."""
    daemon.ctl("flush-caches")
    upstream.forget()


def ttl(reply):
    return (reply.answer or reply.authority)[0].ttl


def test_asked_once(upstream, daemon):
    first, second = ask("once.example", "A"), ask("ONCE.example", "A")
    assert len(upstream.asked("once.example")) == 1
    assert first.answer == second.answer
    # The question comes back as it was spelled.
    assert second.question[0].name.to_text() == "ONCE.example."
    wire = exchange(dns.message.make_query("oNcE.eXample", "A"))
    assert b"oNcE\x07eXample" in wire


def test_ttl_counts_down(upstream, daemon):
    assert ttl(ask("ttl100-count.example", "A")) == 100
    time.sleep(2.1)
    assert ttl(ask("ttl100-count.example", "A")) in (97, 98)
    assert ttl(ask("ttl1-count.example", "A")) == 1
    time.sleep(2)
    ask("ttl1-count.example", "A")
    assert len(upstream.asked("ttl1-count.example")) == 2
    assert len(upstream.asked("ttl100-count.example")) == 1


@pytest.mark.parametrize("name, limit", [("ttl0-a.example", 0), ("ttl200000-a.example", 86400),
                                         ("nx-ttl9000-min9000-a.example", 3600), ("nx-ttl900-min45-a.example", 45),
                                         ("nodata-ttl20-min900-a.example", 20)])
def test_ttl_is_bounded(upstream, daemon, name, limit):
    assert ttl(ask(name, "A")) == limit
    assert ttl(ask(name, "A")) in (limit, limit - 1)
    assert len(upstream.asked(name)) == (1 if limit else 2)


def test_negative_without_soa_is_not_kept(upstream, daemon):
    for _ in range(2):
        assert ask("nx-nosoa-a.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert len(upstream.asked("nx-nosoa-a.example")) == 2


def test_failure_caching(upstream, daemon):
    """RFC 9520: for a few seconds, and not across CD."""
    for word in ("servfail", "refused"):
        name = f"{word}-kept.example"
        for _ in range(3):
            assert dns.rcode.to_text(ask(name, "A").rcode()) == word.upper()
        assert len(upstream.asked(name)) == 1
        assert dig("+cd", name).status == word.upper()
        assert len(upstream.asked(name)) == 2
    time.sleep(5.5)
    ask("servfail-kept.example", "A")
    assert len(upstream.asked("servfail-kept.example")) == 3


def test_flags_are_apart(upstream, daemon):
    """What changes an answer is part of what it is kept under; AD is ours."""
    for words in ((), ("+dnssec",), ("+cd",), ("+dnssec", "+cd"), ("+noadflag",), ("+norecurse",)) * 2:
        assert dig("flags.example", *words).status == "NOERROR"
    assert sorted(upstream.asked("flags.example")) == [["AD"], ["RD", "AD"], ["RD", "AD", "CD"], ["RD", "AD", "CD", "DO"],
                                                       ["RD", "AD", "DO"]]


def test_equal_questions_are_one(upstream, daemon):
    names = ["MS300-join.example" if i % 2 else "ms300-join.example" for i in range(50)]
    with udp_socket(4) as client:
        for i, name in enumerate(names):
            client.send(dns.message.make_query(name, "A", id=i).to_wire())
        replies = [dns.message.from_wire(client.recv(4096)) for _ in names]
    assert sorted(reply.id for reply in replies) == list(range(50))
    for reply in replies:
        assert reply.question[0].name.to_text() == names[reply.id] + "."
        assert reply.answer[0][0].address == "192.0.2.7"
    assert len(upstream.asked("ms300-join.example")) == 1


def test_upstream_ede_is_passed_on(upstream, daemon):
    for _ in range(2):
        dug = dig("servfail-ede9-a.example")
        assert dug.status == "SERVFAIL" and dug.ede_code == "9" and dug.ede_text == "why?"
    assert len(upstream.asked("servfail-ede9-a.example")) == 1


def test_unasked_records_are_not_passed_on(upstream, daemon):
    """CVE-2025-11411, CVE-2025-59023: nothing of another name, in no section; nor is it kept."""
    for _ in range(2):
        text = exchange(dns.message.make_query("unasked-a.example", "A", use_edns=0))
        assert b"bank" not in text
        assert ask("unasked-a.example", "A").answer[0][0].address == "192.0.2.7"
    assert ask("bank.example", "A").answer[0][0].address == "192.0.2.7"
    assert len(upstream.asked("bank.example")) == 1


def test_chains(upstream, daemon):
    for name, n in (("cname-a.example", 2), ("cname-twisted-a.example", 2), ("chain9-a.example", 10),
                    ("chain15-a.example", 16)):
        for _ in range(2):
            reply = ask(name, "A")
            assert sum(len(rrset) for rrset in reply.answer) == n and reply.answer[-1][0].address == "192.0.2.7"
        assert len(upstream.asked(name)) == 1
    assert ask("loop-a.example", "A").rcode() == dns.rcode.NOERROR
    assert ask("chain40-a.example", "A").rcode() == dns.rcode.SERVFAIL


def test_reload_forgets(upstream, daemon):
    ask("reload.example", "A")
    before = json.loads(daemon.ctl("statistics", "--json").stdout)
    daemon.reload()
    daemon.wait_for("event=reloaded")
    ask("reload.example", "A")
    assert len(upstream.asked("reload.example")) == 2
    after = json.loads(daemon.ctl("statistics", "--json").stdout)
    assert after["cache_inserted"] > before["cache_inserted"] and after["cache_entries"] == 1


def test_prefetch(upstream, daemon):
    """In the last tenth of its life, a name that is asked for often is asked anew, once, before it goes."""
    end = time.monotonic() + 12
    slowest = 0
    ask("ttl10-ms200-hot.example", "A")
    while time.monotonic() < end:
        before = time.monotonic()
        ask("ttl10-ms200-hot.example", "A")
        slowest = max(slowest, time.monotonic() - before)
        time.sleep(0.1)
    assert len(upstream.asked("ttl10-ms200-hot.example")) == 2
    assert slowest < 0.15
