# SPDX-License-Identifier: MIT
"""DNSSEC=yes against an upstream that has the zones' keys, and signs what no zone should."""
import sys

import dns.flags
import pytest

from conftest import LAB
from daemon import Daemon
from test_dnssec import ask, verdict
from upstream import Upstream

sys.path.insert(0, str(LAB))
from forger import CASES, SECURE  # noqa: E402  pylint: disable=wrong-import-position

UPSTREAM = "1.1.1.1:9205"


@pytest.fixture(scope="module", name="anchor")
def make_forger(lab, tmp_path_factory):
    file = tmp_path_factory.mktemp("forger") / "root.ds"
    with Upstream(lab, "forger.py", UPSTREAM, file):
        yield file


def validating(lab, anchor, folder, cache="no"):
    keys = f"DNSSEC=yes\nResolveUnicastSingleLabel=yes\nTrustAnchorFile={anchor}"
    return Daemon(lab, folder, f"tls://{UPSTREAM}#one.one.one.one", resolve=keys, cache=cache)


def test_every_fraud(lab, anchor, tmp_path):
    with validating(lab, anchor, tmp_path):
        said = [(name, kind, verdict(ask(name, kind))) for name, kind, _ in CASES * 2]
    assert said == CASES * 2


def test_ttl_is_what_was_signed(lab, anchor, tmp_path):
    """RFC 4035 section 5.3.3: the signature says what it is at most."""
    with validating(lab, anchor, tmp_path, cache="yes"):
        for _ in range(2):
            message = ask("longer.parent.", "A", dnssec_ok=True)
            assert verdict(message) == SECURE and len(message.answer) == 2
            assert all(rrset.ttl <= 300 for rrset in message.answer)


def test_ad_of_the_upstream(lab, anchor, tmp_path):
    """Who asks with CD is told of nothing that it is good, for nobody here has judged it."""
    with validating(lab, anchor, tmp_path, cache="yes"):
        for name in ("www.parent.", "www.sibling.parent."):
            message = ask(name, "A", cd=True)
            assert message.answer and not message.flags & dns.flags.AD
        assert verdict(ask("www.parent.", "A")) == SECURE
        assert not ask("www.parent.", "A", cd=True).flags & dns.flags.AD
