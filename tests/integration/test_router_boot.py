# SPDX-License-Identifier: MIT
"""A router starts: without a route, without the time, and with a state that lies on flash memory."""
import contextlib
import ctypes
import datetime
import json
import os
import pathlib
import struct
import subprocess
import threading
import time

import pytest

import clocks as our_clocks
from clocks import Clocks, ClockedDaemon
from daemon import Daemon
from dnsclient import dig

pytestmark = our_clocks.NEEDED
UTC = datetime.timezone.utc
DAY, HOUR = 86400, 3600
MAIN = "tls://1.1.1.1#one.one.one.one"


@pytest.fixture(name="clocks")
def make_clocks(tmp_path):
    return Clocks(tmp_path)


def status(daemon):
    return json.loads(daemon.ctl("--json", "status").stdout)


def born(clocks, daemon):
    """When the program was built: what it knows of the time at least."""
    clocks.set(datetime.datetime.fromtimestamp(0, UTC))
    return datetime.datetime.fromisoformat(status(daemon)["clock"]["time"].replace("Z", "+00:00"))


def dates(clocks, daemon):
    return {"1970": datetime.datetime.fromtimestamp(0, UTC), "built tomorrow": born(clocks, daemon) - datetime.timedelta(days=1),
            "ten years ahead": datetime.datetime.now(UTC) + datetime.timedelta(days=3652)}


@contextlib.contextmanager
def no_route():
    """To none of the default upstreams."""
    listed = {family: [line.split()[0] for line in subprocess.run(["ip", family, "route", "show", "dev", "up0"], check=True,
                                                                  capture_output=True, text=True).stdout.splitlines()
                       if line.startswith(("1.", "2606:"))] for family in ("-4", "-6")}

    def every(verb):
        for family, routes in listed.items():
            for route in routes:
                subprocess.run(["ip", family, "route", verb, route, "dev", "up0"], check=True)
    every("del")
    try:
        yield
    finally:
        every("add")


@pytest.fixture(autouse=True)
def nothing_half_open(lab):
    """What a daemon said when there was no route was not heard: the upstream would hold its connections for a minute."""
    yield
    lab.upstream_runs("ss", "-K", "dst", "10.53.0.2", capture_output=True)


def resolves(seconds=10):
    """Soon: within less than the half minute that an upstream in disgrace is left alone."""
    end = time.monotonic() + seconds
    while (dug := dig("www.example", "+timeout=2")).status != "NOERROR":
        assert time.monotonic() < end, dug.text
        time.sleep(0.05)


def fail_for_long(clocks):
    """Until the upstream is left alone for as long as ever, and is so now."""
    for i in range(12):
        dug = dig("www.example")
        assert dug.status == "SERVFAIL" and dug.ede_code, dug.text
        if i < 11:
            clocks.fly(61)
            time.sleep(0.05)
    return dug


@pytest.mark.parametrize("when", ["1970", "built tomorrow", "ten years ahead"])
def test_no_deadlock(lab, tmp_path, clocks, when):
    """Whoever sets clocks needs names first; they come when the route does. Then all is judged by the right time."""
    daemon = ClockedDaemon(clocks, lab, tmp_path, MAIN)
    date = dates(clocks, daemon)[when]
    clocks.set(date)
    with contextlib.ExitStack() as route:
        route.enter_context(no_route())
        with daemon:
            dug = fail_for_long(clocks)
            assert dug.ede_code == "22" and "Network is unreachable" in dug.ede_text, dug.text
            route.close()
            resolves()
            told = daemon.ctl("status").stdout
            assert f"clock     not set: it is {'beyond the end of the log list' if date.year > 2030 else 'before 20'}" in told, told
            assert status(daemon)["clock"]["unset"] and "event=clock-not-set" in daemon.log
            accepted = daemon.log.count("event=accepted")
            clocks.set(synchronized=True)
            daemon.wait_for("event=judged-again")
            daemon.wait_for("event=accepted", times=accepted + 1)
            resolves()
            assert "event=clock-set" in daemon.log and not status(daemon)["clock"]["unset"]
    assert "event=refused" not in daemon.log


def test_no_deadlock_by_name(lab, tmp_path, clocks):
    """A server whose address is to be looked for: the route is what is waited for, not the time to look again."""
    with contextlib.ExitStack() as route:
        route.enter_context(no_route())
        with ClockedDaemon(clocks, lab, tmp_path, "https://one.one.one.one/dns-query"):
            assert "its address is not known: " in fail_for_long(clocks).ede_text
            route.close()
            resolves(3)


