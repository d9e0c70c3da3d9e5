# SPDX-License-Identifier: MIT
"""Little memory: what there is bounds what is held, whoever asks for how much, and for how long."""
import contextlib
import json
import os
import pathlib
import resource
import socket
import threading
import time

import dns.message
import pytest

import clocks as our_clocks
from clocks import Clocks, ClockedDaemon
from daemon import Daemon, SANITIZED, tcp
from dnsclient import dig, frame, udp_socket
from test_hostile_load import SENDER, send

MAIN = "tls://1.1.1.1#one.one.one.one"
MIB = 1 << 20
# Millions of messages; more by hand, see CONTRIBUTING.md.
MILLIONS = float(os.environ.get("CTRESOLVED_MEMORY_MILLIONS", "0.2"))

pytestmark = [pytest.mark.skipif(SANITIZED, reason="a sanitizer takes memory of its own")]


class Group:
    """A control group of its own, of version 1 or 2, that may have so many bytes."""

    def __init__(self, limit):
        name = f"ctresolved-{os.getpid()}"
        root = pathlib.Path("/sys/fs/cgroup")
        self.old = (root / "memory/memory.limit_in_bytes").exists()
        self.path = root / ("memory" if self.old else "") / name
        try:
            if not self.old:
                (root / "cgroup.subtree_control").write_text("+memory")
            self.path.mkdir()
            (self.path / ("memory.limit_in_bytes" if self.old else "memory.max")).write_text(str(limit))
            with contextlib.suppress(OSError):  # without a swap there is none
                (self.path / "memory.memsw.limit_in_bytes" if self.old else self.path / "memory.swap.max").write_text(
                    str(limit if self.old else 0))
        except OSError as error:
            with contextlib.suppress(OSError):
                self.path.rmdir()
            pytest.skip(f"no control group can be made here: {error}")

    def join(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        end = time.monotonic() + 10
        while True:
            try:
                return self.path.rmdir()
            except OSError:
                assert time.monotonic() < end, "somebody is in the group still"
                time.sleep(0.05)


@pytest.fixture(name="group")
def make_group():
    group = Group(16 * MIB)
    yield group
    group.remove()


class GroupedDaemon(Daemon):
    def __init__(self, group, *words, **keywords):
        super().__init__(*words, **keywords)
        self.group = group

    def limit(self):
        super().limit()
        self.group.join()


def flood(first, n, patience=5):
    """Many questions for names of which none is asked for twice; returns how often there was no room, for which it waits."""
    refused = 0
    with udp_socket() as client:
        client.setblocking(False)
        for i in range(n):
            client.send(dns.message.make_query(f"flood{first + i:06d}.example", "A", use_edns=0, id=i & 0xffff).to_wire())
            with contextlib.suppress(BlockingIOError):
                while True:
                    refused += b"too many queries" in client.recv(4096)
        end = time.monotonic() + patience
        while time.monotonic() < end and refused == 0:
            with contextlib.suppress(BlockingIOError):
                refused += b"too many queries" in client.recv(4096)
    return refused


@contextlib.contextmanager
def deaf_clients(n):
    """They ask for large answers and do not read them; some begin a message that does not end."""
    asked = frame(dns.message.make_query("large.example", "TXT").to_wire()) * 40
    with contextlib.ExitStack() as stack:
        for i in range(n):
            stream = stack.enter_context(tcp(timeout=2))
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.suppress(OSError):
                stream.sendall(asked if i % 2 else b"\xff\xff" + bytes(60000))
        yield


def with_many_anchors(daemon, lab, folder):
    """As a machine has them."""
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    (folder / "anchors.pem").write_text((lab.folder / "anchors.pem").read_text() + system)
    daemon.config.write_text(daemon.config.read_text().replace(f"{lab.folder}/anchors.pem", f"{folder}/anchors.pem"))


def resolves(seconds=20):
    end = time.monotonic() + seconds
    while (dug := dig("www.example", "+timeout=2")).status != "NOERROR":
        assert time.monotonic() < end, dug.text
        time.sleep(0.1)


def test_16_mib(lab, tmp_path, group):
    """The usual configuration; then all that a client can make it hold, all at once, and a reload besides."""
    daemon = GroupedDaemon(group, lab, tmp_path, MAIN, cache="yes")
    with_many_anchors(daemon, lab, tmp_path)
    with daemon:
        assert "event=memory" in daemon.log
        resolves()
        if SENDER.exists():
            send(20_000)  # which fills the cache
        with deaf_clients(256):
            lab.hold("unbound")
            try:
                dropped = flood(0, 6000)
                daemon.reload()
                daemon.wait_for("event=reloaded", seconds=30)
                dropped += flood(6000, 6000)
            finally:
                lab.go_on("unbound")
            assert dropped > 0
            resolves()
        assert daemon.process.poll() is None, "the kernel has ended it"
        assert json.loads(daemon.ctl("--json", "statistics").stdout)["queries_dropped"] > 0


def test_malloc_fails(lab, tmp_path):
    """Without a byte to be had it answers what it can, drops the rest, and lives."""
    with Daemon(lab, tmp_path, MAIN, cache="yes") as daemon:
        resolves()
        pid = daemon.process.pid
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        data = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))
        hard = resource.prlimit(pid, resource.RLIMIT_DATA)[1]
        resource.prlimit(pid, resource.RLIMIT_DATA, (data, hard))
        lab.hold("unbound")
        try:
            flood(0, 8000, patience=0)
            with deaf_clients(20):
                flood(8000, 2000, patience=0)
            daemon.reload()
            time.sleep(1)
        finally:
            lab.go_on("unbound")
        assert daemon.process.poll() is None, daemon.log
        resource.prlimit(pid, resource.RLIMIT_DATA, (hard, hard))
        resolves()


