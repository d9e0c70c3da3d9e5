# SPDX-License-Identifier: MIT
"""Firmware with a log list that is 400 days old: what is accepted still, what is not, and in which words it is told."""
import datetime
import json

import pytest

import clocks as our_clocks
from clocks import Clocks, ClockedDaemon
from daemon import Daemon
from dnsclient import dig
from test_list_life import DAY, List

AGE = 400 * DAY


@pytest.fixture(name="log_list")
def make_log_list(lab, tmp_path):
    return List(lab, tmp_path)


@pytest.fixture(name="clocks")
def make_clocks(tmp_path):
    return Clocks(tmp_path)


def records(folder):
    return [json.loads(line) for line in (folder / "state/evidence.json").read_text().splitlines()]


def test_first_boot(lab, tmp_path, log_list):
    """It resolves where two logs of two operators vouch; log, status and refusals say what is the matter."""
    log_list.write(age=AGE)
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        told, listed = daemon.ctl("status").stdout, daemon.ctl("log-list", "show").stdout
    made, stale = (log_list.made - AGE).date(), (log_list.made - AGE + 70 * DAY).date()
    assert f"of {made}: stale (stale after {stale}); verifies new certificates until" in told, told
    assert f"of {made}, 400 days old: stale; stale after {stale};" in listed, listed
    assert 'event=log-list-stale why="the log list is 400 days old: certificates that are new now need two logs of two operators ' \
        'that it knows; please install a newer one"' in daemon.log, daemon.log
    assert "SCTs count, from 2 logs of 2 operators" in records(tmp_path)[0]["reason"]
    assert "while the log list is stale (400 days old)" in records(tmp_path)[0]["reason"]


@pytest.mark.parametrize("row, words", [
    ("one-operator", "policy chrome needs 2 logs of 2 operators while the log list is stale (400 days old)"),
    ("unknown-log", "its log is not in the list, which is 400 days old")])
def test_words_of_a_refusal(lab, tmp_path, log_list, row, words):
    log_list.write(age=AGE)
    with Daemon(lab, tmp_path, lab.uri(row), log_list=log_list.path):
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and dug.ede_code == "0" and words in dug.ede_text, dug.text


def test_a_package_brings_a_newer_list(lab, tmp_path, log_list):
    """As the daemon runs: the file of a package, by way of log-list install; what was refused is accepted at once."""
    package = tmp_path / "package"
    package.mkdir()
    newer = List(lab, package)
    newer.write(age=DAY)
    log_list.write(age=AGE, without=["Lab 'Birch1'"])
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        assert "which is 400 days old" in dig("www.example").ede_text
        done = daemon.ctl("log-list", "install", str(newer.path))
        assert done.returncode == 0 and "installed as" in done.stdout and "came" in done.stdout, done.stdout + done.stderr
        daemon.wait_for("event=log-list-replaced")
        daemon.wait_for("event=log-list-fresh")
        assert dig("www.example").answers == ["192.0.2.1"]
    assert records(tmp_path)[-1]["verdict"] == "accept" and not records(tmp_path)[-1]["log_list_stale"]


class TestLife:
    pytestmark = our_clocks.NEEDED
    HOUR = 3600

    def grow(self, daemon, clocks, days):
        """So many days pass; within an hour of its time the age is looked at."""
        clocks.fly(days * 86400)
        clocks.fly(self.HOUR)

    def test_warnings_and_continuity(self, lab, tmp_path, clocks, log_list):
        """A certificate that two logs of one operator vouch for, by the laxest policy: a stale list would not do for a new one."""
        clocks.set(synchronized=True)
        log_list.write()
        row = lab.uri("one-operator")
        with ClockedDaemon(clocks, lab, tmp_path, row, "two-logs", log_list=log_list.path) as daemon:
            assert dig("www.example").answers == ["192.0.2.1"]
            self.grow(daemon, clocks, 40)
            daemon.wait_for("event=log-list-ages")
            assert dig("www.example").answers == ["192.0.2.1"]
            self.grow(daemon, clocks, 31)
            daemon.wait_for("event=log-list-stale")
            assert dig("www.example").answers == ["192.0.2.1"]
            assert daemon.log.count("event=log-list-ages") == daemon.log.count("event=log-list-stale") == 1
        # The next boot, without the time: it is what is remembered that makes the difference.
        clocks.set(datetime.datetime.fromtimestamp(0, datetime.timezone.utc))
        with ClockedDaemon(clocks, lab, tmp_path, row, "two-logs", log_list=log_list.path) as daemon:
            assert dig("www.example").answers == ["192.0.2.1"]
            daemon.wait_for("event=clock-not-set")
            assert "accepted when the log list was fresh" in daemon.log
            # And when the certificate ends, so does that.
            clocks.set(datetime.datetime.now(datetime.timezone.utc) + 100 * DAY, synchronized=True)
            daemon.wait_for("event=judged-again")
            assert "expired on" in dig("www.example").ede_text

    def test_no_log_takes_certificates_of_now(self, lab, tmp_path, clocks, log_list):
        """All its shards have ended: nothing that is new can be accepted, and that is told."""
        for operator in log_list.content["operators"]:
            for log in operator["logs"] + operator["tiled_logs"]:
                log["temporal_interval"]["end_exclusive"] = (log_list.made - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        log_list.write(age=AGE)
        clocks.set(synchronized=True)  # else it would not be believed, see test_router_boot.py
        with ClockedDaemon(clocks, lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
            assert "temporal interval" in dig("www.example").ede_text
            daemon.wait_for("and it knows none that takes those of now; please install a newer one")


def test_what_a_stale_list_accepts_pushes_nothing_out(lab, tmp_path, log_list):
    """However many certificates come while there is no fresh list: what one has accepted is remembered."""
    log_list.write()
    row = lab.uri("one-operator")
    with Daemon(lab, tmp_path, row, "two-logs", log_list=log_list.path):
        assert dig("www.example").answers == ["192.0.2.1"]
    known, = records(tmp_path)
    others = [{**known, "log_list_stale": True, "leaf": {**known["leaf"], "sha256": f"{i:064x}"}} for i in range(300)]
    file = tmp_path / "state/evidence.json"
    file.write_text("".join(json.dumps(line) + "\n" for line in [known, *others]))
    log_list.write(age=AGE)
    for _ in range(2):
        with Daemon(lab, tmp_path, row, "two-logs", log_list=log_list.path):
            assert dig("www.example").answers == ["192.0.2.1"]
    assert sum(record["log_list_stale"] for record in records(tmp_path)) == 64 and known in records(tmp_path)
