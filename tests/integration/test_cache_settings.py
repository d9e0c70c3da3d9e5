# SPDX-License-Identifier: MIT
"""The keys that say what is kept, and what is refused."""
import re
import threading
import time

import dns.message
import dns.rcode
import pytest

from dnsclient import ask, dig, udp_socket
from scripted import daemon_for, make_upstream  # pylint: disable=unused-import # a fixture


def test_small_cache(upstream, lab, tmp_path):
    """The least that is kept in a small cache is what is asked for again and again."""
    with daemon_for(lab, tmp_path, resolve="CacheSize=64K"):
        for i in range(1500):
            ask(f"small-{i}.example", "A")
            ask("small-hot.example", "A")
    assert len(upstream.asked("small-hot.example")) == 1


@pytest.mark.parametrize("cache, positive, negative", [("no", 2, 2), ("no-negative", 1, 2), ("yes", 1, 1)])
def test_what_is_kept(lab, tmp_path, upstream, cache, positive, negative):
    with daemon_for(lab, tmp_path, cache=cache):
        for _ in range(2):
            ask(f"a-{cache}.example", "A")
            ask(f"nx-{cache}.example", "A")
    assert len(upstream.asked(f"a-{cache}.example")) == positive
    assert len(upstream.asked(f"nx-{cache}.example")) == negative


def test_mute_name_is_remembered(lab, tmp_path, upstream):
    """RFC 9520 section 3.2; and who asked later has his whole budget."""
    with daemon_for(lab, tmp_path, timeout=2):
        assert dig("mute-a.example").ede_code == "22"
        dug = dig("mute-a.example")
        assert dug.status == "SERVFAIL" and dug.milliseconds < 500 and "a moment ago" in dug.ede_text
        time.sleep(2)
        began = time.monotonic()
        first = threading.Thread(target=dig, args=("mute-b.example",))
        first.start()
        time.sleep(1)
        dug = dig("mute-b.example")
        assert dug.status == "SERVFAIL" and time.monotonic() - began > 2.9
        first.join()


def test_what_was_mute_before_a_reload(lab, tmp_path, upstream):
    """That nobody answered under the old configuration is not said under the new one, whose upstreams may."""
    with daemon_for(lab, tmp_path, timeout=2) as daemon:
        upstream.mode("mute")
        with udp_socket() as client:
            client.send(dns.message.make_query("before.example", "A").to_wire())
            time.sleep(0.5)
            daemon.reload()
            daemon.wait_for("event=reloaded")
            assert client.recv(512)[3] & 15 == dns.rcode.SERVFAIL
        upstream.mode("")
        assert dig("before.example").status == "NOERROR"


class TestStale:
    """RFC 8767."""

    @pytest.fixture(name="stale", scope="class")
    def make_stale(self, lab, tmp_path_factory, upstream):
        with daemon_for(lab, tmp_path_factory.mktemp("stale"), timeout=4, resolve="StaleRetentionSec=1h") as daemon:
            yield daemon
            upstream.mode("")

    def test_after_patience(self, stale, upstream):
        for name in ("ttl1-stale.example", "nx-ttl1-stale.example"):
            ask(name, "A")
        time.sleep(2)
        upstream.mode("mute")
        dug = dig("ttl1-stale.example")
        assert dug.status == "NOERROR" and dug.answers == ["192.0.2.7"] and dug.ede_code == "3"
        assert 1700 <= dug.milliseconds < 2500
        assert re.search(r"ttl1-stale.example.\s+1\s", dug.text)
        # Tried in vain a moment ago: at once.
        assert dig("ttl1-stale.example").milliseconds < 500
        assert dig("nx-ttl1-stale.example").ede_code == "19"
        assert dig("never-asked.example").status == "SERVFAIL"
        upstream.mode("")
        dig("ttl1-stale.example")
        time.sleep(1)
        assert dig("ttl1-stale.example").ede_code is None

    def test_after_a_failure(self, stale, upstream):
        upstream.mode("")
        ask("ttl1-failing.example", "A")
        time.sleep(2)
        upstream.mode("servfail")
        dug = dig("ttl1-failing.example")
        assert dug.status == "NOERROR" and dug.ede_code == "3" and dug.milliseconds < 500
        upstream.mode("")


def test_not_without_it(lab, tmp_path, upstream):
    with daemon_for(lab, tmp_path):
        ask("ttl1-fresh.example", "A")
        time.sleep(2)
        upstream.mode("servfail")
        assert dig("ttl1-fresh.example").status == "SERVFAIL"
        upstream.mode("")


def test_rebinding(lab, tmp_path, upstream):
    protection = "[Protection]\nRebindProtection=yes\nRebindAllow=allowed.example\n"
    with daemon_for(lab, tmp_path, more=protection):
        for name, kind in (("private-a.example", "A"), ("private-a.example", "AAAA"), ("hint-a.example", "HTTPS"),
                           ("cname-private-a.example", "A")):
            dug = dig(name, kind)
            assert dug.status == "REFUSED" and dug.ede_code == "17" and "private address" in dug.ede_text
        assert dig("private-a.allowed.example").status == "NOERROR"
        assert dig("a-public.example", "HTTPS").status == "NOERROR"
    with daemon_for(lab, tmp_path):
        assert dig("private-a.example").answers == ["192.168.1.1"]
