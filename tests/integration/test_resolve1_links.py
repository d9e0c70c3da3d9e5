# SPDX-License-Identifier: MIT
"""org.freedesktop.resolve1 on a system bus: what links are set to, and by whom."""
import contextlib
import re
import subprocess
import threading

import pytest

from resolve1 import (DBUS, INVALID, LIMITS, MANAGER, NAME, NOBODY, PATH, Failed, Monitor, StandIn, call, get, known, link_address, make_bus, make_client,
                      make_daemon, make_folder, make_link, needs_resolvectl, needs_standin, until)
# pylint: disable=wrong-import-order
from jeepney import MessageType, new_error, new_method_return

pytestmark = needs_standin
DNS = 1


# What links are set to

@needs_resolvectl
def test_setters(daemon, bus, client, link):
    known(client, link)
    told = lambda verb: re.sub(r"Link \d+ \(vpn0\): ?", "", bus.resolvectl(verb, "vpn0").stdout).strip()
    for verb, words, shown in (
            ("dns", ("10.1.1.1", "[fd00::1]:5353#vpn.example", "9.9.9.9#dns.quad9.net"), "10.1.1.1 [fd00::1]:5353#vpn.example 9.9.9.9#dns.quad9.net"),
            ("domain", ("corp.example", "~lab.example", "~."), "corp.example ~lab.example ~."),
            ("default-route", ("no",), "no"), ("default-route", ("yes",), "yes"),
            ("llmnr", ("yes",), "no"), ("mdns", ("resolve",), "no"),
            ("dnsovertls", ("no",), "yes"), ("dnsovertls", ("opportunistic",), "yes"),
            ("dnssec", ("allow-downgrade",), "no"), ("nta", ("corp.example", "lab.example"), "corp.example lab.example"),
            ("dns", ("",), ""), ("domain", ("",), ""), ("nta", ("",), "")):
        done = bus.resolvectl(verb, "vpn0", *words)
        assert done.returncode == 0, (verb, words, done.stderr)
        assert told(verb) == shown, (verb, words)
    assert daemon.log.count("kept, but not followed") == 1
    bus.resolvectl("dns", "vpn0", "10.1.1.1")
    assert get(client, link_address(link), "ScopesMask") == DNS
    assert "10.1.1.1" not in str(get(client, link_address(link), "CurrentDNSServer"))
    assert bus.resolvectl("revert", "vpn0").returncode == 0
    for verb in ("dns", "domain", "nta"):
        assert told(verb) == ""
    assert told("default-route") == "no"


def test_methods_of_links_are_the_same(daemon, client, link):
    known(client, link)
    of_link, domains = link_address(link), [("one.example", False), ("two.example", True), (".", True)]
    call(client, of_link, "SetDomains", "a(sb)", (domains,))
    call(client, of_link, "SetDNSEx", "a(iayqs)", ([(2, bytes([10, 1, 1, 1]), 5353, "vpn.example.")],))
    assert get(client, of_link, "Domains") == domains
    assert get(client, of_link, "DNSEx") == [(2, bytes([10, 1, 1, 1]), 5353, "vpn.example")]
    assert (link, 2, bytes([10, 1, 1, 1]), 5353, "vpn.example") in get(client, MANAGER, "DNSEx")
    assert (link, "two.example", True) in get(client, MANAGER, "Domains")
    call(client, of_link, "Revert")
    assert get(client, of_link, "Domains") == [] == get(client, of_link, "DNS")


