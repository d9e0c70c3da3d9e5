# SPDX-License-Identifier: MIT
"""org.freedesktop.resolve1 on a system bus: what resolvectl, NetworkManager and VPN clients ask there, and who means no good."""
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

pytest.importorskip("jeepney")

# pylint: disable=wrong-import-position
from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_call, new_method_return

from daemon import PROGRAM
from resolve1 import (DBUS, MANAGER, NAME, PATH, RESOLVECTL, Bus, Failed, Monitor, StandIn, call, counters, get, link_address,
                      missing, reply_of, until)

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
NOBODY = 65534
INVALID = "org.freedesktop.DBus.Error.InvalidArgs"
LIMITS = "org.freedesktop.DBus.Error.LimitsExceeded"
DENIED = "org.freedesktop.DBus.Error.AccessDenied"
CHALLENGE = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
DNS, AUTHENTICATED, CONFIDENTIAL, FROM_CACHE, FROM_NETWORK = (1 << bit for bit in (0, 9, 18, 20, 23))


@pytest.fixture(name="folder")
def make_folder(tmp_path_factory):
    """One that clients of other users reach."""
    folder = tmp_path_factory.mktemp("bus")
    for part in (folder, folder.parent, folder.parent.parent):
        part.chmod(0o755)
    return folder


@pytest.fixture(name="bus")
def make_bus(lab, folder):
    with Bus(folder) as bus:
        yield bus


@pytest.fixture(name="daemon")
def make_daemon(lab, bus, folder):
    with StandIn(bus, lab, folder, lab.uri("good"), cache="yes") as daemon:
        yield daemon


@pytest.fixture(name="client")
def make_client(daemon, bus):
    with bus.connect() as client:
        yield client


@pytest.fixture(name="link")
def make_link(lab):
    """The index of a link named vpn0, which is up and has an address."""
    subprocess.run("ip link add vpn0 type veth peer name vpn0p && ip address add 10.99.0.2/24 dev vpn0 && "
                   "ip link set vpn0 up && ip link set vpn0p up", shell=True, check=True)
    try:
        yield index_of("vpn0")
    finally:
        subprocess.run(["ip", "link", "delete", "vpn0"], check=True)


def index_of(name):
    return json.loads(subprocess.run(["ip", "-j", "link", "show", name], capture_output=True, check=True).stdout)[0]["ifindex"]


def known(client, link):
    """The daemon has heard of the link."""
    def is_known():
        with contextlib.suppress(Failed):
            return call(client, MANAGER, "GetLink", "i", (link,))[0]
    return until(is_known)


needs_resolvectl = pytest.mark.skipif(not RESOLVECTL.exists(), reason="packaging/dependencies has not unpacked resolvectl")


# What there is

METHODS = {
    "ResolveHostname": ("isit", "a(iiay)st"), "ResolveAddress": ("iiayt", "a(is)t"), "ResolveRecord": ("isqqt", "a(iqqay)t"),
    "ResolveService": ("isssit", "a(qqqsa(iiay)s)aayssst"), "GetLink": ("i", "o"), "SetLinkDNS": ("ia(iay)", ""),
    "SetLinkDNSEx": ("ia(iayqs)", ""), "SetLinkDomains": ("ia(sb)", ""), "SetLinkDefaultRoute": ("ib", ""), "SetLinkLLMNR": ("is", ""),
    "SetLinkMulticastDNS": ("is", ""), "SetLinkDNSOverTLS": ("is", ""), "SetLinkDNSSEC": ("is", ""),
    "SetLinkDNSSECNegativeTrustAnchors": ("ias", ""), "RevertLink": ("i", ""), "RegisterService": ("sssqqqaa{say}", "o"),
    "UnregisterService": ("o", ""), "ResetStatistics": ("", ""), "FlushCaches": ("", ""), "ResetServerFeatures": ("", ""),
    "GetDelegate": ("s", "o"), "ListDelegates": ("", "a(so)")}
