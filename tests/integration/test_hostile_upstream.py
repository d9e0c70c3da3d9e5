# SPDX-License-Identifier: MIT
"""An upstream that passes the verdict and then misbehaves: it costs the query, or its connection, never the daemon."""
import re
import subprocess

import dns.message
import pytest

from daemon import Daemon
from dnsclient import dig, exchange
from servers import address_of

LIAR = "tls://1.1.1.1:8701#one.one.one.one"
OTHER = "tls://1.0.0.1#one.one.one.one"
# Those that leave no doubt which query they are meant for cost that one; the others the connection.
MEANT = ("wrong-question", "no-reply", "garbage", "cut")
LIES = (*MEANT, "wrong-id", "short", "close")


@pytest.mark.parametrize("lie", LIES)
def test_lies(lab, tmp_path, lie):
    """Nobody is told a lie, and who asks something else is served."""
    with Daemon(lab, tmp_path, LIAR, timeout=2) as daemon:
        dug = dig(f"{lie}.example")
        assert dug.status == "SERVFAIL" and dug.ede_code in ("22", "23"), dug.text
        assert dig("h0003.example").answers == [address_of(3)]
        assert ("event=lost" in daemon.log or "event=unreachable" in daemon.log) == (lie not in MEANT)


@pytest.mark.parametrize("lie", LIES)
def test_another_upstream_tells_the_truth(lab, tmp_path, lie):
    with Daemon(lab, tmp_path, [LIAR, OTHER]):
        assert dig(f"{lie}.example").status == "NXDOMAIN"


def test_an_answer_too_many(lab, tmp_path):
    """The second one answers nothing that was asked: the connection is given up, its queries are asked again."""
    with Daemon(lab, tmp_path, LIAR):
        assert dig("twice.example").status == "NXDOMAIN"
        assert dig("h0004.example").answers == [address_of(4)]


def test_a_bare_header_with_an_error(lab, tmp_path):
    with Daemon(lab, tmp_path, LIAR):
        dug = dig("bare.example")
        assert dug.status == "REFUSED" and "bare.example" in dug.text


def test_a_connection_that_has_died_in_silence(lab, tmp_path):
    """No packet of it gets through any more, new ones work: queries move over within the budget."""
    with Daemon(lab, tmp_path, "tls://1.1.1.1#one.one.one.one", timeout=2):
        assert dig("www.example").status == "NOERROR"
        sockets = subprocess.run(["ss", "-tnH", "dst", "1.1.1.1:853"], capture_output=True, text=True, check=True).stdout
        (port,) = re.findall(r"10\.53\.0\.2:(\d+)", sockets)
        lab.upstream_runs("nft", "add table inet mute; add chain inet mute input { type filter hook input priority 0; };"
                          f"add rule inet mute input tcp sport {port} drop")
        try:
            dug = dig("www.example")
        finally:
            lab.upstream_runs("nft", "delete table inet mute")
        assert dug.answers == ["192.0.2.1"] and dug.milliseconds < 2000, dug.text


def test_the_client_reads_its_question_as_it_wrote_it(lab, tmp_path):
    """Also when the upstream spells it otherwise, which it may (RFC 4343)."""
    with Daemon(lab, tmp_path, LIAR):
        reply = exchange(dns.message.make_query("LoWeR.example", "A"))
    assert b"\x05LoWeR\x07example\0" in reply and reply[3] & 15 == 3
