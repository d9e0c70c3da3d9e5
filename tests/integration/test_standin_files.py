# SPDX-License-Identifier: MIT
"""What lies in /run/systemd: read from systemd-networkd, kept over a restart, written for resolv.conf(5)."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from daemon import ROOT, Daemon
from standin import STANDIN

NETWORKD = pathlib.Path("/lib/systemd/systemd-networkd")
HOOK = "# of ifupdown\nLLMNR=yes\nMDNS=no\nSERVERS=2001:db8::1 192.0.2.1\nDOMAINS=hook.example ~corp.example\n"

pytestmark = [pytest.mark.skipif(not STANDIN.exists(), reason="built without what stands in for systemd-resolved"),
              pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")]
needs_networkd = pytest.mark.skipif(STANDIN.exists() and b"event=networkd" not in STANDIN.read_bytes(), reason="built without networkd")


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.01)


class Machine:
    """A network and a /run/systemd of its own; eth7 is link 7."""

    def __init__(self):
        words = "mount --make-rprivate / && mount -t tmpfs none /run/systemd && ip link set lo up && echo ready && exec cat"
        pathlib.Path("/run/systemd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(["unshare", "-n", "-m", "sh", "-c", words], stdin=subprocess.PIPE,  # pylint: disable=consider-using-with
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        self.within = ("nsenter", "-t", str(self.process.pid), "-n", "-m")
        self.root = pathlib.Path(f"/proc/{self.process.pid}/root/run/systemd")
        self.add_link("eth7", 7)

    def run(self, *words):
        subprocess.run([*self.within, *words], check=True)

    def add_link(self, name, index):
        self.run("ip", "link", "add", name, "index", str(index), "type", "veth", "peer", "name", f"{name}p")
        for one in (name, f"{name}p"):
            self.run("ip", "link", "set", one, "up")

    def write(self, name, text):
        """As systemd does: beside it, then in its place."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".#{path.name}")
        new.write_text(text)
        new.rename(path)

    def end(self):
        self.process.communicate()


@pytest.fixture(name="machine")
def make_machine():
    machine = Machine()
    yield machine
    machine.end()


class StandIn(Daemon):
    def __init__(self, machine, folder, resolve="", more=""):
        self.machine = machine
        self.program = (*machine.within, str(STANDIN))
        super().__init__(None, folder, "", log_list=ROOT / "conf/log_list.json", resolve=resolve, more=more)

    def write(self, upstreams, policy="", timeout=0):
        self.config.write_text(f"[Resolve]\nDNS=192.0.2.53\n{self.lines['resolve']}\n[Control]\nSocket={self.socket}\n"
                               f"[CertificateTransparency]\nLogList={self.log_list}\n{self.lines['more']}\n")

    def configure(self, resolve):
        self.lines["resolve"] = resolve
        self.write("")
        self.reload()

    def path(self, name):
        return self.machine.root / "resolve" / name

    def lines_of(self, name="stub-resolv.conf"):
        """Without comments, but for those that are in the place of a line."""
        lines = [line for line in self.path(name).read_text().splitlines() if line]
        return [line for line in lines if not line.startswith("#") or line == "# No DNS servers known."]

    def searches(self, *domains):
        """In the end."""
        until(lambda: self.lines_of()[-1].split() == ["search", *domains], lambda: f"{self.lines_of()}\n{self.log}")


def test_resolv_conf(machine, tmp_path):
    with StandIn(machine, tmp_path, "Domains=home.example ~route.example") as daemon:
        assert daemon.lines_of() == ["nameserver 127.0.0.53", "options edns0 trust-ad", "search home.example"]
        assert daemon.lines_of("resolv.conf") == ["nameserver 127.0.0.53", "search home.example"]
        for name in ("stub-resolv.conf", "resolv.conf"):
            assert "managed by man:systemd-resolved(8)" in daemon.path(name).read_text()
            assert "192.0.2.53" not in daemon.path(name).read_text()
            assert daemon.path(name).stat().st_mode & 0o777 == 0o644
        before = daemon.path("stub-resolv.conf").stat().st_ino
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert daemon.path("stub-resolv.conf").stat().st_ino == before, "it was written though it was the same"
        daemon.configure("Domains=~.")
        daemon.searches(".")
    assert daemon.lines_of()[-1] == "search ."


def test_own_listeners(machine, tmp_path):
    machine.run("ip", "address", "add", "10.9.9.1/24", "dev", "eth7")
    extra = "\n".join(f"DNSStubListenerExtra={address}" for address in ("127.0.0.1", "10.9.9.1", "10.9.9.1:5353"))
    with StandIn(machine, tmp_path, extra, more="[Protection]\nAllowClients=10.9.9.0/24") as daemon:
        assert daemon.lines_of("resolv.conf") == ["nameserver 10.9.9.1", "search ."]
        assert daemon.lines_of()[0] == "nameserver 127.0.0.53"
        daemon.configure(f"DNSStubListener=no\n{extra}")
        until(lambda: daemon.lines_of()[:2] == ["nameserver 127.0.0.1", "nameserver 10.9.9.1"], daemon.lines_of)