PROPERTIES = {
    "LLMNRHostname": "s", "LLMNR": "s", "MulticastDNS": "s", "DNSOverTLS": "s", "DNS": "a(iiay)", "DNSEx": "a(iiayqs)",
    "FallbackDNS": "a(iiay)", "FallbackDNSEx": "a(iiayqs)", "CurrentDNSServer": "(iiay)", "CurrentDNSServerEx": "(iiayqs)",
    "Domains": "a(isb)", "TransactionStatistics": "(tt)", "CacheStatistics": "(ttt)", "DNSSEC": "s", "DNSSECStatistics": "(tttt)",
    "DNSSECSupported": "b", "DNSSECNegativeTrustAnchors": "as", "DNSStubListener": "s", "ResolvConfMode": "s"}
LINK_METHODS = {
    "SetDNS": "a(iay)", "SetDNSEx": "a(iayqs)", "SetDomains": "a(sb)", "SetDefaultRoute": "b", "SetLLMNR": "s", "SetMulticastDNS": "s",
    "SetDNSOverTLS": "s", "SetDNSSEC": "s", "SetDNSSECNegativeTrustAnchors": "as", "Revert": ""}
LINK_PROPERTIES = {
    "ScopesMask": "t", "DNS": "a(iay)", "DNSEx": "a(iayqs)", "CurrentDNSServer": "(iay)", "CurrentDNSServerEx": "(iayqs)",
    "Domains": "a(sb)", "DefaultRoute": "b", "LLMNR": "s", "MulticastDNS": "s", "DNSOverTLS": "s", "DNSSEC": "s",
    "DNSSECNegativeTrustAnchors": "as", "DNSSECSupported": "b"}


def introspected(bus, path, interface):
    """Methods and properties, as busctl(1) lists them."""
    found = {"method": {}, "property": {}, "signal": {}}
    done = bus.busctl("introspect", NAME, path, interface)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines()[1:]:
        name, kind, signature, result = line.split()[:4]
        found[kind][name[1:]] = (signature.strip("-"), result.strip("-")) if kind == "method" else signature
    return found


def test_introspection(daemon, bus, client, link):
    manager = introspected(bus, PATH, NAME + ".Manager")
    assert manager["method"] == METHODS and manager["property"] == PROPERTIES
    of_link = introspected(bus, known(client, link), NAME + ".Link")
    assert {name: types[0] for name, types in of_link["method"].items()} == LINK_METHODS and of_link["property"] == LINK_PROPERTIES
    tree = bus.busctl("tree", "--list", NAME).stdout.split()
    paths = [path for path in tree if path.startswith(PATH + "/link/")]
    assert len(paths) == len(os.listdir("/proc/sys/net/ipv4/conf")) - 2, "all and default are none"
    assert "/org/freedesktop/LogControl1" in tree
    assert bus.call(DBusAddress(PATH, NAME, "org.freedesktop.DBus.Peer"), "Ping") == ()


def test_all_properties_of_an_interface_without_a_name(daemon, client, link):
    """As resolvectl asks for them."""
    for path, names in ((PATH, PROPERTIES), (known(client, link), LINK_PROPERTIES)):
        found, = call(client, DBusAddress(path, NAME, "org.freedesktop.DBus.Properties"), "GetAll", "s", ("",))
        assert names == {name: value[0] for name, value in found.items()}


def test_objects_that_are_not_there(daemon, client):
    for name in ("_39999", "0", "_30", "_2d1", "_301", "x", "_31_30", "_3" + "1" * 300):
        with pytest.raises(Failed) as failed:
            get(client, DBusAddress(f"{PATH}/link/{name}", NAME, NAME + ".Link"), "DNS")
        assert failed.value.name.startswith("org.freedesktop.DBus.Error.Unknown"), name
    with pytest.raises(Failed) as failed:
        call(client, MANAGER, "GetLink", "i", (9999,))
    assert (failed.value.name, failed.value.text) == ("NoSuchLink", "Link 9999 not known")
    for method, signature, body, name in (
            ("GetDelegate", "s", ("x",), "NoSuchDelegate"), ("UnregisterService", "o", ("/x",), "NoSuchDnssdService"),
            ("RegisterService", "sssqqqaa{say}", ("a", "b", "_c._tcp", 1, 0, 0, []), "org.freedesktop.DBus.Error.NotSupported")):
        with pytest.raises(Failed) as failed:
            call(client, MANAGER, method, signature, body)
        assert failed.value.name == name
    assert call(client, MANAGER, "ListDelegates") == ([],)


# What is configured, and how it fares