def test_what_cannot_be_set(daemon, client, link):
    known(client, link)
    v4 = bytes([10, 1, 1, 1])
    server = (2, v4)
    for method, signature, argument, name, text in (
            ("DNS", "a(iay)", [(3, v4)], INVALID, "Unknown address family 3"),
            ("DNS", "a(iay)", [(10, v4)], INVALID, "Invalid address size"),
            ("DNS", "a(iay)", [(2, bytes(100_000))], INVALID, "Invalid address size"),
            ("DNS", "a(iay)", [server, (2, bytes(4))], INVALID, "Invalid DNS server address"),
            ("DNS", "a(iay)", [(2, bytes([127, 0, 0, 54]))], INVALID, "Invalid DNS server address"),
            ("DNSEx", "a(iayqs)", [(2, v4, 0, "not a name")], INVALID, "Invalid DNS server name 'not a name'"),
            ("DNS", "a(iay)", [server] * 257, LIMITS, "Too many DNS servers"),
            ("DNS", "a(iay)", [(2, bytes([10, 1, i // 250, i % 250 + 1])) for i in range(257)], LIMITS, "Too many DNS servers"),
            ("Domains", "a(sb)", [("example", False), (".", False)], INVALID, "Root domain is not suitable as search domain"),
            ("Domains", "a(sb)", [("", False)], INVALID, "Root domain is not suitable as search domain"),
            ("Domains", "a(sb)", [("..", True)], INVALID, "Invalid search domain .."),
            ("Domains", "a(sb)", [("a" * 64, True)], INVALID, "Invalid search domain " + "a" * 64),
            ("Domains", "a(sb)", [("x." * 500_000, True)], INVALID, "Invalid search domain "),
            ("Domains", "a(sb)", [("example", True)] * 1025, LIMITS, "Too many search domains"),
            ("Domains", "a(sb)", [(f"d{i}.example", False) for i in range(1025)], LIMITS, "Too many search domains"),
            ("LLMNR", "s", "maybe", INVALID, "Invalid LLMNR setting: maybe"),
            ("DNSOverTLS", "s", "resolve", INVALID, "Invalid DNSOverTLS setting: resolve"),
            ("DNSSEC", "s", "opportunistic", INVALID, "Invalid DNSSEC setting: opportunistic"),
            ("MulticastDNS", "s", "x" * 1_000_000, INVALID, "Invalid MulticastDNS setting: " + "x" * 64),
            ("DNSSECNegativeTrustAnchors", "as", ["example"] * 257, LIMITS, "Too many negative trust anchors")):
        with pytest.raises(Failed) as failed:
            call(client, MANAGER, "SetLink" + method, "i" + signature, (link, argument))
        assert failed.value.name == name and failed.value.text.startswith(text), (method, failed.value)
    assert get(client, link_address(link), "DNS") == [] == get(client, link_address(link), "Domains")
    for words in ((link, [(2, bytes([10, 1, i // 250, i % 250 + 1])) for i in range(256)]),):
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", words)
        assert get(client, link_address(link), "DNS") == words[1]
    domains = [(f"d{i}.example", bool(i % 2)) for i in range(1024)]
    call(client, MANAGER, "SetLinkDomains", "ia(sb)", (link, domains))
    assert get(client, link_address(link), "Domains") == domains


def test_links_that_are_not_to_be_set(daemon, client):
    for method, signature, argument in (("SetLinkDNS", "ia(iay)", ([],)), ("RevertLink", "i", ())):
        with pytest.raises(Failed) as failed:
            call(client, MANAGER, method, signature, (1, *argument))
        assert (failed.value.name, failed.value.text) == ("LinkBusy", "Link lo is loopback device.")
        with pytest.raises(Failed) as failed:
            call(client, MANAGER, method, signature, (9999, *argument))
        assert failed.value.name == "NoSuchLink"


def test_what_is_set_is_logged_once(daemon, client, link):
    known(client, link)
    for _ in range(5):
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", (link, [(2, bytes([10, 1, 1, 1]))]))
    assert len(re.findall(r"event=link-set link=vpn0 what=dns by=:\S+ uid=0\n", daemon.log)) == 1


def test_a_name_for_terminals(daemon, bus, client):
    """Whoever makes a link may give it almost any name: the log is not its to write on."""
    name = "v\x1b[7m\x01"
    subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", "v7p"], check=True)
    try:
        index, = (int(line.split(":")[0]) for line in subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
                  .stdout.split("\n") if f" {name}@" in line)
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", (index, [(2, bytes([10, 1, 1, 1]))]))
        daemon.wait_for("event=link-set link=v?[7m? what=dns")
    finally:
        subprocess.run(["ip", "link", "delete", "v7p"], check=True)
    assert "\x1b" not in daemon.log


# Who may

class Polkit:
    """polkit as far as resolve1 asks it. answer(subject's bus name, action, flags) is its verdict, (authorized, challenge); None:
    no answer. Use as a context."""

    def __init__(self, bus, answer):
        self.bus, self.answer, self.asked = bus, answer, []

    def __enter__(self):
        self.connection = self.bus.connect().__enter__()
        assert call(self.connection, DBUS, "RequestName", "su", ("org.freedesktop.PolicyKit1", 4)) == (1,)
        self.ended = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        while not self.ended:
            with contextlib.suppress(TimeoutError):
                message = self.connection.receive(timeout=0.1)
                if message.header.message_type == MessageType.method_call:
                    self.reply(message)

    def reply(self, message):
        (kind, subject), action, details, flags, _ = message.body
        assert kind == "system-bus-name" and details == {}
        self.asked.append((action, flags))
        verdict = self.answer(subject["name"][1], action, flags)
        if verdict is not None:
            self.connection.send(new_method_return(message, "(bba{ss})", ((*verdict, {}),)))

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()
        self.connection.close()


def as_nobody(bus, link, *more):
    return bus.busctl(*more, "call", NAME, PATH, NAME + ".Manager", "SetLinkDNS", "ia(iay)", str(link), "1", "2", "4", "10", "1", "1", "1", user=NOBODY)


def test_without_polkit_others_may_not(daemon, bus, client, link):
    known(client, link)
    done = as_nobody(bus, link)
    assert done.returncode == 1 and "Access denied" in done.stderr, done.stderr
    assert get(client, link_address(link), "DNS") == []
    # What they want is not even read: it may be long.
    wrong = bus.busctl("call", NAME, PATH, NAME + ".Manager", "SetLinkDomains", "ia(sb)", str(link), "1", "not..a..domain", "1", user=NOBODY)
    assert "Access denied" in wrong.stderr, wrong.stderr
    level = bus.busctl("set-property", NAME, "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1", "LogLevel", "s", "err", user=NOBODY)
    assert level.returncode == 1 and "ccess" in level.stderr, level.stderr
    # They may ask, and flush, as in systemd-resolved.
    assert bus.busctl("call", NAME, PATH, NAME + ".Manager", "FlushCaches", user=NOBODY).returncode == 0


def test_polkit_is_asked(daemon, bus, client, link):
    known(client, link)
    verdicts = {0: (False, True), 1: (True, False)}
    with Polkit(bus, lambda name, action, flags: verdicts[flags]) as polkit:
        done = as_nobody(bus, link, "--allow-interactive-authorization=no")
        assert done.returncode == 1 and "Interactive authentication required" in done.stderr, done.stderr
        assert get(client, link_address(link), "DNS") == []
        assert as_nobody(bus, link, "--allow-interactive-authorization=yes").returncode == 0
        assert get(client, link_address(link), "DNS") == [(2, bytes([10, 1, 1, 1]))]
        verdicts[1] = (False, False)
        assert "Access denied" in as_nobody(bus, link, "--allow-interactive-authorization=yes").stderr
        assert [asked for asked in polkit.asked] == [("org.freedesktop.resolve1.set-dns-servers", flag) for flag in (0, 1, 1)]
        # root is not asked about
        call(client, MANAGER, "RevertLink", "i", (link,))
        assert len(polkit.asked) == 3
    daemon.wait_for("uid=65534")


STRANGER = """
import sys
from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection
manager = DBusAddress("/org/freedesktop/resolve1", "org.freedesktop.resolve1", "org.freedesktop.resolve1.Manager")
with open_dbus_connection(sys.argv[1]) as client:
    for _ in range(int(sys.argv[3])):
        client.send(new_method_call(manager, "RevertLink", "i", (int(sys.argv[2]),)))
    while not (message := client.receive(timeout=60)).header.message_type.name == 'error':
        pass
    print(message.body[0], flush=True)
    sys.stdin.read()
"""


def test_who_waits_for_polkit_is_bounded(daemon, bus, client, link):
    """16 of one client; they go with it."""
    known(client, link)
    with Polkit(bus, lambda *_: None) as polkit:
        for _ in range(6):
            with subprocess.Popen(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-c", STRANGER,
                                   bus.address, str(link), "17"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
                assert "Too many requests" in stranger.stdout.readline()
                stranger.communicate()
        assert len(polkit.asked) <= 6 * 16
        # There is room again.
        assert call(client, MANAGER, "RevertLink", "i", (link,)) == ()


def test_who_waits_for_polkit_does_not_lock_root_out(daemon, bus, client, link):
    """Somebody with many connections, and with a polkit agent of his own that never answers."""
    known(client, link)
    with Polkit(bus, lambda *_: None) as polkit, contextlib.ExitStack() as strangers:
        for _ in range(5):
            stranger = strangers.enter_context(subprocess.Popen(  # pylint: disable=consider-using-with
                ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/python3", "-c", STRANGER,
                 bus.address, str(link), "17"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            assert "Too many requests" in stranger.stdout.readline()
        assert call(client, MANAGER, "RevertLink", "i", (link,)) == ()
        assert 0 < len(polkit.asked) <= 16


def test_polkit_that_fails(daemon, bus, client, link):
    known(client, link)

    class Broken(Polkit):
        def reply(self, message):
            self.connection.send(new_error(message, "org.freedesktop.PolicyKit1.Error.Failed", "s", ("no",)))
    with Broken(bus, None):
        assert "Access denied" in as_nobody(bus, link).stderr


def test_a_portal_that_is_suspected_is_told(lab, bus, folder, link):
    """A link has a server of its own, and no upstream can be trusted."""
    with StandIn(bus, lab, folder, lab.uri("no-sct"), resolve="Portal=ask") as daemon, bus.connect() as client, Monitor(bus) as monitor:
        known(client, link)
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", (link, [(2, bytes([10, 99, 0, 1]))]))
        daemon.reload()  # which dials anew
        text = until(lambda: (text := monitor.text()) if "PortalSuspected" in monitor.text() and "carries no SCT" in monitor.text() else None)
        assert "Interface=org.ctresolved.Portal" in text, daemon.log
