# SPDX-License-Identifier: MIT
"""The log list while time passes: it is replaced under way, it ages, and the clock may not be set."""
import datetime
import json
import os
import threading
import time

import dns.message
import pytest

from daemon import SANITIZED, Daemon
from dnsclient import dig, first_address, udp_socket
from servers import address_of, name_of

DAY = datetime.timedelta(days=1)


class List:
    """A log list of its own, that a test may change."""

    def __init__(self, lab, folder):
        self.path = folder / "list.json"
        self.content = json.loads((lab.folder / "log_list.json").read_text())
        self.made = datetime.datetime.utcnow().replace(microsecond=0)

    def write(self, age=0 * DAY, without=()):
        """As `age` old, without the logs of these names; in the place of what is there, in one step."""
        content = json.loads(json.dumps(self.content))
        content["log_list_timestamp"] = (self.made - age).strftime("%Y-%m-%dT%H:%M:%SZ")
        for operator in content["operators"]:
            operator["logs"] = [log for log in operator["logs"] if log["description"] not in without]
        self.place(json.dumps(content))
        return self.path

    def place(self, text):
        new = self.path.with_suffix(".tmp")
        new.write_text(text)
        new.rename(self.path)


@pytest.fixture(name="log_list")
def make_log_list(lab, tmp_path):
    return List(lab, tmp_path)


def ask_steadily(seconds, rate, lost):
    """`rate` queries a second; notes those that got no answer, or a wrong one."""
    asked, got = int(seconds * rate), {}
    with udp_socket() as client:
        def receive():
            try:
                while len(got) < asked:
                    wire = client.recv(4096)
                    got[int.from_bytes(wire[:2], "big")] = first_address(wire)
            except TimeoutError:
                pass
        receiver = threading.Thread(target=receive)
        receiver.start()
        begun = time.monotonic()
        for i in range(asked):
            message = dns.message.make_query(name_of(i % 2000), "A", use_edns=False)
            message.id = i
            client.send(message.to_wire())
            time.sleep(max(0, begun + (i + 1) / rate - time.monotonic()))
        receiver.join()
    lost.extend(i for i in range(asked) if got.get(i) != address_of(i % 2000))


def test_replaced_under_load(lab, tmp_path, log_list):
    """1,000 queries a second go on while the list is replaced, and none is lost; each time all is judged again."""
    lost, before = [], lab.statistics("good")["connections"]
    log_list.write(age=DAY)
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        assert dig("www.example").status == "NOERROR"
        asker = threading.Thread(target=ask_steadily, args=(4, 1000, lost))
        asker.start()
        for n in range(1, 5):
            time.sleep(0.7)
            log_list.write(age=DAY - n * datetime.timedelta(minutes=1))
            daemon.wait_for("event=log-list-replaced", times=n)
        asker.join()
    assert not lost
    assert before + 5 <= lab.statistics("good")["connections"] <= before + 9  # those that are silent are relieved


def test_what_the_new_list_does_not_know_is_refused(lab, tmp_path, log_list):
    log_list.write(age=DAY)
    before = lab.statistics("good")["bytes_in"]
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path):
        assert dig("www.example").status == "NOERROR"
    one_query = lab.statistics("good")["bytes_in"] - before
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        assert dig("www.example").status == "NOERROR"
        log_list.write(age=DAY / 2, without=["Lab 'Birch1'"])
        daemon.wait_for("event=log-list-replaced")
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and "log is not in the list, which is 0 days old" in dug.ede_text, dug.text
        log_list.write()
        daemon.wait_for("event=log-list-replaced", times=2)
        assert dig("www.example").status == "NOERROR"
    # The query that was refused went nowhere.
    assert lab.statistics("good")["bytes_in"] == before + 3 * one_query


def test_replaced_behind_a_symbolic_link(lab, tmp_path, log_list):
    log_list.write(age=DAY)
    link = tmp_path / "links/list.json"
    link.parent.mkdir()
    link.symlink_to(log_list.path)
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=link) as daemon:
        log_list.write(age=DAY / 2)  # what it names
        daemon.wait_for("event=log-list-replaced")
        other = tmp_path / "other.json"
        other.write_text(log_list.write().read_text())
        daemon.wait_for("event=log-list-replaced", times=2)
        (tmp_path / "links/new").symlink_to(other)
        (tmp_path / "links/new").rename(link)  # the link itself
        daemon.wait_for("event=log-list-replaced", times=3)
        assert dig("www.example").status == "NOERROR"


@pytest.mark.parametrize("what, words", [
    ("older", "older than the list in use"), ("half", "list.json: line"), ("empty", "list.json: line"),
    ("no logs", "it names no log")])