@needs_resolvectl
def test_status(daemon, bus, client, link):
    known(client, link)
    daemon.wait_for("event=accepted")
    until(lambda: get(client, MANAGER, "CurrentDNSServer")[1] == 2)
    text = bus.resolvectl("status").stdout
    assert "Protocols: -LLMNR -mDNS +DNSOverTLS DNSSEC=no/unsupported" in text
    assert re.search(r"Current DNS Server: 1\.1\.1\.1:\d+#one\.one\.one\.one\n", text)
    assert re.search(r"DNS Servers:? 1\.1\.1\.1:\d+#one\.one\.one\.one\n", text)
    assert re.search(r"Link \d+ \(vpn0\)\n *Current Scopes: none\n +Protocols: -DefaultRoute", text), text


def test_what_is_configured(lab, bus, folder):
    more = ("FallbackDNS=9.9.9.9#dns.quad9.net\nDomains=corp.example ~.\nDNSSEC=yes\nNegativeTrustAnchors=home.arpa")
    servers = "1.1.1.1 https://[2606:4700:4700::1111]/dns-query#one.one.one.one tls://1.0.0.1:8853"
    with StandIn(bus, lab, folder, servers, resolve=more), bus.connect() as client:
        v6 = bytes.fromhex("26064700470000000000000000001111")
        expected = [(0, 2, bytes([1, 1, 1, 1]), 853, ""), (0, 10, v6, 443, "one.one.one.one"), (0, 2, bytes([1, 0, 0, 1]), 8853, "")]
        assert get(client, MANAGER, "DNSEx") == expected
        assert get(client, MANAGER, "DNS") == [server[:3] for server in expected]
        assert get(client, MANAGER, "FallbackDNSEx") == [(0, 2, bytes([9, 9, 9, 9]), 853, "dns.quad9.net")]
        assert get(client, MANAGER, "Domains") == [(0, "corp.example", False), (0, ".", True)]
        assert (get(client, MANAGER, "DNSSEC"), get(client, MANAGER, "DNSSECSupported")) == ("yes", True)
        assert get(client, MANAGER, "DNSSECNegativeTrustAnchors") == ["home.arpa"]
        assert get(client, MANAGER, "DNSStubListener") == "no"
        assert get(client, MANAGER, "ResolvConfMode") == "foreign"
        assert get(client, MANAGER, "LLMNRHostname") == os.uname().nodename.split(".")[0]


def test_no_current_server_is_no_error(lab, bus, folder):
    with StandIn(bus, lab, folder, lab.uri("no-sct")), bus.connect() as client:
        assert get(client, MANAGER, "CurrentDNSServer") == (0, 0, b"")
        assert get(client, MANAGER, "CurrentDNSServerEx") == (0, 0, b"", 0, "")


# Lookups

@needs_resolvectl
def test_query(daemon, bus):
    query = lambda *words: bus.resolvectl("query", *words)
    assert re.match(r"www\.example: (192\.0\.2\.1|2001:db8::1)\n", query("www.example").stdout)
    assert "192.0.2.1" not in query("-6", "www.example").stdout and "2001:db8::1" in query("-6", "www.example").stdout
    assert "encrypted transport: yes" in query("www.example").stdout and "authenticated: no" in query("www.example").stdout
    assert query("1.1.1.1").stdout.startswith("1.1.1.1: one.one.one.one\n")
    assert query("--type=TXT", "medium.example").stdout.count("aaaa") > 10
    assert "\\# 3 010203" in query("--type=TYPE65400", "odd.example").stdout
    missed = query("nothing.example")
    assert (missed.returncode, missed.stderr) == (1, "nothing.example: Name 'nothing.example' not found\n")
    empty = query("--type=MX", "www.example")
    assert empty.returncode == 1 and "does not have any RR of the requested type" in empty.stderr
    service = bus.resolvectl("service", "_http._tcp", "example").stdout
    assert "www.example:80 [priority=10, weight=20]" in service and "192.0.2.1" in service
    printer = bus.resolvectl("service", "Printer", "_ipp._tcp", "example").stdout
    assert "www.example:631" in printer and "paper=A4" in printer and "colour=yes" in printer
    assert "Data from: network" in query("h0100.example").stdout and "Data from: cache" in query("h0100.example").stdout