@pytest.mark.parametrize("upstream", [MAIN, "https://one.one.one.one/dns-query"])
def test_a_flapping_wan(lab, tmp_path, upstream):
    """However often it goes: who asks meanwhile waits for it, and is answered when it is back. Nothing piles up."""
    answers = []
    with Daemon(lab, tmp_path, upstream) as daemon:
        resolves()
        descriptors = pathlib.Path(f"/proc/{daemon.process.pid}/fd")
        before = len(list(descriptors.iterdir()))
        for _ in range(20):
            client = threading.Thread(target=lambda: answers.append(dig("www.example").answers))
            with no_route():
                client.start()
                time.sleep(0.1)
            client.join()
        assert answers == [["192.0.2.1"]] * 20
        assert len(list(descriptors.iterdir())) <= before + 1


def test_what_was_too_early_is_refused_when_the_clock_is_set(lab, tmp_path, clocks):
    clocks.set(datetime.datetime.fromtimestamp(0, UTC))
    with ClockedDaemon(clocks, lab, tmp_path, lab.uri("not-yet-valid")) as daemon:
        assert dig("www.example").status == "NOERROR"
        clocks.set()
        daemon.wait_for("event=judged-again")
        assert "is not valid before" in dig("www.example").ede_text


def test_a_clock_that_is_kept_right_is_believed(lab, tmp_path, clocks):
    """However late it is; and what was refused for it is tried again at once when it is corrected."""
    clocks.set(datetime.datetime.now(UTC) + datetime.timedelta(days=3652), synchronized=True)
    with ClockedDaemon(clocks, lab, tmp_path, MAIN) as daemon:
        assert "expired on" in fail_for_long(clocks).ede_text and "clock-not-set" not in daemon.log
        clocks.set(synchronized=True)
        daemon.wait_for("event=judged-again")
        resolves()


def test_right_without_being_set(lab, tmp_path, clocks):
    """When the machine was last up counts until the kernel says that its clock is right, which need not make it jump."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "clock").touch()
    later = time.time() + HOUR
    os.utime(state / "clock", (later, later))
    with ClockedDaemon(clocks, lab, tmp_path, MAIN) as daemon:
        resolves()
        daemon.wait_for("event=clock-not-set")
        clocks.synchronize()
        clocks.fly(61)
        daemon.wait_for("event=judged-again")
        resolves()
        assert not status(daemon)["clock"]["unset"]


class Writes:
    """What happens to a folder, by inotify(7)."""
    CLOSE_WRITE, MOVED_TO = 8, 0x80

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self.fd, str(folder).encode(), self.CLOSE_WRITE | self.MOVED_TO) >= 0

    def names(self):
        found = []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 1 << 16):
                while data:
                    size = struct.unpack_from("=iIII", data)[3]
                    found.append(data[16:16 + size].rstrip(b"\0").decode())
                    data = data[16 + size:]
        return found

    def close(self):
        os.close(self.fd)


@contextlib.contextmanager
def two_certificates_in_turn(lab):
    """As behind an anycast address: each connection meets the other one."""
    first, second = (lab.row(name)["listen"][1] for name in ("good", "rsa-leaf"))
    lab.upstream_runs("nft", "add table ip turn; add chain ip turn prerouting { type nat hook prerouting priority -100; }; "
                      "add rule ip turn prerouting ip daddr 1.1.1.1 tcp dport 853 dnat to 1.1.1.1 : numgen inc mod 2 map "
                      f"{{ 0 : {first}, 1 : {second} }}")
    try:
        yield
    finally:
        lab.upstream_runs("nft", "delete table ip turn")


def connections(lab):
    return sum(lab.statistics(name)["connections"] for name in ("good", "rsa-leaf"))


def test_days_cost_few_writes(lab, tmp_path, clocks):
    """Though the upstream changes its certificate with each connection, of which there is one an hour."""
    clocks.set(synchronized=True)
    (tmp_path / "state").mkdir()
    writes, per_day, before = Writes(tmp_path / "state"), [], connections(lab)
    with two_certificates_in_turn(lab), ClockedDaemon(clocks, lab, tmp_path, MAIN) as daemon:
        for _ in range(3):
            for _ in range(24):
                resolves()
                clocks.fly(HOUR)
                time.sleep(0.03)
            names = writes.names()
            per_day.append((names.count("evidence.json"), names.count("clock")))
    assert connections(lab) - before >= 70
    evidence, clock = zip(*per_day)
    assert 1 <= evidence[0] <= 8 and max(evidence[1:]) <= 2 and max(clock) <= 1 <= clock[2], per_day
    # What was not written yet is when it ends.
    assert writes.names().count("clock") == 1
    writes.close()
    assert len((tmp_path / "state/evidence.json").read_text().splitlines()) == 2