def test_a_bad_list_changes_nothing(lab, tmp_path, log_list, what, words):
    log_list.write()
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        whole = log_list.path.read_text()
        if what == "older":
            log_list.write(age=DAY)
        elif what == "no logs":
            log_list.place(json.dumps({**log_list.content, "operators": []}))
        else:
            log_list.place("" if what == "empty" else whole[:len(whole) // 2])
        daemon.wait_for("event=log-list-replaced-failed")
        assert words in daemon.log and dig("www.example").status == "NOERROR"


@pytest.mark.parametrize("days, said", [(39, "event=log-list-fresh"), (40, "will be stale after 70"), (69, "will be stale after 70"),
                                        (71, "event=log-list-stale")])
def test_age_is_told(lab, tmp_path, log_list, days, said):
    log_list.write(age=days * DAY)
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path) as daemon:
        assert dig("www.example").status == "NOERROR"  # it has two logs of two operators
        status = json.loads(daemon.ctl("--json", "status").stdout)
    assert said in daemon.log and daemon.log.count("event=log-list-") == 1
    assert status["log_list"]["age"] == ("fresh" if days < 40 else "ageing" if days <= 70 else "stale")


def test_stale_list(lab, tmp_path, log_list):
    """Whatever the policy: two operators, and the reason says that the list is stale."""
    log_list.write(age=71 * DAY)
    with Daemon(lab, tmp_path, lab.uri("one-operator"), "two-logs", log_list=log_list.path):
        dug = dig("www.example")
    assert dug.status == "SERVFAIL" and "while the log list is stale (71 days old)" in dug.ede_text, dug.text
    with Daemon(lab, tmp_path, lab.uri("long-lived-two"), "chrome", log_list=log_list.path):
        assert dig("www.example").status == "NOERROR"
    with Daemon(lab, tmp_path, lab.uri("one-sct"), "two-logs", log_list=log_list.path):
        assert dig("www.example").status == "SERVFAIL"


def test_continuity(lab, tmp_path, log_list):
    """What was accepted while the list was fresh stays accepted when it is stale; nothing else does."""
    row = lab.uri("one-operator")
    log_list.write()
    with Daemon(lab, tmp_path, row, "two-logs", log_list=log_list.path):
        assert dig("www.example").status == "NOERROR"
    log_list.write(age=80 * DAY)
    with Daemon(lab, tmp_path, row, "two-logs", log_list=log_list.path) as daemon:
        assert dig("www.example").status == "NOERROR"
        verified = daemon.ctl("verify", str(lab.folder / "one-operator.pem"), "--ip", "1.1.1.1")
        assert verified.returncode == 0 and "because it was when the log list was fresh" in verified.stdout
    assert "accepted when the log list was fresh" in daemon.log
    # What was remembered under a laxer policy does not help; nor does it help another certificate.
    with Daemon(lab, tmp_path, row, "chrome", log_list=log_list.path):
        assert dig("www.example").status == "SERVFAIL"
    with Daemon(lab, tmp_path, lab.uri("previous-operator"), "two-logs", log_list=log_list.path):
        assert dig("www.example").status == "SERVFAIL"


def test_what_a_stale_list_accepts_is_not_remembered(lab, tmp_path, log_list):
    log_list.write(age=80 * DAY)
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path):
        assert dig("www.example").status == "NOERROR"
    log_list.write(age=79 * DAY, without=["Lab 'Birch1'"])
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path):
        assert dig("www.example").status == "SERVFAIL"


@pytest.mark.skipif(SANITIZED, reason="faketime(1) and sanitizers do not get along")
class TestClockNotSet:
    """A router without a battery starts in the past."""
    PAST = "@2001-01-01 00:00:00"

    def test_too_early_is_not_held_against_it(self, lab, tmp_path):
        with Daemon(lab, tmp_path, lab.uri("not-yet-valid"), clock=self.PAST) as daemon:
            assert dig("www.example").status == "NOERROR"
        assert "event=clock-not-set" in daemon.log and "the clock is not set, so the log list may be of any age" in daemon.log

    def test_the_future_of_an_sct_is_not_held_against_it(self, lab, tmp_path):
        with Daemon(lab, tmp_path, lab.uri("future-sct"), clock=self.PAST):
            assert dig("www.example").status == "NOERROR"

    def test_expired_is(self, lab, tmp_path):
        with Daemon(lab, tmp_path, lab.uri("expired"), clock=self.PAST):
            assert "expired on" in dig("www.example").ede_text

    def test_the_list_counts_as_stale(self, lab, tmp_path):
        with Daemon(lab, tmp_path, lab.uri("one-operator"), "two-logs", clock=self.PAST):
            dug = dig("www.example")
        assert "needs 2 logs of 2 operators while the clock is not set" in dug.ede_text, dug.text

    def test_a_later_clock_is_believed(self, lab, tmp_path):
        with Daemon(lab, tmp_path, lab.uri("not-yet-valid"), clock="+2d") as daemon:
            assert dig("www.example").status == "NOERROR"
        assert "clock-not-set" not in daemon.log


@pytest.mark.skipif(SANITIZED, reason="faketime(1) and sanitizers do not get along")
@pytest.mark.parametrize("days, said", [(40, "event=log-list-ages"), (70, "event=log-list-stale")])
def test_grows_old_while_the_daemon_runs(lab, tmp_path, log_list, days, said):
    """Its age is looked at every hour, which lasts less than a second here, and told when it changes."""
    log_list.write(age=days * DAY - datetime.timedelta(minutes=50))
    with Daemon(lab, tmp_path, lab.uri("good"), log_list=log_list.path, clock="+0 x5000") as daemon:
        assert said not in daemon.log
        for _ in range(30):
            dig("www.example", "+timeout=1")
            if said in daemon.log:
                break
            time.sleep(0.2)
        for _ in range(5):
            dig("www.example", "+timeout=1")
    assert daemon.log.count(said) == 1


def test_saved_time_is_a_bound(lab, tmp_path):
    """Until somebody sets the clock, it is at least as late as when the daemon was last up."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "clock").touch()
    later = time.time() + 100 * 86400
    os.utime(state / "clock", (later, later))
    with Daemon(lab, tmp_path, lab.uri("good")) as daemon:
        dug = dig("www.example")
    if "event=clock-not-set" not in daemon.log:
        pytest.skip("the kernel says that this machine's clock is kept right, which counts more")
    assert "expired on" in dug.ede_text, dug.text  # it lives for 90 days
    assert (state / "clock").stat().st_mtime >= later - 1