def test_flags_of_answers(daemon, client):
    resolve = lambda *body: call(client, MANAGER, "ResolveHostname", "isit", body)
    addresses, canonical, flags = resolve(0, "h0200.example", 2, 0)
    assert [address[1] for address in addresses] == [2] and canonical == "h0200.example"
    assert flags == DNS | CONFIDENTIAL | FROM_NETWORK
    assert resolve(0, "h0200.example", 2, 0)[2] == DNS | CONFIDENTIAL | FROM_CACHE
    assert resolve(0, "localhost", 2, 0)[2] & AUTHENTICATED


def test_bad_questions(daemon, client):
    for method, signature, body, name in (
            ("ResolveHostname", "isit", (0, "www.example", 3, 0), INVALID),
            ("ResolveHostname", "isit", (0, "www.example", 2, 1 << 9), INVALID),
            ("ResolveHostname", "isit", (0, "a" * 64 + ".example", 2, 0), INVALID),
            ("ResolveHostname", "isit", (0, "a" * 1_000_000, 2, 0), INVALID),
            ("ResolveHostname", "isit", (9999, "www.example", 2, 0), "NoSuchLink"),
            ("ResolveAddress", "iiayt", (0, 2, bytes(3), 0), INVALID),
            ("ResolveAddress", "iiayt", (0, 10, bytes(4), 0), INVALID),
            ("ResolveAddress", "iiayt", (0, 2, bytes(1_000_000), 0), INVALID),
            ("ResolveAddress", "iiayt", (0, 99, bytes(4), 0), INVALID),
            ("ResolveRecord", "isqqt", (0, "www.example", 1, 41, 0), "ResourceRecordTypeUnsupported"),
            ("ResolveHostname", "isi", (0, "www.example", 2), INVALID)):
        with pytest.raises(Failed) as failed:
            call(client, MANAGER, method, signature, body)
        assert failed.value.name == name, (method, str(body)[:60], failed.value)


@needs_resolvectl
def test_why_an_upstream_is_refused(lab, bus, folder):
    with StandIn(bus, lab, folder, lab.uri("no-sct")):
        done = bus.resolvectl("query", "www.example")
        assert done.returncode == 1 and "server or network returned error SERVFAIL" in done.stderr and "carries no SCT" in done.stderr
        with pytest.raises(Failed) as failed:
            bus.call(MANAGER, "ResolveHostname", "isit", (0, "www.example", 2, 0))
        assert failed.value.name == "DnsError.SERVFAIL" and "carries no SCT" in failed.value.text


@contextlib.contextmanager
def silence(lab):
    """Upstreams take queries, and answer none."""
    lab.hold("unbound")
    try:
        yield
    finally:
        lab.go_on("unbound")


def send(client, name):
    client.send(new_method_call(MANAGER, "ResolveHostname", "isit", (0, name, 2, 0)))


def test_a_client_that_leaves_takes_its_lookups_along(lab, bus, folder):
    with StandIn(bus, lab, folder, lab.uri("good"), timeout=60) as daemon, silence(lab), bus.connect() as watcher:
        current = lambda: get(watcher, MANAGER, "TransactionStatistics")[0]
        with bus.connect() as client:
            for i in range(20):
                send(client, f"h{i:04d}.example")
            until(lambda: current() == 20)
        until(lambda: current() == 0)
        assert daemon.process.poll() is None


def test_lookups_are_bounded(lab, bus, folder):
    """64 of one client, 256 of all."""
    with StandIn(bus, lab, folder, lab.uri("good"), timeout=60), silence(lab), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(bus.connect()) for _ in range(5)]
        for client in clients[:4]:
            for i in range(65):
                send(client, f"h{i:04d}.example")
            reply = reply_of(client)
            assert reply.header.fields[HeaderFields.error_name] == LIMITS
        send(clients[4], "h0000.example")
        assert reply_of(clients[4]).header.fields[HeaderFields.error_name] == LIMITS
        clients[0].close()
        until(lambda: get(clients[4], MANAGER, "TransactionStatistics")[0] > 0)

        def has_room():
            send(clients[4], "h0001.example")
            with contextlib.suppress(TimeoutError):
                reply_of(clients[4], 0.3)
                return False
            return True
        until(has_room)