@pytest.mark.skipif(not SENDER.exists(), reason="the sender is not there: -Dtests=enabled")
def test_as_many_as_in_a_day(lab, tmp_path):
    """What a house asks in a day, as quickly as it goes. After the first fifth nothing grows."""
    with Daemon(lab, tmp_path, MAIN, cache="yes", resolve="CacheSize=256K") as daemon:
        sizes = []
        for _ in range(5):
            send(int(MILLIONS * 1e6 / 5))
            sizes.append(daemon.memory_kib())
        resolves()
    print(sizes)
    assert sizes[-1] - sizes[0] < 3072, sizes  # 1,024 may be under way at one time, and few at another


@pytest.mark.skipif(not SENDER.exists(), reason="the sender is not there: -Dtests=enabled")
@pytest.mark.skipif(not our_clocks.LIBRARY.exists(), reason="the clocks are not there: -Dtests=enabled")
@pytest.mark.parametrize("how", ["drop", "reject with tcp reset"])
def test_nobody_there_for_an_hour(lab, tmp_path, how):
    """Many ask meanwhile: 500 a second, if it is 1.8 millions, for the clock runs as much faster as they are asked sooner."""
    clocks, over = Clocks(tmp_path), threading.Event()
    step = 3600 / (MILLIONS * 1e6 / 25000 / 0.1)

    def hurry():
        while not over.wait(0.1):
            clocks.fly(step)

    with ClockedDaemon(clocks, lab, tmp_path, MAIN, cache="yes", resolve="CacheSize=256K") as daemon:
        resolves()
        hurrying, sizes = threading.Thread(target=hurry), []
        with lab.rule(f"ip daddr 1.1.1.1 tcp dport 853 {how}"):
            hurrying.start()
            try:
                while len(sizes) < 4 or clocks.monotonic < 3600:
                    send(int(MILLIONS * 1e6 / 4))
                    sizes.append(daemon.memory_kib())
            finally:
                over.set()
                hurrying.join()
        resolves(60)
    print(sizes)
    assert sizes[-1] - sizes[1] < 3072, sizes
