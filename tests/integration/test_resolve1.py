# SPDX-License-Identifier: MIT
"""org.freedesktop.resolve1 on a system bus: what there is, lookups, statistics; and a bus that comes and goes."""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from daemon import PROGRAM
from dnsclient import ask
from resolve1 import (DBUS, INVALID, LIMITS, MANAGER, NAME, PATH, Bus, Failed, Halting, Monitor, StandIn, call, get, index_of, known,
                      make_bus, make_client, make_daemon, make_folder, make_link, needs_resolvectl, needs_standin, reply_of, until)
# pylint: disable=wrong-import-order
from jeepney import DBusAddress, HeaderFields, new_method_call

pytestmark = needs_standin
DNS, AUTHENTICATED, CONFIDENTIAL, FROM_CACHE, FROM_NETWORK = (1 << bit for bit in (0, 9, 18, 20, 23))


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
        expected = [(0, 2, bytes([1, 1, 1, 1]), 0, ""), (0, 10, v6, 0, "one.one.one.one"), (0, 2, bytes([1, 0, 0, 1]), 8853, "")]
        assert get(client, MANAGER, "DNSEx") == expected
        assert get(client, MANAGER, "DNS") == [server[:3] for server in expected]
        assert get(client, MANAGER, "FallbackDNSEx") == [(0, 2, bytes([9, 9, 9, 9]), 0, "dns.quad9.net")]
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


# Caches, statistics, log

def counters(text):
    """The numbers of `resolvectl statistics` by their names."""
    return {name.strip(): int(value) for name, value in re.findall(r"^ *([\w ]+): (\d+)$", text, re.M)}


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
    assert get(client, MANAGER, "CurrentDNSServerEx")[2:] == (bytes([1, 0, 0, 1]), 0, "one.one.one.one")


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
    os.kill(bus.process.pid, signal.SIGSTOP)
    try:
        for i in range(10):
            assert ask(f"h05{i:02d}.example", "A").answer
    finally:
        os.kill(bus.process.pid, signal.SIGCONT)
    assert call(client, MANAGER, "GetLink", "i", (1,))


@pytest.mark.parametrize("words", [
    # Whoever asks for it, it is to be found out who that is.
    ("busctl", "set-property", NAME, "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1", "LogLevel", "s", "err"),
    ("busctl", "call", NAME, PATH, NAME + ".Manager", "ResolveHostname", "isit", "1", "halting.example", "2", "0")], ids=["log", "check"])
def test_a_bus_that_does_not_say_who_asks(lab, bus, folder, words):
    """Nobody else waits for it."""
    with Halting(bus, words[-3].encode() if "halting" in words[-3] else b"LogLevel") as halting, \
            StandIn(halting, lab, folder, lab.uri("good"), resolve="PortalCheck=yes"), \
            subprocess.Popen(words, env=bus.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        assert halting.halted.wait(20)
        try:
            for i in range(10):
                assert ask(f"h06{i:02d}.example", "A").answer
        finally:
            client.kill()


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
