# SPDX-License-Identifier: MIT
"""What is answered here: the hosts file, this machine's names, special-use names; and that nobody is asked about them."""
import concurrent.futures
import ctypes
import os
import pathlib
import socket
import subprocess
import time

import dns.flags
import dns.message
import pytest

from daemon import ADDRESS, PORT, SANITIZED, Daemon
from dnsclient import ask, dig, kdig

MAIN = "tls://1.1.1.1:9#one.one.one.one"
CLONE_NEWNS, CLONE_NEWUTS = 0x20000, 0x4000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


class OnAHost(Daemon):
    """The daemon on a machine with a hosts file and a name of its own. Its upstream is nobody: SERVFAIL is what was to be
    asked of others."""

    def __init__(self, lab, folder, hosts="", resolve="", more="", upstreams=MAIN, cache="no", whole=False):
        """whole: all of /etc is its own, else but the file, which then cannot be replaced."""
        super().__init__(lab, folder, upstreams, timeout=2, resolve=resolve, more=more, cache=cache)
        self.hosts = pathlib.Path(folder) / "etc" / "hosts"
        self.hosts.parent.mkdir(exist_ok=True)
        self.whole = whole
        self.hosts.write_text(hosts)

    def limit(self):
        super().limit()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0
        assert libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
        own, there = (self.hosts.parent, b"/etc") if self.whole else (self.hosts, b"/etc/hosts")
        assert libc.mount(str(own).encode(), there, None, MS_BIND, None) == 0
        socket.sethostname("Box.lan.example")


def status(*words):
    return dig(*words).status


def asked_of_others(*words):
    """Its upstream cannot be had."""
    return status(*words) == "SERVFAIL"


def soa(*words):
    return [line.split()[0] for line in dig(*words).text.splitlines() if "\tSOA\t" in line and not line.startswith(";")]


def test_hosts(lab, tmp_path):
    hosts = ("127.0.0.1 localhost\n127.0.1.1 box\n192.0.2.7 Www.Files.example files\n192.0.2.8 files # second\n"
             "2001:db8::7\tfiles\n0.0.0.0 ads.example\n:: ads.example\nnot a line\n192.0.2.9\n")
    with OnAHost(lab, tmp_path, hosts) as daemon:
        daemon.wait_for("event=hosts names=6 why=\"2 lines of /etc/hosts have something that cannot be used; line 8 is")
        assert dig("FILES", "A").answers == ["192.0.2.7", "192.0.2.8"]
        assert dig("files", "AAAA").answers == ["2001:db8::7"]
        assert dig("+tcp", "www.files.EXAMPLE").answers == ["192.0.2.7"]
        assert ask("www.files.EXAMPLE", "A").flags & dns.flags.AA
        other = dig("www.files.example", "AAAA")
        assert other.status == "NOERROR" and not [line for line in other.answers if ":" in line]
        assert soa("www.files.example", "AAAA") == ["www.files.example."]
        assert status("www.files.example", "HTTPS") == "NOERROR"
        assert asked_of_others("www.files.example", "MX")
        assert dig("-x", "192.0.2.7").answers == ["www.files.example.", "files."]
        assert dig("-x", "2001:db8::7").answers == ["files."]
        assert status("ads.example") == "NOERROR" and soa("ads.example") == ["ads.example."]
        assert asked_of_others("example.org")


def test_hosts_is_read_when_it_is_written(lab, tmp_path):
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example\n") as daemon:
        assert dig("one.example").answers == ["192.0.2.1"]
        daemon.hosts.write_text("192.0.2.2 one.example\n")
        daemon.wait_for("event=hosts names=1", times=2)
        assert dig("one.example").answers == ["192.0.2.2"]
        daemon.hosts.write_text("# nothing\n")
        daemon.wait_for("event=hosts names=0")
        assert asked_of_others("one.example")


