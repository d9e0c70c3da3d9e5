# SPDX-License-Identifier: MIT
"""A captive portal: a few names are asked of it in plain text, for a while, when root says so; nothing else ever is."""
import json
import time

import pytest

from dnsclient import dig
from scripted import Scripted, daemon_for
from upstream import Upstream

PORTAL = "10.53.0.1"


@pytest.fixture(name="portal")
def make_portal(lab, tmp_path):
    class Portal(Upstream):
        def names(self):
            file = tmp_path / "names"
            return set(file.read_text().split()) if file.exists() else set()

    with Portal(lab, "portal.py", tmp_path, PORTAL) as portal:
        yield portal


def closed(daemon):
    end = time.monotonic() + 15
    while json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["portal"] is not None:
        assert time.monotonic() < end, daemon.log
        time.sleep(0.05)
    assert dig("captive.apple.com").answers != [PORTAL]


def test_through_and_shut(portal, lab, tmp_path):
    """From the first query that fails to the upstream that is there again."""
    with daemon_for(lab, tmp_path) as daemon:
        assert dig("captive.apple.com").status == "SERVFAIL"
        opened = daemon.ctl("portal", "--server", PORTAL)
        assert opened.returncode == 0, opened.stderr
        assert "8 names" in opened.stdout or "9 names" in opened.stdout
        assert f"plain://{PORTAL} in plain text, no others" in opened.stdout
        assert "The portal is at http://login.portal.example/start?from=captive.apple.com" in opened.stdout
        # What finds it, and where it sends us; neither their neighbours nor anything else.
        for name in ("captive.apple.com", "detectportal.firefox.com", "CAPTIVE.apple.com", "login.portal.example"):
            assert dig(name).answers == [PORTAL], name
        for name in ("www.example", "apple.com", "x.captive.apple.com", "portal.example", "x.login.portal.example"):
            assert dig(name).status == "SERVFAIL", name
        assert {name.lower() for name in portal.names()} == \
            {"captive.apple.com.", "detectportal.firefox.com.", "login.portal.example."}
        status = daemon.ctl("status").stdout
        assert "portal    a window is open for " in status and f"9 names are asked of plain://{PORTAL}" in status
        assert "event=portal-opened" in daemon.log
        asked = len(portal.names())
        with Scripted(lab, tmp_path):
            closed(daemon)
            assert "event=portal-closed why=\"an upstream can be reached and is trusted\"" in daemon.log
            assert len(portal.names()) == asked
            needless = daemon.ctl("portal", "--server", PORTAL)
            assert needless.returncode == 1 and "nothing is in the way" in needless.stderr


def test_as_json(portal, lab, tmp_path):
    with daemon_for(lab, tmp_path) as daemon:
        opened = daemon.ctl("portal", "--server", PORTAL, "--json")
        window = json.loads(opened.stdout)
        assert window["servers"] == [f"plain://{PORTAL}"] and window["url"].startswith("http://login.portal.example/")
        assert "login.portal.example" in window["names"] and 0 < window["seconds_left"] <= 300
        assert portal.names() == {"captive.apple.com."}
        assert daemon.ctl("portal", "--close").returncode == 0
        assert "why=\"it was told to\"" in daemon.log
        closed(daemon)


def test_time_is_over(portal, lab, tmp_path):
    with daemon_for(lab, tmp_path) as daemon:
        assert daemon.ctl("portal", "--server", PORTAL, "--for", "1s").returncode == 0
        closed(daemon)
        assert "why=\"its time is over\"" in daemon.log
        before = portal.names()
        assert dig("detectportal.firefox.com").status == "SERVFAIL"
        assert portal.names() == before


def test_a_web_server_that_is_never_done(portal, lab, tmp_path):
    (tmp_path / "drip").touch()
    with daemon_for(lab, tmp_path) as daemon:
        assert "No web server has sent us to a portal" in daemon.ctl("portal", "--server", PORTAL).stdout
    (tmp_path / "drip").unlink()


def test_another_configuration(portal, lab, tmp_path):
    with daemon_for(lab, tmp_path) as daemon:
        assert daemon.ctl("portal", "--server", PORTAL).returncode == 0
        daemon.reload()
        daemon.wait_for("event=reloaded")
        closed(daemon)
        before = portal.names()
        assert dig("detectportal.firefox.com").status == "SERVFAIL"
        assert portal.names() == before


def test_what_is_wrong(lab, tmp_path):
    with daemon_for(lab, tmp_path) as daemon:
        for words, status, said in (
                ((), 1, "no server of a link is known"),
                (("--link", "eth77"), 1, "eth77 has no server that is known"),
                (("--server", "1.2.3"), 1, "server: not the address of a server"),
                (("--server", "0.0.0.0"), 1, "server: not the address of a server"),
                (("--for", "2h"), 2, "not a span of time from 1s to 1h"),
                (("--for", "0"), 2, "not a span of time from 1s to 1h"),
                (("now",), 2, "not expected")):
            done = daemon.ctl("portal", *words)
            assert done.returncode == status and said in done.stderr, done
        assert "portal-opened" not in daemon.log


def test_intercepted(portal, lab, tmp_path):
    """At the upstream's address is somebody else: he gets no byte, and the window may be opened."""
    sent = lab.statistics("no-sct")["bytes_in"]
    daemon = daemon_for(lab, tmp_path)
    daemon.write(lab.uri("no-sct"))
    with daemon:
        assert dig("www.example").status == "SERVFAIL"
        assert daemon.ctl("portal", "--server", PORTAL).returncode == 0
        assert dig("captive.apple.com").answers == [PORTAL]
        assert dig("www.example").status == "SERVFAIL"
        assert portal.names() == {"captive.apple.com."}
    assert lab.statistics("no-sct")["bytes_in"] == sent
