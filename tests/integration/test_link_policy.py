# SPDX-License-Identifier: MIT
"""What becomes of servers and domains that others give a link: by default nothing is ever asked there; and captive portals on it."""
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon import CTL
from dnsclient import dig
from resolve1 import (MANAGER, Failed, Monitor, StandIn, call, get, link_address, make_bus, make_folder, make_link,  # pylint: disable=unused-import # fixtures
                      needs_resolvectl, needs_standin, until)
from upstream import Upstream

pytestmark = needs_standin
SERVER = "10.53.0.1"
CONFIDENTIAL = 1 << 18


class Listening(Upstream):
    """The link's server, which says that everything is at its own address; and what it was asked."""

    def __init__(self, lab, folder):
        super().__init__(lab, "portal.py", folder, SERVER)
        self.file = folder / "names"

    def names(self):
        return set(self.file.read_text().lower().split()) if self.file.exists() else set()


@pytest.fixture(name="server")
def make_server(lab, tmp_path):
    with Listening(lab, tmp_path) as server:
        yield server


def standing_in(bus, lab, folder, *resolve, upstreams=None):
    return StandIn(bus, lab, folder, upstreams or lab.uri("good"), cache="yes", resolve="\n".join(resolve))


def give(client, link, *domains, port=0, address=SERVER, name=""):
    """As NetworkManager and VPN clients do it."""
    call(client, MANAGER, "SetLinkDomains", "ia(sb)", (link, [(domain.lstrip("~"), domain[0] == "~") for domain in domains]))
    call(client, MANAGER, "SetLinkDefaultRoute", "ib", (link, True))
    call(client, MANAGER, "SetLinkDNSOverTLS", "is", (link, "no"))
    call(client, MANAGER, "SetLinkDNSEx", "ia(iayqs)", (link, [(2, bytes(map(int, address.split("."))), port, name)]))


def resolved(client, name, interface=0):
    """The addresses and flags of ResolveHostname()."""
    addresses, _, flags = call(client, MANAGER, "ResolveHostname", "isit", (interface, name, 2, 0))
    return [".".join(map(str, address)) for _, _, address in addresses], flags


def test_nobody_is_asked_there(bus, lab, folder, link, server):
    """A DHCP server with the search domain "com", and a VPN client that wants everything: not one query reaches them."""
    with standing_in(bus, lab, folder), bus.connect() as client:
        give(client, link, "com", "example", "~corp.example", "~.")
        assert get(client, link_address(link), "DNS") == [(2, bytes([10, 53, 0, 1]))]
        assert dig("www.example").answers == ["192.0.2.1"]
        for name in ("a.com", "x.corp.example", "anything.at.all"):
            assert dig(name).answers != [SERVER], name
        assert resolved(client, "www.example") == (["192.0.2.1"], resolved(client, "www.example")[1])
        assert resolved(client, "www.example", link)[0] == ["192.0.2.1"]
        with pytest.raises(Failed):
            resolved(client, "host-of-one-label", link)
        assert server.names() == set()


def test_plain_for_what_is_routed_there_alone(bus, lab, folder, link, server):
    with standing_in(bus, lab, folder, "LinkServers=vpn0:allow-plain") as daemon, bus.connect() as client:
        assert dig("x.corp.example").status == "NXDOMAIN"  # and that is cached
        give(client, link, "com", "~corp.example", "~.", "~org")
        assert dig("x.corp.example").answers == [SERVER]
        assert dig("y.corp.example").answers == [SERVER]
        assert dig("www.example").answers == ["192.0.2.1"]
        for name in ("a.com", "a.org", "corp.example.net", "example"):
            assert dig(name).answers != [SERVER], name
        assert server.names() == {"x.corp.example.", "y.corp.example."}
        # What comes in plain text has proven nothing, whatever it says: resolv.conf tells programs to trust AD.
        assert " ad;" not in dig("+adflag", "w.corp.example").text
        assert " ad;" not in dig("+adflag", "+dnssec", "v.corp.example").text
        assert not resolved(client, "x.corp.example")[1] & CONFIDENTIAL
        assert not resolved(client, "z.corp.example")[1] & CONFIDENTIAL
        assert resolved(client, "www.example")[1] & CONFIDENTIAL
        live = {row["upstream"]: row for row in json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["upstreams"]}
        assert live[f"plain://{SERVER}"]["domain"] == "corp.example"
        # Another configuration keeps the link's route; without the link there is none.
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert dig("again.corp.example").answers == [SERVER]
        subprocess.run(["ip", "link", "set", "vpn0", "down"], check=True)
        until(lambda: dig("down.corp.example").answers != [SERVER])
        subprocess.run(["ip", "link", "set", "vpn0", "up"], check=True)
        until(lambda: dig("up.corp.example").answers == [SERVER])
        call(client, MANAGER, "RevertLink", "i", (link,))
        assert dig("x.corp.example").status == "NXDOMAIN"