@pytest.mark.parametrize("how", ["removed", "moved away", "replaced", "emptied"])
def test_hosts_goes(lab, tmp_path, how):
    """However it goes, what it said is forgotten; and when it is there again, that is heard of, too."""
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example\n", whole=True) as daemon:
        assert dig("one.example").answers == ["192.0.2.1"]
        other = daemon.hosts.with_name("other")
        match how:
            case "removed": daemon.hosts.unlink()
            case "moved away": daemon.hosts.rename(other)
            case "replaced":
                other.write_text("")
                other.rename(daemon.hosts)
            case "emptied": subprocess.run(["truncate", "-s0", daemon.hosts], check=True)
        daemon.wait_for("event=hosts names=0", seconds=3)
        assert asked_of_others("one.example")
        daemon.hosts.write_text("192.0.2.2 one.example\n")
        daemon.wait_for("event=hosts names=1", times=2)
        assert dig("one.example").answers == ["192.0.2.2"]


def test_hosts_is_read_at_a_reload(lab, tmp_path):
    """What comes to be where no folder was cannot be seen; a reload looks."""
    with OnAHost(lab, tmp_path, whole=True) as daemon:
        daemon.hosts.unlink()
        daemon.hosts.symlink_to("new/hosts")
        daemon.wait_for("event=hosts names=0", times=2)
        (tmp_path / "etc" / "new").mkdir()
        (tmp_path / "etc" / "new" / "hosts").write_text("192.0.2.3 one.example\n")
        daemon.reload()
        daemon.wait_for("event=hosts names=1")
        assert dig("one.example").answers == ["192.0.2.3"]


def test_the_name_is_set(lab, tmp_path):
    """By sethostname(2) alone, as DHCP clients do."""
    with OnAHost(lab, tmp_path) as daemon:
        assert status("box") == "NOERROR"
        subprocess.run(["nsenter", "-t", str(daemon.process.pid), "-u", "hostname", "crate.lan.example"], check=True)
        end = time.monotonic() + 3
        while status("crate") != "NOERROR":
            assert time.monotonic() < end
        assert status("box") == "NXDOMAIN" and asked_of_others("box.lan.example")
        began = daemon.cpu_seconds()
        time.sleep(0.5)
        assert daemon.cpu_seconds() - began < 0.1, "it is told of it once"


def test_what_is_kept_gives_way(lab, tmp_path):
    """An answer of the upstream that lies in the cache, when the hosts file comes to know the name; and the other way."""
    with OnAHost(lab, tmp_path, upstreams="tls://1.1.1.1:8701#one.one.one.one", cache="yes") as daemon:
        assert dig("www.example").answers == ["192.0.2.1"]
        daemon.hosts.write_text("192.0.2.99 www.example\n")
        daemon.wait_for("event=hosts names=1")
        assert dig("www.example").answers == ["192.0.2.99"]
        daemon.hosts.write_text("")
        daemon.wait_for("event=hosts names=0", times=2)
        assert dig("www.example").answers == ["192.0.2.1"]


def test_hosts_can_be_left_unread(lab, tmp_path):
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example\n") as daemon:
        assert dig("one.example").answers == ["192.0.2.1"]
        daemon.config.write_text(daemon.config.read_text().replace("[Transport]", "ReadEtcHosts=no\n[Transport]"))
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert asked_of_others("one.example")


def test_a_long_list(lab, tmp_path):
    """A million names: in little memory, and read while others are answered."""
    with OnAHost(lab, tmp_path) as daemon:
        before = daemon.memory_kib()
        daemon.hosts.write_text("".join(f"0.0.0.0 ads-{i}.tracker.example\n" for i in range(1000000)))
        slowest = answered = 0
        while "names=1000000" not in daemon.log:
            start = time.monotonic()
            assert ask("localhost", "A").answer
            slowest = max(slowest, time.monotonic() - start)
            answered += 1
        assert status("ads-999999.tracker.example") == "NOERROR"
        assert asked_of_others("ads-1000000.tracker.example")
        assert slowest < 0.2 and answered > 50, (slowest, answered)
        assert SANITIZED or daemon.memory_kib() - before < 90 * 1024