@needs_networkd
def test_networkd(machine, tmp_path):
    with StandIn(machine, tmp_path, "Domains=home.example") as daemon:
        daemon.searches("home.example")
        machine.write("netif/links/7", "ADMIN_STATE=configured\nDNS=192.0.2.1\nDOMAINS=lan.example\nROUTE_DOMAINS=corp.example\n")
        daemon.searches("home.example", "lan.example")
        machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=\"lan2.example lan3.example\"\n")
        daemon.searches("home.example", "lan2.example", "lan3.example")
        machine.write("netif/links/7", "ADMIN_STATE=unmanaged\nDOMAINS=lan.example\n")
        daemon.searches("home.example")
        # A link comes later than its file, and goes.
        machine.write("netif/links/9", "ADMIN_STATE=configured\nDOMAINS=nine.example\n")
        machine.add_link("eth9", 9)
        daemon.searches("home.example", "nine.example")
        machine.run("ip", "link", "del", "eth9")
        daemon.searches("home.example")
        machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=lan.example\n")
        daemon.searches("home.example", "lan.example")
        (machine.root / "netif/links/7").unlink()
        daemon.searches("home.example")
    assert not list(daemon.path("netif").iterdir()), "what networkd wants is not ours to keep"


@needs_networkd
def test_networkd_folder_goes(machine, tmp_path):
    machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=one.example\n")
    with StandIn(machine, tmp_path) as daemon:
        daemon.searches("one.example")
        (machine.root / "netif").rename(machine.root / "old")
        (machine.root / "old/links").rename(machine.root / "old/links2")
        daemon.searches(".")
        machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=two.example\n")
        daemon.searches("two.example")


@needs_networkd
def test_what_cannot_be_read(machine, tmp_path):
    """It is told of once; what it said before holds, and others are heard."""
    machine.add_link("eth8", 8)
    seven = machine.root / "netif/links/7"
    machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=one.example a..b\n")
    with StandIn(machine, tmp_path) as daemon:
        daemon.searches("one.example")
        assert "event=networkd link=7 words=1 why=\"/run/systemd/netif/links/7 has some that cannot be used\"" in daemon.log
        seven.unlink()
        seven.mkdir()
        for n in range(3):
            machine.write("netif/links/8", f"ADMIN_STATE=configured\nDOMAINS=d{n}.example\n")
            daemon.searches("one.example", f"d{n}.example")
        assert daemon.log.count("event=networkd link=7 why=") == 1
        seven.rmdir()
        machine.write("netif/links/7", "ADMIN_STATE=configured\n" + 60000 * "DNS=192.0.2.1\n")
        machine.write("netif/links/8", "ADMIN_STATE=configured\n")
        daemon.searches("one.example")
        os.mkfifo(machine.root / "netif/links/pipe")
        (machine.root / "netif/links/pipe").rename(seven)
        machine.write("netif/links/8", "ADMIN_STATE=configured\nDOMAINS=d.example\n")
        daemon.searches("one.example", "d.example")
        machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=two.example\n")
        daemon.searches("two.example", "d.example")


@needs_networkd
@pytest.mark.skipif(not NETWORKD.exists(), reason="there is no systemd-networkd")
def test_the_real_networkd(machine, tmp_path):
    """Its files are read as they are today."""
    network = tmp_path / "10-eth7.network"
    network.write_text("[Match]\nName=eth7\n[Network]\nDNS=192.0.2.1\nDomains=Lan.example ~corp.example ~.\nAddress=192.0.2.9/24\n"
                       "LinkLocalAddressing=no\nIPv6AcceptRA=no\nDNSOverTLS=opportunistic\n")
    (machine.root / "network").mkdir()
    (machine.root / "network/10-eth7.network").write_text(network.read_text())
    machine.run("mount", "-t", "sysfs", "-o", "ro", "none", "/sys")  # nobody waits for udev then
    with StandIn(machine, tmp_path) as daemon, open(tmp_path / "networkd.log", "w", encoding="ascii") as log:
        networkd = subprocess.Popen([*machine.within, NETWORKD], stdout=log, stderr=log)
        try:
            daemon.searches("lan.example")
            assert "words=" not in daemon.log
        finally:
            networkd.terminate()
            networkd.wait(20)


def test_netif(machine, tmp_path):
    """Written by a hook before the start; and whatever ends the daemon, it comes back."""
    machine.write("resolve/netif/7", HOOK)
    machine.write("resolve/netif/77", HOOK)
    machine.write("resolve/netif/1", HOOK)
    daemon = StandIn(machine, tmp_path)
    with daemon:
        daemon.searches("hook.example")
        assert not daemon.path("netif/77").exists(), "there is no such link"
        assert daemon.path("netif/7").read_text() == HOOK
    daemon.start()
    daemon.searches("hook.example")
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    with daemon:
        daemon.searches("hook.example")
        machine.run("ip", "link", "del", "eth7")
        daemon.searches(".")
        until(lambda: not daemon.path("netif/7").exists(), "the file of a link that is gone stays")
        machine.write("resolve/netif/7", HOOK.replace("hook", "later"))
        machine.add_link("eth7", 7)
        daemon.searches("later.example")


@needs_networkd
def test_networkd_takes_over(machine, tmp_path):
    """What others had set waits, also over a restart."""
    machine.write("resolve/netif/7", HOOK)
    machine.write("netif/links/7", "ADMIN_STATE=configured\nDOMAINS=networkd.example\n")
    with StandIn(machine, tmp_path) as daemon:
        daemon.searches("networkd.example")
    with daemon:
        daemon.searches("networkd.example")
        machine.write("netif/links/7", "ADMIN_STATE=unmanaged\n")
        daemon.searches("hook.example")


def test_nothing_can_be_written(machine, tmp_path):
    """It serves all the same, and says so once."""
    (machine.root / "resolve").mkdir()
    machine.run("mount", "-t", "tmpfs", "-o", "ro", "none", "/run/systemd/resolve")
    with StandIn(machine, tmp_path) as daemon:
        for times in (1, 2):
            daemon.reload()
            daemon.wait_for("event=reloaded", times=times)
        assert daemon.log.count("event=resolv-conf why=\"/run/systemd/resolve: Read-only file system\"") == 1