def test_whoever_asks_afterwards_does_not_wait_for_it(bus, lab, folder, link, server, tmp_path):
    """The link's server says nothing, and by the time that it does nobody may ask it any more."""
    hold = tmp_path / "hold"
    hold.touch()
    with standing_in(bus, lab, folder, "LinkServers=vpn0:allow-plain"), bus.connect() as client:
        give(client, link, "~corp.example")
        with ThreadPoolExecutor() as pool:
            first = pool.submit(dig, "x.corp.example")
            until(lambda: "x.corp.example." in server.names())
            call(client, MANAGER, "RevertLink", "i", (link,))
            second = pool.submit(dig, "x.corp.example")
            until(lambda: second.done() or first.done())
            assert second.done() and second.result().status == "NXDOMAIN"
            hold.unlink()
        assert dig("x.corp.example").status == "NXDOMAIN"


def test_over_tls_if_the_certificate_is_good(bus, lab, folder, link):
    with standing_in(bus, lab, folder, "LinkServers=dot") as daemon, bus.connect() as client:
        before = lab.statistics("others")["connections"]
        give(client, link, "~corp.example", address="1.0.0.1", name="one.one.one.one")
        assert dig("www.corp.example").status == "NXDOMAIN"
        daemon.wait_for("upstream=tls://1.0.0.1#one.one.one.one event=accepted")
        assert lab.statistics("others")["connections"] > before


def test_over_tls_nobody_else(bus, lab, folder, link):
    """Not a byte for who has no SCTs, and the reason in words."""
    port = int(lab.uri("no-sct").split("#")[0].rsplit(":", 1)[1])
    with standing_in(bus, lab, folder, "LinkServers=dot"), bus.connect() as client:
        sent = lab.statistics("no-sct")["bytes_in"]
        give(client, link, "~corp.example", address="1.1.1.1", port=port)
        dug = dig("www.corp.example")
        assert dug.status == "SERVFAIL" and "carries no SCT" in dug.text
        with pytest.raises(Failed) as failed:
            resolved(client, "www.corp.example")
        assert failed.value.name == "DnsError.SERVFAIL" and "carries no SCT" in failed.value.text
        assert dig("www.example").answers == ["192.0.2.1"]
        assert lab.statistics("no-sct")["bytes_in"] == sent


# Captive portals

KEEPALIVE = "tls://1.1.1.1:8853#one.one.one.one"
NOWHERE = "tls://1.1.1.1:9299#one.one.one.one"


def test_portal_of_a_link(bus, lab, folder, link, server):
    with standing_in(bus, lab, folder, upstreams=NOWHERE) as daemon, bus.connect() as client:
        assert "no server of a link is known" in daemon.ctl("portal").stderr
        give(client, link, "example")
        opened = daemon.ctl("portal")
        assert opened.returncode == 0 and f"asked of plain://{SERVER} (vpn0) in plain text" in opened.stdout, opened
        assert "http://login.portal.example/start" in opened.stdout
        assert resolved(client, "login.portal.example")[0] == [SERVER]
        assert not resolved(client, "login.portal.example")[1] & CONFIDENTIAL
        assert " ad;" not in dig("+adflag", "login.portal.example").text
        assert server.names() == {"captive.apple.com.", "login.portal.example."}
        assert "on vpn0" in daemon.ctl("status").stdout


