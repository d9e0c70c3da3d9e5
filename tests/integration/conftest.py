# SPDX-License-Identifier: MIT
"""The lab, once a run. The tests themselves move into the client's namespace, so their sockets are there."""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"
sys.path.insert(0, str(LAB))
os.environ.setdefault("CTRESOLVED_LAB_ID", f"t{os.getpid()}")
os.environ["CTRESOLVED_LAB"] = f"/run/ctresolved-{os.environ['CTRESOLVED_LAB_ID']}"

if os.geteuid() == 0 and shutil.which("ip"):
    import servers

CLONE_NEWNET = 0x40000000


class Lab:
    """The lab as tests see it: its servers can be stopped, held and started again."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.id = os.environ["CTRESOLVED_LAB_ID"]
        self.upstream = f"ctr-{self.id}-u"

    def row(self, name):
        """What lab.json says of a personality."""
        rows = json.loads((self.folder / "lab.json").read_text())["personalities"]
        return next(row for row in rows if row["name"] == name)

    def uri(self, name):
        return self.row(name)["uri"]

    def statistics(self, frontend):
        """Its counters, once all its connections have ended: haproxy counts their bytes then."""
        end = time.monotonic() + 5
        while (counters := servers.statistics(self.folder)[frontend])["open"] > 0:
            assert time.monotonic() < end, f"a connection to {frontend} does not end"
            time.sleep(0.01)
        return counters

    def pid(self, server):
        return int((self.folder / f"{server}.pid").read_text())

    def hold(self, server):
        os.kill(self.pid(server), signal.SIGSTOP)

    def go_on(self, server):
        os.kill(self.pid(server), signal.SIGCONT)

    def kill(self, server):
        pid = self.pid(server)
        os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            while pathlib.Path(f"/proc/{pid}/stat").exists():
                time.sleep(0.01)

    def start_haproxy(self):
        servers.start("haproxy", servers.haproxy_command(self.folder), self.folder, self.upstream)
        servers.wait_for_haproxy(self.folder)

    def upstream_runs(self, *command, **keywords):
        return subprocess.run(["ip", "netns", "exec", self.upstream, *command], check=True, **keywords)

    def resumed(self):
        """Of each connection to the frontend "impatient" that has ended: was its TLS session a resumed one?"""
        log = (self.folder / "haproxy.log").read_text()
        return [line[-1] == "1" for line in log.splitlines() if line.startswith("resumed=")]

    @contextlib.contextmanager
    def rule(self, rule):
        """A rule of nft's in front of the upstream, for a while. Port and address come before what is done."""
        self.upstream_runs("nft", "add table inet fault; add chain inet fault input "
                           f"{{ type filter hook input priority 0; }}; add rule inet fault input {rule}")
        try:
            yield
        finally:
            self.upstream_runs("nft", "delete table inet fault")

    @contextlib.contextmanager
    def link_down(self):
        """The cable is pulled at the upstream's end; addresses stay."""
        self.upstream_runs("sysctl", "-qw", "net.ipv6.conf.down0.keep_addr_on_down=1")
        self.upstream_runs("ip", "link", "set", "down0", "down")
        try:
            yield
        finally:
            self.upstream_runs("ip", "link", "set", "down0", "up")

    @contextlib.contextmanager
    def far(self, milliseconds, loss=0):
        """1.1.1.1 is a round trip of this many milliseconds away, and this share of packets is lost on the way."""
        if not pathlib.Path("/dev/net/tun").exists():
            pytest.skip("no tun devices here")
        client = f"ctr-{self.id}-c"
        with subprocess.Popen([LAB / "delay.py", client, self.upstream, str(milliseconds / 2), str(loss)],
                              stdout=subprocess.PIPE, text=True) as cable:
            try:
                assert cable.stdout.readline() == "ready\n"
                for namespace in (client, self.upstream):
                    subprocess.run(["ip", "-n", namespace, "link", "set", "far0", "up"], check=True)
                subprocess.run(["ip", "address", "add", "10.53.1.2/32", "dev", "far0"], check=True)
                subprocess.run(["ip", "route", "replace", "1.1.1.1/32", "dev", "far0", "src", "10.53.1.2"], check=True)
                self.upstream_runs("ip", "route", "add", "10.53.1.2/32", "dev", "far0")
                yield
                self.wait_for_farewells("10.53.1.2")
            finally:
                subprocess.run(["ip", "route", "replace", "1.1.1.1/32", "dev", "up0"], check=True)
                cable.terminate()

    def wait_for_farewells(self, client):
        """The last packets of its connections may have been lost, and come again."""
        end = time.monotonic() + 10
        while self.upstream_runs("ss", "-Htn", "state", "connected", "exclude", "time-wait", "dst", client,
                                 capture_output=True).stdout and time.monotonic() < end:
            time.sleep(0.05)

    def requests(self):
        """What h2server.py has seen."""
        file = self.folder / "requests"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def recorded(self):
        file = self.folder / "recorded"
        return [bytes.fromhex(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture(scope="session", name="lab")
def make_lab():
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    # Whatever ends this run also removes the lab.
    guard = subprocess.Popen([LAB / "lab", "guard"], stdin=subprocess.PIPE, start_new_session=True)
    subprocess.run([LAB / "lab", "up"], check=True)
    lab = Lab(os.environ["CTRESOLVED_LAB"])
    with open(f"/run/netns/ctr-{lab.id}-c", encoding="ascii") as namespace, open("/proc/self/ns/net", encoding="ascii") as home:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(namespace.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield lab
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)
            guard.communicate()
