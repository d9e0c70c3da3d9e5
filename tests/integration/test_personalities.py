# SPDX-License-Identifier: MIT
"""Each server the lab can be is accepted or refused as its row says; a refused one gets not a byte of DNS."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from daemon import CTCHECK, Daemon
from dnsclient import dig

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
from personalities import World, table  # noqa: E402  pylint: disable=wrong-import-position

NAMES = [row.name for row in table(World())]
POLICIES = ("chrome", "two-logs", "apple")
MIMICS_AT_HAND = "CTRESOLVED_REAL_DATA" in os.environ


def refused_by(row, policy):
    return row[policy] if policy in row else row["refused"]


def query(lab, folder, row, policy):
    """What dig says, and what the server counted meanwhile."""
    before = lab.statistics(row["name"])
    with Daemon(lab, folder, row["uri"], policy) as daemon:
        dug = dig("www.example")
    after = lab.statistics(row["name"])
    return dug, {key: after[key] - before[key] for key in after}, daemon.log


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", NAMES)
def test_personality(lab, tmp_path, name, policy):
    if name == "mimic-logs" and not MIMICS_AT_HAND:
        pytest.skip("the published keys are not at hand: CTRESOLVED_REAL_DATA is not set")
    row = lab.row(name)
    words = refused_by(row, policy)
    dug, counted, log = query(lab, tmp_path, row, policy)
    if words is None:
        assert dug.status == "NOERROR" and dug.answers == ["192.0.2.1"], dug.text + log
        assert counted["bytes_in"] >= 130  # so this counter does count
        assert "event=accepted" in log
        return
    if dug.milliseconds > 200:  # the machine was busy, perhaps
        dug, counted, log = query(lab, tmp_path, row, policy)
    assert dug.status == "SERVFAIL", dug.text + log
    assert counted["connections"] > 0 and counted["bytes_in"] == 0
    assert dug.milliseconds <= 200, dug.text
    if name == "tls11":
        assert dug.ede_code == "23"
        return
    assert dug.ede_code == "0" and "certificate refused: " in dug.ede_text, dug.text
    assert words in dug.ede_text, dug.text
    assert words in log and "event=refused" in log


def said_by(daemon, *words):
    """What ctresolvectl says in JSON of a certificate: its verdict and its words; and its exit status."""
    done = daemon.ctl(*words, "--json")
    assert done.returncode in (0, 1), done.stderr
    told = json.loads(done.stdout)
    told = told.get("certificate", told)
    assert (told["verdict"] == "accept") == (done.returncode == 0)
    return told


@pytest.mark.parametrize("name", [name for name in NAMES if name != "tls11"])
def test_the_same_words_everywhere(lab, tmp_path, name):
    """probe, verify and ctcheck find what the daemon finds, and say it as it does."""
    row = lab.row(name)
    address, _, auth_name = re.fullmatch(r"tls://\[?([^]#]*?)\]?:(\d+)(?:#(.*))?", row["uri"]).groups()
    with Daemon(lab, tmp_path, row["uri"]) as daemon:
        dig("www.example")
        daemon.wait_for(f"upstream={row['uri']} event=")
    told = re.search(r'event=refused .*why="certificate refused: (.*?)" scts=', daemon.log)
    probed = said_by(daemon, "probe", row["uri"])
    assert probed["verdict"] == ("refuse" if told else "accept")
    assert not told or probed["reason"] == re.sub(r'\\([\\"])', r"\1", told[1])
    files = [f"--{what}={lab.folder / name}.{what}" for what in ("ocsp", "tls-scts") if (lab.folder / f"{name}.{what}").exists()]
    verified = said_by(daemon, "verify", str(lab.folder / f"{name}.pem"), "--ip", address, *files,
                       *(["--name", auth_name] if auth_name else []))
    if name == "tls-scts-short":  # GnuTLS ends that handshake, so nobody sees the list
        return
    assert verified["verdict"] == probed["verdict"] and verified["reason"] == probed["reason"]
    if probed["checks"]["distrust"]["ok"]:  # else nobody asks for SCTs by TLS
        assert verified == probed
    # ctcheck does not build chains: where the second certificate issued the first, it sees the same SCTs.
    checks = probed["checks"]
    if not checks["chain"]["ok"] or files or name in ("cross-signed", "lapsed-cross-sign"):
        return
    done = subprocess.run([CTCHECK, "--log-list", lab.folder / "log_list.json", "--json", lab.folder / f"{name}.pem"],
                          capture_output=True, text=True, check=False)
    checked = json.loads(done.stdout)
    assert (checked.pop("verdict") == "accept") == checks["ct"].pop("ok") == (done.returncode == 0)
    checks["ct"].pop("accepted_before")
    assert checked == checks["ct"]