def test_portal_is_left_behind(bus, lab, folder, link, server):
    """The link's servers are others now, or it is down: those of before are not asked any more."""
    with standing_in(bus, lab, folder, upstreams=NOWHERE) as daemon, bus.connect() as client:
        for n, leave in ((1, lambda: give(client, link, "example", address="10.53.0.9")),
                         (2, lambda: subprocess.run(["ip", "link", "set", "vpn0", "down"], check=True))):
            give(client, link, "example")
            assert daemon.ctl("portal").returncode == 0
            assert dig("captive.apple.com").answers == [SERVER]
            leave()
            daemon.wait_for("event=portal-closed why=\"its link has gone, or has other servers\"", times=n)
            assert dig("detectportal.firefox.com").status == "SERVFAIL"
        assert "detectportal.firefox.com." not in server.names()


def test_check_of_networkmanager(bus, lab, folder, link, server):
    """Root's question with the link's index for a name of PortalHosts=; nobody else's, and no other."""
    with standing_in(bus, lab, folder, "PortalCheck=yes", upstreams=NOWHERE), bus.connect() as client:
        give(client, link, "example")
        for name, interface in (("nmcheck.gnome.org", 0), ("www.gnome.org", link), ("x.nmcheck.gnome.org", link)):
            with pytest.raises(Failed):
                resolved(client, name, interface)
        ask_as = ("busctl", "--no-pager", "call", "org.freedesktop.resolve1", "/org/freedesktop/resolve1",
                  "org.freedesktop.resolve1.Manager", "ResolveHostname", "isit", str(link), "nmcheck.gnome.org", "2", "0")
        assert bus.run(*ask_as, user="65534").returncode != 0
        assert server.names() == set()
        assert resolved(client, "nmcheck.gnome.org", link)[0] == [SERVER]
        with pytest.raises(Failed):
            resolved(client, "captive.apple.com", link)
        assert server.names() == {"nmcheck.gnome.org."}


def test_no_check_unless_it_is_wanted(bus, lab, folder, link, server):
    with standing_in(bus, lab, folder, upstreams=NOWHERE), bus.connect() as client:
        give(client, link, "example")
        with pytest.raises(Failed):
            resolved(client, "nmcheck.gnome.org", link)
        assert server.names() == set()


def test_no_check_behind_no_portal(bus, lab, folder, link, server):
    with standing_in(bus, lab, folder, "PortalCheck=yes"), bus.connect() as client:
        give(client, link, "example")
        assert dig("www.example").answers == ["192.0.2.1"]
        with pytest.raises(Failed):
            resolved(client, "nmcheck.gnome.org", link)
        assert server.names() == set()


def test_no_check_while_nobody_has_asked_for_a_while(bus, lab, folder, link, server):
    """The upstream is well, and its connection closed because it was idle."""
    with standing_in(bus, lab, folder, "PortalCheck=yes", upstreams=KEEPALIVE) as daemon, bus.connect() as client:
        give(client, link, "example")
        assert dig("www.example").answers == ["192.0.2.1"]
        until(lambda: json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["upstreams"][0]["state"] == "idle")
        with pytest.raises(Failed):
            resolved(client, "nmcheck.gnome.org", link)
        assert server.names() == set()
        assert "portal-opened" not in daemon.log


def test_suspicion_is_told(bus, lab, folder, link):
    with standing_in(bus, lab, folder, "Portal=ask", upstreams=lab.uri("no-sct")), bus.connect() as client, Monitor(bus) as monitor:
        give(client, link, "example")
        call(client, MANAGER, "ResetServerFeatures")
        assert dig("www.example").status == "SERVFAIL"
        until(lambda: dig("again.example") and "PortalSuspected" in monitor.text())
        assert "carries no SCT" in monitor.text()


def test_the_tool_alone(lab, tmp_path):
    """Without a daemon it says so."""
    done = subprocess.run([CTL, "-c", "/dev/null", "portal"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "the daemon is not running" in done.stderr
    del lab, tmp_path
