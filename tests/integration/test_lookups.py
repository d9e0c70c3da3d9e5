# SPDX-License-Identifier: MIT
"""Lookups by function where answers are validated: what is said of where they come from, and why there is none."""
import socket

import pytest

from test_dnssec import DOT, make_tree  # noqa: F401  pylint: disable=unused-import
from varlink import AUTHENTICATED, CONFIDENTIAL, DNS, FROM_CACHE, FROM_NETWORK, RESOLVE, STANDIN, Failed, StandIn

pytestmark = pytest.mark.skipif(not STANDIN.exists() or b"io.systemd.Resolve.Monitor" not in STANDIN.read_bytes(), reason="built without varlink")
NO_VALIDATE = 1 << 10
SOURCES = FROM_CACHE | FROM_NETWORK


@pytest.fixture(scope="module", name="daemon")
def make_daemon(lab, tree, tmp_path_factory):
    with StandIn(lab, tmp_path_factory.mktemp("standin"), f"tls://1.1.1.1:{DOT}#one.one.one.one", timeout=8, cache="yes",
                 resolve=f"DNSSEC=yes\nTrustAnchorFile={tree.anchor}") as daemon:
        yield daemon


def hostname(daemon, name, flags=0, family=socket.AF_INET):
    with daemon.connect() as client:
        return client.call(f"{RESOLVE}.ResolveHostname", {"name": name, "family": family, "flags": flags})


@pytest.mark.parametrize("name", ["www.nsec.lab", "x.wild.nsec.lab", "alias.nsec.lab"])
def test_secure(daemon, name):
    for source in (FROM_NETWORK, FROM_CACHE):
        told = hostname(daemon, name)
        assert told["addresses"] and told["flags"] & ~SOURCES == DNS | CONFIDENTIAL | AUTHENTICATED, told
    assert told["flags"] & SOURCES == source
    # Who wants no judgement is not told of one.
    assert hostname(daemon, name, NO_VALIDATE)["flags"] & ~SOURCES == DNS | CONFIDENTIAL


def test_insecure(daemon):
    told = hostname(daemon, "away.nsec.lab")
    assert told["flags"] & ~SOURCES == DNS | CONFIDENTIAL
    # One of two halves that nobody has signed is enough.
    assert hostname(daemon, "away.nsec.lab", family=socket.AF_UNSPEC)["flags"] & ~SOURCES == DNS | CONFIDENTIAL


def test_bogus(daemon):
    with pytest.raises(Failed) as failure:
        hostname(daemon, "astray.nsec.lab")
    assert failure.value.name == f"{RESOLVE}.DNSSECValidationFailed"
    assert hostname(daemon, "astray.nsec.lab", NO_VALIDATE)["flags"] & ~SOURCES == DNS | CONFIDENTIAL
