# SPDX-License-Identifier: MIT
"""What is remembered of the upstreams' certificates, and what is said when they change."""
import json
import shlex
import stat

from daemon import Daemon
from dnsclient import dig


def records(folder):
    return [json.loads(line) for line in (folder / "state/evidence.json").read_text().splitlines()]


def test_each_verdict_once(lab, tmp_path):
    for _ in range(2):
        with Daemon(lab, tmp_path, [lab.uri("no-sct"), lab.uri("good")]):
            for _ in range(3):
                assert dig("secret-name.example", "+timeout=2").status == "NXDOMAIN"
    refused, accepted = sorted(records(tmp_path), key=lambda record: record["verdict"], reverse=True)
    assert refused["verdict"] == "refuse" and "carries no SCT" in refused["reason"] and refused["scts"] == []
    assert accepted["verdict"] == "accept" and accepted["policy"] == "chrome" and accepted["upstream"] == lab.uri("good")
    assert [sct["operator"] for sct in accepted["scts"]] == ["Operator A", "Operator B"]
    assert accepted["issuer"]["name"] == "CN=Lab Intermediate"
    file = tmp_path / "state/evidence.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "secret-name" not in file.read_text()


def test_shown(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, lab.uri("one-log-twice"))
    assert daemon.ctl("evidence").stdout == "Nothing yet.\n" and json.loads(daemon.ctl("evidence", "--json").stdout) == []
    with daemon:
        dig("www.example")
    shown = daemon.ctl("evidence")
    assert shown.returncode == 0
    assert "refuse: 1 of 2 SCTs counts" in shown.stdout and "another one of the same log" in shown.stdout
    assert json.loads(daemon.ctl("evidence", "--json").stdout) == records(tmp_path)
    status = json.loads(daemon.ctl("status", "--json").stdout)
    assert status["upstreams"][0]["last"]["verdict"] == "refuse"


def test_what_was_said_last_stands_last(lab, tmp_path):
    """Back to an earlier verdict: it is in the file once, and status tells it."""
    for policy, verdict in (("chrome", "refuse"), ("two-logs", "accept"), ("chrome", "refuse")):
        with Daemon(lab, tmp_path, lab.uri("one-operator"), policy) as daemon:
            dig("www.example")
            last = json.loads(daemon.ctl("status", "--json").stdout)["upstreams"][0]["last"]
        assert records(tmp_path)[-1]["verdict"] == verdict
    assert last is not None and len(records(tmp_path)) == 2
    assert "upstream  " + lab.uri("one-operator") + ": refuse on " in daemon.ctl("status").stdout


def test_change_of_issuer_and_key_is_told(lab, tmp_path):
    with Daemon(lab, tmp_path, lab.uri("good")) as daemon:
        assert dig("www.example").status == "NOERROR"
    assert "changed" not in daemon.log
    file, known = tmp_path / "state/evidence.json", records(tmp_path)[0]
    for part, event in (("leaf", "event=key-changed"), ("issuer", "event=issuer-changed")):
        other = json.loads(json.dumps(known))
        other["leaf"]["sha256"] = "ab" * 32
        other[part]["spki_sha256"] = "cd" * 32
        file.write_text(json.dumps(other) + "\n")
        with Daemon(lab, tmp_path, lab.uri("good")) as daemon:
            assert dig("www.example").status == "NOERROR"
        assert event in daemon.log and f"before=sha256:{'cd' * 32}" in daemon.log
        assert len(records(tmp_path)) == 2


def test_the_log_is_read_as_it_was_meant(lab, tmp_path):
    """What a stranger's certificate says stands between quotes, and does not end them: of its words none becomes a key."""
    with Daemon(lab, tmp_path, lab.uri("stranger")) as daemon:
        daemon.wait_for("event=refused")
    line, = (line for line in daemon.log.splitlines() if "event=refused" in line)
    told = dict(pair.split("=", 1) for pair in shlex.split(line))
    assert list(told) == ["upstream", "event", "policy", "why", "scts"], line
    assert told["event"] == "refused" and 'its issuer is "CN=Stranger' in told["why"] and "event=accepted" in told["why"], line


def test_bounded(lab, tmp_path):
    """Refusals do not push out what was accepted, and neither grows without end."""
    with Daemon(lab, tmp_path, lab.uri("good")):
        assert dig("www.example").status == "NOERROR"
    file, accepted = tmp_path / "state/evidence.json", records(tmp_path)[0]
    lines = [accepted]
    for i in range(500):
        lines.append({**accepted, "verdict": "refuse", "leaf": {**accepted["leaf"], "sha256": f"{i:064x}"}})
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Daemon(lab, tmp_path, lab.uri("no-sct")):
        dig("www.example")
    kept = records(tmp_path)
    assert len(kept) == 65 and kept[0] == accepted and kept[-1]["leaf"]["sha256"] != f"{499:064x}"
    assert kept[1]["leaf"]["sha256"] == f"{500 - 63:064x}"


def test_survives_a_torn_file(lab, tmp_path):
    with Daemon(lab, tmp_path, lab.uri("good")):
        assert dig("www.example").status == "NOERROR"
    file, whole = tmp_path / "state/evidence.json", records(tmp_path)
    file.write_bytes(file.read_bytes() + b'{"time": "2026-\xff\x00\n[1]\n{"verdict": "accept"')
    with Daemon(lab, tmp_path, [lab.uri("no-sct"), lab.uri("good")]) as daemon:
        assert dig("www.example").status == "NOERROR"
    assert "3 lines cannot be read" in daemon.log
    assert records(tmp_path)[0] == whole[0] and len(records(tmp_path)) == 2


def test_without_a_state_directory(lab, tmp_path):
    """It is said once, and costs nobody an answer."""
    (tmp_path / "state").write_text("a file")
    with Daemon(lab, tmp_path, [lab.uri("no-sct"), lab.uri("good")]) as daemon:
        assert dig("www.example").status == "NOERROR"
    assert daemon.log.count("cannot be written to the state directory: Not a directory") == 1
