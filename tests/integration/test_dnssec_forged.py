# SPDX-License-Identifier: MIT
"""DNSSEC=yes against an upstream that has the zones' keys, and signs what no zone should."""
import subprocess
import sys

import pytest

from conftest import LAB
from daemon import Daemon
from test_dnssec import ask, verdict

sys.path.insert(0, str(LAB))
from forger import CASES  # noqa: E402  pylint: disable=wrong-import-position

UPSTREAM = "1.1.1.1:9205"


@pytest.fixture(scope="module", name="anchor")
def make_forger(lab, tmp_path_factory):
    file = tmp_path_factory.mktemp("forger") / "root.ds"
    with subprocess.Popen(["ip", "netns", "exec", lab.upstream, LAB / "forger.py", lab.folder / "good.pem", UPSTREAM, file],
                          stdout=subprocess.PIPE, text=True) as forger:
        assert forger.stdout.readline() == "ready\n"
        yield file
        forger.kill()


def test_every_fraud(lab, anchor, tmp_path):
    keys = f"DNSSEC=yes\nResolveUnicastSingleLabel=yes\nTrustAnchorFile={anchor}"
    with Daemon(lab, tmp_path, f"tls://{UPSTREAM}#one.one.one.one", resolve=keys):
        said = [(name, kind, verdict(ask(name, kind))) for name, kind, _ in CASES * 2]
    assert said == CASES * 2