def test_many_at_once(daemon, bus):
    """None is lost, though the daemon deals with a few in a turn. (The bus itself refuses a client who waits for too many.)"""
    with bus.connect() as client:
        for _ in range(10):
            for _ in range(100):
                client.send(new_method_call(MANAGER, "GetLink", "i", (1,)))
            for _ in range(100):
                assert reply_of(client).body == (f"{PATH}/link/_31",)


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
    call(client, of_link, "SetDNSEx", "a(iayqs)", ([(2, bytes([10, 1, 1, 1]), 853, "vpn.example")],))
    assert get(client, of_link, "Domains") == domains
    assert get(client, of_link, "DNSEx") == [(2, bytes([10, 1, 1, 1]), 0, "vpn.example")]
    assert (link, 2, bytes([10, 1, 1, 1]), 0, "vpn.example") in get(client, MANAGER, "DNSEx")
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
            ("DNS", "a(iay)", [(2, bytes([127, 0, 0, 53]))], INVALID, "Invalid DNS server address"),
            ("DNSEx", "a(iayqs)", [(2, v4, 0, "not a name")], INVALID, "Invalid DNS server name 'not a name'"),
            ("DNS", "a(iay)", [server] * 257, LIMITS, "Too many DNS servers"),
            ("Domains", "a(sb)", [("example", False), (".", False)], INVALID, "Root domain is not suitable as search domain"),
            ("Domains", "a(sb)", [("", False)], INVALID, "Root domain is not suitable as search domain"),
            ("Domains", "a(sb)", [("..", True)], INVALID, "Invalid search domain .."),
            ("Domains", "a(sb)", [("a" * 64, True)], INVALID, "Invalid search domain " + "a" * 64),
            ("Domains", "a(sb)", [("x." * 500_000, True)], INVALID, "Invalid search domain "),
            ("Domains", "a(sb)", [("example", True)] * 1025, LIMITS, "Too many search domains"),
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
    while not (message := client.receive(timeout=20)).header.message_type.name == 'error':
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
    assert call(client, MANAGER, "RevertLink", "i", (link,)) == ()


def test_polkit_that_fails(daemon, bus, client, link):
    known(client, link)

    class Broken(Polkit):
        def reply(self, message):
            self.connection.send(new_error(message, "org.freedesktop.PolicyKit1.Error.Failed", "s", ("no",)))
    with Broken(bus, None):
        assert "Access denied" in as_nobody(bus, link).stderr


# Caches, statistics, log

@needs_resolvectl
def test_caches_and_statistics(daemon, bus, client):
    statistics = lambda: counters(bus.resolvectl("statistics").stdout)
    for _ in range(3):
        call(client, MANAGER, "ResolveHostname", "isit", (0, "h0300.example", 2, 0))
    found = statistics()
    assert (found["Cache Hits"], found["Cache Misses"], found["Current Cache Size"]) == (2, 1, 1)
    assert found["Total Transactions"] == 3 and found["Current Transactions"] == 0
    assert bus.resolvectl("flush-caches").returncode == 0
    assert statistics()["Current Cache Size"] == 0
    assert bus.resolvectl("reset-statistics").returncode == 0
    found = statistics()
    assert (found["Cache Hits"], found["Cache Misses"], found["Total Transactions"]) == (0, 0, 0)
    # Those who count for themselves are not set back.
    assert json.loads(daemon.ctl("statistics", "--json").stdout)["cache_hits"] == 2
    call(client, MANAGER, "ResolveHostname", "isit", (0, "h0300.example", 2, 0))
    assert (statistics()["Cache Misses"], statistics()["Total Transactions"]) == (1, 1)
    assert bus.resolvectl("reset-server-features").returncode == 0


@needs_resolvectl
def test_log_level(daemon, bus, client, link):
    known(client, link)
    assert bus.resolvectl("log-level").stdout == "info\n"
    assert bus.resolvectl("log-level", "warning").returncode == 0
    assert bus.resolvectl("log-level").stdout == "warning\n"
    call(client, MANAGER, "SetLinkDNS", "ia(iay)", (link, [(2, bytes([10, 1, 1, 1]))]))
    assert bus.resolvectl("log-level", "info").returncode == 0
    call(client, MANAGER, "RevertLink", "i", (link,))
    daemon.wait_for("what=revert")
    assert "what=dns" not in daemon.log
    assert bus.resolvectl("log-level", "loud").returncode == 1
    log = DBusAddress("/org/freedesktop/LogControl1", NAME, "org.freedesktop.LogControl1")
    assert (get(client, log, "LogTarget"), get(client, log, "SyslogIdentifier")) == ("console", "ctresolved-resolved")