def test_this_host(lab, tmp_path):
    own = subprocess.run(["ip", "-4", "-o", "address", "show", "scope", "global"], capture_output=True, text=True,
                         check=True).stdout
    addresses = sorted(line.split()[3].split("/")[0] for line in own.splitlines() if line.split()[1] != "lo")
    subprocess.run(["ip", "route", "add", "default", "via", "10.53.0.1", "dev", "up0"], check=True)
    try:
        with OnAHost(lab, tmp_path) as daemon:
            for name in ("box.lan.example", "BOX", "box.local"):
                assert sorted(dig(name).answers) == addresses
            assert asked_of_others("box.lan.example", "MX")
            assert dig("-x", addresses[0]).answers == ["box.lan.example.", "box."]
            assert dig("_gateway").answers == ["10.53.0.1"]
            assert dig("-x", "10.53.0.1").answers == ["_gateway."]
            assert dig("_outbound").answers[0] in addresses
            subprocess.run(["ip", "address", "add", "198.51.100.77/32", "dev", "up0"], check=True)
            time.sleep(0.5)
            assert "198.51.100.77" in dig("box").answers
            subprocess.run(["ip", "route", "del", "default"], check=True)
            time.sleep(0.5)
            assert status("_gateway") == "NXDOMAIN"
            assert daemon.process.poll() is None
    finally:
        subprocess.run(["ip", "address", "del", "198.51.100.77/32", "dev", "up0"], check=False)
        subprocess.run(["ip", "route", "del", "default"], check=False, stderr=subprocess.DEVNULL)


def test_all_the_routes_of_the_internet(lab, tmp_path):
    """A router has them, and they change all the time: to look for the gateway among them takes no longer for that."""
    def ip(lines):
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), check=True, text=True)

    ip(["route add default via 10.53.0.1 dev up0", *(f"route add {20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24 via 10.53.0.1 dev up0 proto 77"
                                                      for i in range(50000))])
    try:
        with OnAHost(lab, tmp_path) as daemon:
            assert dig("_gateway").answers == ["10.53.0.1"]
            began = daemon.cpu_seconds()
            for i in range(16):
                ip([f"route {'add' if i % 2 == 0 else 'del'} 192.0.2.0/24 via 10.53.0.1 dev up0 proto 77"])
                time.sleep(0.1)
            assert SANITIZED or daemon.cpu_seconds() - began < 0.15
            assert dig("_gateway").answers == ["10.53.0.1"]
    finally:
        subprocess.run(["ip", "route", "flush", "proto", "77"], check=True)
        subprocess.run(["ip", "route", "del", "default"], check=True)


def test_nothing_stays_as_it_is(lab, tmp_path):
    """Addresses, routes, the host's name and the hosts file change all at once, and a reload comes in between, while it is asked: none is lost."""
    ends, asked = time.monotonic() + 3, 0
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example\n", whole=True) as daemon, concurrent.futures.ThreadPoolExecutor() as pool:
        def ask_on(*names):
            n = 0
            while time.monotonic() < ends:
                for name in names:
                    assert ask(name, "A").rcode() in (0, 3), name
                    n += 1
            return n

        running = [pool.submit(ask_on, "box", "_gateway", "_outbound", "one.example"), pool.submit(ask_on, "7.100.51.198.in-addr.arpa", "localhost", "two.invalid")]
        for i in range(10**6):
            if time.monotonic() > ends:
                break
            verb = "add" if i % 2 == 0 else "del"
            subprocess.run(["ip", "-batch", "-"], text=True, check=True,
                           input=f"address {verb} 198.51.100.7/32 dev up0\nroute {verb} default via 10.53.0.1 dev up0\n")
            subprocess.run(["nsenter", "-t", str(daemon.process.pid), "-u", "hostname", f"box.n{i}.example"], check=True)
            (tmp_path / "other").write_text("192.0.2.1 one.example\n" * (1 + i % 3 * 3000))
            (tmp_path / "other").rename(daemon.hosts)
            if i % 5 == 4:
                daemon.reload()
        if i % 2 == 1:
            subprocess.run(["ip", "-batch", "-"], text=True, check=True, input="address del 198.51.100.7/32 dev up0\nroute del default\n")
        asked = sum(each.result() for each in running)
        daemon.wait_for("event=reloaded")
        assert asked > 50 and daemon.descriptors() < 40


