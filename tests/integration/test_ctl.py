# SPDX-License-Identifier: MIT
"""ctresolvectl as people and scripts meet it."""
import json
import os
import pathlib
import pty
import re
import subprocess
import sys

import pytest

from daemon import CTCHECK, CTL, Daemon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
from personalities import World  # noqa: E402  pylint: disable=wrong-import-position
from pki import Leaf, pem  # noqa: E402  pylint: disable=wrong-import-position

REAL = os.environ.get("CTRESOLVED_REAL_DATA")


def run(*words):
    return subprocess.run([CTL, *words], capture_output=True, text=True, check=False, timeout=20)


def test_help_and_version():
    assert run("--version").stdout.startswith("ctresolvectl ")
    assert "Usage: ctresolvectl" in run("--help").stdout
    for verb in ("status", "query", "statistics", "flush-caches", "monitor", "probe", "verify", "evidence", "log-list"):
        helped = run(verb, "--help")
        assert helped.returncode == 0 and f"Usage: ctresolvectl {verb}" in helped.stdout and verb in run("--help").stdout


@pytest.mark.parametrize("words", [(), ("nonsense",), ("--nonsense",), ("probe",), ("probe", "a", "b", "c"), ("probe", "1.1.1.1", "name"),
                                   ("verify",), ("verify", "x.pem"), ("verify", "--ip", "one", "x.pem"), ("evidence", "x"),
                                   ("status", "x"), ("query",), ("query", "a..b"), ("query", "a", "B"), ("query", "a.example", "A", "nas"), ("query", "\u2028.example"), ("monitor", "x"), ("verify", "--ip", "1.1.1.1", "--time", "noon", "x.pem")])
def test_wrong_use(words):
    done = run(*words)
    assert done.returncode == 2 and done.stdout == "" and "ctresolvectl" in done.stderr


@pytest.mark.parametrize("server, words", [
    ("1.1.1.1.1", "not ADDRESS"), ("https://one.one.one.one", "an address is needed"), ("https://1.1.1", "not https://"), ("plain://1.1.1.1", "never asked in plain text"),
    ("1.1.1.1\nDNS=8.8.8.8", "not the address of a server"), ("0.0.0.0", "not the address of a server"), ("1.1.1.1#no_name", "not a host name")])
def test_probe_of_no_server(lab, tmp_path, server, words):
    done = Daemon(lab, tmp_path, lab.uri("good")).ctl("probe", server)
    assert done.returncode == 2 and words in done.stderr and done.stdout == "", done.stderr


def test_probe_of_nobody(lab, tmp_path):
    done = Daemon(lab, tmp_path, lab.uri("good")).ctl("probe", "tls://1.1.1.1:8999")
    assert done.returncode == 2 and done.stderr == "ctresolvectl: tls://1.1.1.1:8999: Connection refused\n"
    done = Daemon(lab, tmp_path, lab.uri("good")).ctl("probe", "--json", "tls://1.1.1.1:8999")
    assert done.returncode == 2 and json.loads(done.stdout) == {"server": "tls://1.1.1.1:8999", "error": "Connection refused"}


def test_probe_in_json(lab, tmp_path):
    told = json.loads(Daemon(lab, tmp_path, lab.uri("good")).ctl("probe", "--json", lab.uri("good")).stdout)
    assert told["verdict"] == "accept" and told["tls"]["version"] == "TLS1.3"
    assert told["tls"]["post_quantum"] is ("MLKEM" in told["tls"]["group"])
    leaf, ca = told["chain"]
    assert leaf["sans"][:3] == ["one.one.one.one", "cloudflare-dns.com", "1.1.1.1"] and ca["subject"] == "CN=Lab Intermediate"
    assert set(told["certificate"]["checks"]) == {"chain", "name", "ct", "distrust"}


def test_probe_takes_the_configured_name(lab, tmp_path):
    """So it says what the daemon would: an address alone is looked up among the upstreams."""
    daemon = Daemon(lab, tmp_path, "tls://1.1.1.1:853#wrong.example")
    done = daemon.ctl("probe", "1.1.1.1")
    assert done.returncode == 1 and "no name in its subject alternative names is wrong.example" in done.stdout
    assert daemon.ctl("probe", "1.1.1.1", "#one.one.one.one").returncode == 0