# Signals, and the bus itself

def test_changes_are_told(daemon, bus, client, link):
    known(client, link)
    daemon.wait_for("event=accepted")
    with Monitor(bus) as monitor:
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", (link, [(2, bytes([10, 77, 1, 1]))]))
        until(lambda: re.search(r'Member=PropertiesChanged.*?STRING "DNS".*?ARRAY "\(iiay\)".*?BYTE 10;\s+BYTE 77', monitor.text(), re.S))
    daemon.write("tls://1.0.0.1#one.one.one.one")
    with Monitor(bus) as monitor:
        daemon.reload()
        until(lambda: re.search(r'STRING "CurrentDNSServerEx".*?BYTE 1;\s+BYTE 0;\s+BYTE 0;\s+BYTE 1', monitor.text(), re.S))
    assert get(client, MANAGER, "CurrentDNSServerEx")[2:] == (bytes([1, 0, 0, 1]), 853, "one.one.one.one")


def test_a_bus_that_is_started_again(daemon, bus, lab):
    assert bus.call(DBUS, "NameHasOwner", "s", (NAME,)) == (True,)
    with silence(lab), bus.connect() as client:
        send(client, "h0400.example")
        until(lambda: get(client, MANAGER, "TransactionStatistics")[0] == 1)
        bus.stop()
        daemon.wait_for("event=bus why=")
        time.sleep(2.5)
    assert daemon.log.count("event=bus why=") == 1
    bus.start()
    until(lambda: bus.call(DBUS, "NameHasOwner", "s", (NAME,)) == (True,))
    assert bus.call(MANAGER, "ResolveHostname", "isit", (0, "h0401.example", 2, 0))[0]


def test_a_bus_that_comes_later(lab, folder):
    bus = Bus(folder)
    with StandIn(bus, lab, folder, lab.uri("good")) as daemon:
        assert "event=bus why=" in daemon.log
        with bus:
            daemon.wait_for("event=bus name=" + NAME)


def test_a_name_that_is_not_to_be_had(lab, folder):
    bus = Bus(folder)
    bus.let_own("")
    with bus, StandIn(bus, lab, folder, lab.uri("good"), resolve="DNSStubListenerExtra=127.0.0.1:5301") as daemon:
        assert "not allowed to own the service" in daemon.log
        assert daemon.process.poll() is None


def test_a_name_that_another_has(lab, bus, folder):
    with bus.connect() as other:
        assert call(other, DBUS, "RequestName", "su", (NAME, 4)) == (1,)
        with StandIn(bus, lab, folder, lab.uri("good")) as daemon:
            assert "belongs to another program" in daemon.log


def test_a_bus_that_stands_still(daemon, bus, client):
    """Nobody else waits for it."""
    from dnsclient import ask  # pylint: disable=import-outside-toplevel
    os.kill(bus.process.pid, signal.SIGSTOP)
    try:
        for i in range(10):
            assert ask(f"h05{i:02d}.example", "A").answer
    finally:
        os.kill(bus.process.pid, signal.SIGCONT)
    assert call(client, MANAGER, "GetLink", "i", (1,))


def test_links_come_and_go(daemon, bus, client):
    subprocess.run(["ip", "link", "add", "tun9", "type", "veth", "peer", "name", "tun9p"], check=True)
    try:
        index = index_of("tun9")
        path = known(client, index)
        call(client, MANAGER, "SetLinkDNS", "ia(iay)", (index, [(2, bytes([10, 1, 1, 1]))]))
    finally:
        subprocess.run(["ip", "link", "delete", "tun9"], check=True)

    def is_gone():
        try:
            get(client, DBusAddress(path, NAME, NAME + ".Link"), "DNS")
        except Failed:
            return True
        return False
    until(is_gone)
    assert not [server for server in get(client, MANAGER, "DNS") if server[0] == index]


def test_the_plain_daemon_has_none_of_it():
    libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert "libsystemd" not in libraries