def test_localhost(lab, tmp_path):
    with OnAHost(lab, tmp_path, "192.0.2.66 localhost a.localhost\n"):
        for name in ("localhost", "LocalHost.", "x.y.localhost", "localhost.localdomain", "x.localhost.localdomain"):
            assert dig(name).answers == ["127.0.0.1"] and dig(name, "AAAA").answers == ["::1"]
            assert status(name, "MX") == "NOERROR"
        assert dig("-x", "127.0.0.1").answers == ["localhost."]
        assert dig("-x", "127.9.9.9").answers == ["localhost."]
        assert dig("-x", "::1").answers == ["localhost."]
        assert dig("_localdnsstub").answers == ["127.0.0.53"] and dig("-x", "127.0.0.53").answers == ["_localdnsstub."]
        assert dig("_localdnsproxy").answers == ["127.0.0.54"] and dig("-x", "127.0.0.54").answers == ["_localdnsproxy."]
        assert dig("-x", "127.0.0.2").answers == ["box.lan.example.", "box."]


NOWHERE = {"x.invalid": "invalid.", "a.b.ONION": "onion.", "x.alt": "alt.", "x.test": "test.", "printer.local": "local.",
           "x.internal": "internal.", "nas.home.arpa": "home.arpa.", "use-application-dns.net": "use-application-dns.net.",
           "1.2.3.10.in-addr.arpa": "10.in-addr.arpa.", "1.0.31.172.in-addr.arpa": "31.172.in-addr.arpa.",
           "x.168.192.in-addr.arpa": "168.192.in-addr.arpa.", "1.1.254.169.in-addr.arpa": "254.169.in-addr.arpa.",
           "1.1.127.100.in-addr.arpa": "127.100.in-addr.arpa.", "1.0.0.0.in-addr.arpa": "0.in-addr.arpa."}


def test_special_names(lab, tmp_path):
    with OnAHost(lab, tmp_path):
        for name, zone in NOWHERE.items():
            dug = dig(name, "PTR" if "in-addr" in name else "A")
            assert dug.status == "NXDOMAIN", dug.text
            assert [line.lower() for line in soa(name)] == [zone]
        for name in ("32.172.in-addr.arpa", "128.100.in-addr.arpa", "11.in-addr.arpa", "0.10.1.in-addr.arpa", "www.example"):
            assert asked_of_others(name, "PTR"), name
        assert dig("-x", "fd00::1").status == dig("-x", "fe80::1").status == dig("-x", "2001:db8::5").status == "NXDOMAIN"
        assert asked_of_others("-x", "2001:db9::5") and asked_of_others("-x", "fec0::1")
        assert asked_of_others("home.arpa", "DS") and status("home.arpa", "MX") == "NOERROR"
        assert "nobody.invalid." in dig("10.in-addr.arpa", "SOA").text
        assert dig("10.in-addr.arpa", "NS").answers == ["10.in-addr.arpa."]
        assert dig("ipv4only.arpa").answers == ["192.0.0.170", "192.0.0.171"]
        assert status("ipv4only.arpa", "AAAA") == "NOERROR"
        assert dig("-x", "192.0.0.170").answers == ["ipv4only.arpa."]
        assert status("_dns.resolver.arpa", "SVCB") == "NOERROR" and soa("_dns.resolver.arpa", "SVCB") == ["resolver.arpa."]


def test_routed_ones_are_asked(lab, tmp_path):
    more = ("[Route]\nDomains=~local home.arpa ~1.10.in-addr.arpa ~internal\n"
            "DNS=tls://1.1.1.1:9\n")
    with OnAHost(lab, tmp_path, resolve="Domains=~test corp.example\nCanaryDomain=pass", more=more):
        for name in ("x.local", "x.home.arpa", "x.internal", "x.test", "use-application-dns.net", "local"):
            assert asked_of_others(name), name
        assert asked_of_others("-x", "10.1.2.3")
        assert status("-x", "10.2.2.3") == "NXDOMAIN"