def test_colours_are_for_terminals(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    words = [CTL, "-c", str(daemon.config), "probe", lab.uri("good")]
    assert "\x1b" not in daemon.ctl("probe", lab.uri("good")).stdout

    def on_terminal(**more):
        leader, follower = pty.openpty()
        subprocess.run(words, stdout=follower, check=True, env={**os.environ, **more})
        os.close(follower)
        return os.read(leader, 65536).decode()

    assert "\x1b[1;32maccept\x1b[0m" in on_terminal()
    assert "\x1b" not in on_terminal(NO_COLOR="1")


def test_hostile_names(lab, tmp_path):
    """What a certificate says goes to a terminal: nothing of it is a control character, and there is an end to it."""
    names = tuple(f"n{i}.example" for i in range(80)) + ("a" * 300 + ".example", "\x1b]0;gotcha\x07.example", "b\x00.example")
    world = World()
    leaf, _ = Leaf(world.ca, dns=names, cn="\x1b[31mred\r\n").issue()
    (tmp_path / "hostile.pem").write_bytes(pem(leaf) + pem(world.ca.certificate))
    daemon = Daemon(lab, tmp_path, lab.uri("good"))
    for words in (("verify",), ("verify", "--json")):
        done = daemon.ctl(*words, "--ip", "1.1.1.1", str(tmp_path / "hostile.pem"))
        assert done.returncode == 1 and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout), done.stdout
        assert "no path leads from it to a trust anchor" in done.stdout


CHAINS = [("certs/cloudflare-dns.com-2019-digicert-ecc.chain.pem", "2019-06-01T00:00:00Z", "1.1.1.1"),
          ("certs/cloudflare-dns.com-2019-digicert-ecc.chain.pem", "2022-10-01T00:00:00Z", "1.1.1.1"),
          ("certs/cloudflare-dns.com-2021-digicert-hybrid.chain.pem", "2022-10-01T00:00:00Z", "1.0.0.1"),
          ("certs/cloudflare.com-2025-we1.chain.pem", "2025-06-01T00:00:00Z", None),
          ("certs/limbo-docs.python.org.chain.pem", "2026-11-01T00:00:00Z", None),
          ("negative/cloudflare-dns.com-2018-NO-SCTS.chain.pem", "2018-06-01T00:00:00Z", "1.1.1.1")]
LISTS = ["google-log_list-12.6-2022-09-20", "google-log_list-80.14-2026-01-02", "google-all_logs_list-89.25-2026-08-20",
         "mozilla-known_logs-crtsh-2026-08-11"]


@pytest.mark.skipif(not REAL, reason="CTRESOLVED_REAL_DATA is not set")
@pytest.mark.parametrize("policy", ["two-logs", "chrome", "apple"])
@pytest.mark.parametrize("chain, time, address", CHAINS)
def test_real_certificates(tmp_path, chain, time, address, policy):
    """verify and ctcheck agree on certificates of the world, word for word; the chains lead to the system's anchors."""
    (tmp_path / "none.conf").write_text("")
    for name in LISTS:
        log_list = pathlib.Path(REAL, "loglists", name + ".json")
        common = ["--log-list", log_list, "--policy", policy, "--time", time, "--json", pathlib.Path(REAL, chain)]
        who = ["--ip", address] if address else ["--name", "cloudflare.com" if "cloudflare.com" in chain else "docs.python.org"]
        verified = run("-c", tmp_path / "none.conf", "verify", *who, *common)
        checked = subprocess.run([CTCHECK, *common], capture_output=True, text=True, check=False)
        checks, told = json.loads(verified.stdout)["checks"], json.loads(checked.stdout)
        if checks["chain"]["ok"]:  # not every root of then is trusted now
            assert checks["ct"].pop("ok") == (told.pop("verdict") == "accept") == (checked.returncode == 0)
            checks["ct"].pop("accepted_before")
            assert checks["ct"] == told
        if not checks["chain"]["ok"] or not checks["ct"]["reason"].startswith(("2 of", "3 of")):
            assert verified.returncode == 1 and json.loads(verified.stdout)["reason"]