def test_single_labels(lab, tmp_path):
    with OnAHost(lab, tmp_path):
        assert status("printer") == status("com", "AAAA") == "NXDOMAIN" and not soa("printer")
        assert asked_of_others("com", "NS") and asked_of_others("com", "DS") and asked_of_others(".", "NS")
    with OnAHost(lab, tmp_path, resolve="ResolveUnicastSingleLabel=yes"):
        assert asked_of_others("printer")


def test_types_and_classes(lab, tmp_path):
    with OnAHost(lab, tmp_path, resolve="RefuseRecordTypes=TYPE99 mx"):
        assert status("www.example", "MX") == status("www.example", "SPF") == "REFUSED"
        assert asked_of_others("www.example", "TXT")
        for name in ("version.bind", "hostname.bind", "id.server", "version.server", "other.name"):
            assert status(name, "CH", "TXT") == "REFUSED"
        assert status("www.example", "HS", "A") == "REFUSED"
        assert status("www.example", "CLASS254", "A") == status("www.example", "CLASS255", "A") == "NOTIMP"
        assert 'HINFO\t"RFC8482" ""' in dig("+notcp", "www.example", "ANY").text
        assert "RFC8482" in dig("+notcp", "localhost", "ANY").text
        assert status("+notcp", "x.invalid", "ANY") == "NXDOMAIN"


def test_nobody_is_asked(lab, tmp_path):
    """An upstream that answers hears of none of them; and of another one it does."""
    recorded = len(lab.recorded())
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example\n", upstreams="tls://1.1.1.1:8701#one.one.one.one"):
        for name in [*NOWHERE, "one.example", "localhost", "box", "_gateway", "printer"]:
            assert status(name) in ("NOERROR", "NXDOMAIN")
        assert dig("www.example").answers == ["192.0.2.1"]
    names = [dns.message.from_wire(wire).question[0].name.to_text() for wire in lab.recorded()[recorded:]]
    assert names == ["www.example."]


@pytest.mark.parametrize("program", ["kdig", "drill", "getent"])
def test_clients(lab, tmp_path, program):
    with OnAHost(lab, tmp_path, "192.0.2.1 one.example uno\n2001:db8::1 one.example\n"):
        if program == "kdig":
            assert "192.0.2.1" in kdig("+short", "one.example") and "2001:db8::1" in kdig("+short", "one.example", "AAAA")
            assert "NXDOMAIN" in kdig("+dnssec", "x.invalid")
        elif program == "drill":
            text = subprocess.run(["drill", "-p", str(PORT), f"@{ADDRESS}", "-x", "192.0.2.1"], capture_output=True, text=True,
                                  check=True).stdout
            assert "one.example." in text and "uno." in text
    if program == "getent":
        stub_in_a_namespace(lab, tmp_path)


def stub_in_a_namespace(lab, folder):
    """getent(1) asks port 53 of what /etc/resolv.conf names, and no hosts file."""
    daemon = OnAHost(lab, folder, "192.0.2.1 one.example uno\n2001:db8::1 one.example\n",
                     resolve="DNSStubListenerExtra=127.0.0.1:53")
    resolv, nss = pathlib.Path(folder) / "resolv.conf", pathlib.Path(folder) / "nsswitch.conf"
    resolv.write_text("nameserver 127.0.0.1\n")
    nss.write_text("hosts: dns\n")
    with daemon:
        mounts = (f"mount --bind {resolv} /etc/resolv.conf && mount --bind {nss} /etc/nsswitch.conf && "
                  "getent ahosts one.example && getent hosts 192.0.2.1 && getent ahostsv4 x.localhost && ! getent hosts x.invalid")
        text = subprocess.run(["unshare", "-m", "sh", "-c", mounts], capture_output=True, text=True, check=True,
                              env=dict(os.environ, PATH="/usr/sbin:/usr/bin:/sbin:/bin")).stdout
    assert "2001:db8::1" in text and "192.0.2.1" in text and "127.0.0.1       STREAM x.localhost" in text
