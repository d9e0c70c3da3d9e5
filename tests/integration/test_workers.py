# SPDX-License-Identifier: MIT
"""Workers=: threads that share nothing, behind one port; seen from outside they are one daemon."""
import contextlib
import json
import pathlib
import selectors
import signal
import socket
import subprocess
import time

import dns.message
import dns.rcode
import pytest

from daemon import ADDRESS, Daemon, PORT, PROGRAM
from dnsclient import dig, first_address, frame, read_frames, udp_socket
from load import Load
from servers import address_of, name_of, NAMES

MAIN = "tls://1.1.1.1#one.one.one.one"
SOCKETS = 64  # so many ports that none of four workers is missed: once in 10^7 runs
N = 4


def clients(stack, n=SOCKETS):
    return [stack.enter_context(udp_socket()) for _ in range(n)]


def ask_each(sockets, name="www.example"):
    """The same of each, one after the other: the rcodes."""
    found = []
    for client in sockets:
        client.send(dns.message.make_query(name, "A").to_wire())
        found.append(dns.message.from_wire(client.recv(4096)).rcode())
    return found


def send_all(sockets, asked):
    """Each socket has its part of the names; IDs tell them apart."""
    for i in range(asked):
        message = dns.message.make_query(name_of(i % NAMES), "A", use_edns=False, id=i)
        sockets[i % len(sockets)].send(message.to_wire())


def receive_all(sockets, asked, seconds=30):
    got, end = {}, time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        for client in sockets:
            ready.register(client, selectors.EVENT_READ)
        while len(got) < asked and time.monotonic() < end:
            for key, _ in ready.select(1):
                wire = key.fileobj.recv(4096)
                got[int.from_bytes(wire[:2], "big")] = first_address(wire)
    return got


def right(asked):
    return {i: address_of(i % NAMES) for i in range(asked)}


def statistics(daemon):
    return json.loads(daemon.ctl("statistics", "--json").stdout)


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come to be"
        time.sleep(0.02)


def threads(daemon):
    """The first one, and those that have a name; a sanitizer may have one besides."""
    names = [task.read_text() for task in pathlib.Path(f"/proc/{daemon.process.pid}/task").glob("*/comm")]
    return 1 + sum(name.startswith("worker ") for name in names)


@pytest.mark.parametrize("workers", [1, 2, N])
def test_all_answered(lab, tmp_path, workers):
    with Daemon(lab, tmp_path, MAIN, workers=workers) as daemon, contextlib.ExitStack() as stack:
        sockets = clients(stack)
        assert threads(daemon) == workers
        for begin in range(0, 2000, 500):  # no more than finds room in the buffers of all
            send_all(sockets, 500)
            assert receive_all(sockets, 500) == right(500), begin
        assert dig("www.example").answers == ["192.0.2.1"]
        assert dig("+tcp", "www.example").answers == ["192.0.2.1"]
        told = statistics(daemon)
        assert (told["queries_received"], told["queries_answered"], told["queries_failed"], told["queries_under_way"]) == (2002, 2002, 0, 0)
        assert told["certificates_accepted"] >= workers
        assert threads(daemon) == workers
    assert "event=stopped received=2002 answered=2002 failed=0" in daemon.log


def test_spread_and_flushed(lab, tmp_path):
    """Each worker keeps what it was asked for. Clients over UDP and over TCP come to all of them; flush-caches means all."""
    with Daemon(lab, tmp_path, MAIN, cache="yes", workers=N) as daemon, contextlib.ExitStack() as stack:
        sockets = clients(stack)
        assert set(ask_each(sockets)) == {dns.rcode.NOERROR}
        told = statistics(daemon)
        assert (told["cache_misses"], told["cache_hits"], told["cache_entries"]) == (N, SOCKETS - N, N)
        assert set(ask_each(sockets)) == {dns.rcode.NOERROR}
        assert statistics(daemon)["cache_misses"] == N
        assert daemon.ctl("flush-caches").returncode == 0
        assert statistics(daemon)["cache_entries"] == 0
        for _ in range(SOCKETS):
            with socket.create_connection((ADDRESS, PORT), timeout=8) as stream:
                stream.sendall(frame(dns.message.make_query("www.example", "A").to_wire()))
                assert len(read_frames(stream, 1)) == 1
        told = statistics(daemon)
        assert (told["cache_misses"], told["cache_entries"]) == (2 * N, N)
        assert told["cache_capacity_bytes"] == 8 << 20
        status = json.loads(daemon.ctl("status", "--json").stdout)["daemon"]
        assert (status["cache"]["entries"], status["upstreams"][0]["state"]) == (N, "ready")


def test_reloads_lose_nothing(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN, workers=N) as daemon:
        with contextlib.ExitStack() as stack:
            loads = [stack.enter_context(Load(50)) for _ in range(8)]
            for n in range(1, 7):
                daemon.write(MAIN if n % 2 == 0 else lab.uri("good"))
                daemon.reload()
                daemon.wait_for("event=reloaded", times=n)
                assert daemon.ctl("flush-caches").returncode == 0
        assert [(load.lost, load.wrong) for load in loads] == [(0, 0)] * 8
        assert statistics(daemon)["queries_failed"] == 0


def test_ends_when_all_is_answered(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN, timeout=30, workers=N) as daemon, contextlib.ExitStack() as stack:
        sockets = clients(stack)
        assert set(ask_each(sockets)) == {dns.rcode.NOERROR}
        lab.hold("unbound")
        try:
            send_all(sockets, 200)
            wait_until(lambda: statistics(daemon)["queries_under_way"] == 200)
            daemon.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not daemon.socket.exists())
        finally:
            lab.go_on("unbound")
        assert receive_all(sockets, 200) == right(200)


def test_a_reload_that_fails_changes_nothing(lab, tmp_path):
    """Neither a mistake, nor a port that is taken: of that no worker, but all would have had it."""
    with Daemon(lab, tmp_path, MAIN, cache="yes", workers=N) as daemon, contextlib.ExitStack() as stack:
        sockets = clients(stack)
        ask_each(sockets)
        config = daemon.config.read_text()
        daemon.config.write_text(config + "[Transport]\nPostQuantum=perhaps\n")
        daemon.reload()
        daemon.wait_for("event=reload-failed")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as foreign:
            foreign.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            foreign.bind(("127.0.0.9", PORT))
            daemon.config.write_text(config.replace("[::1]", "127.0.0.8").replace(
                "Cache=yes", f"Cache=yes\nDNSStubListenerExtra=127.0.0.9:{PORT}"))
            daemon.reload()
            daemon.wait_for("event=reload-failed", times=2)
            assert "cannot listen on udp:127.0.0.9:5300: Address already in use" in daemon.log
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.8", PORT))
        assert set(ask_each(sockets)) == {dns.rcode.NOERROR}
        assert statistics(daemon)["cache_misses"] == N
        assert dig("www.example", server="::1").status == "NOERROR"
        daemon.reload()
        daemon.wait_for("event=reloaded")
        assert dig("www.example", server="127.0.0.9").status == "NOERROR"


def test_the_port_is_taken(lab, tmp_path):
    """Sockets share the port among workers, not with another daemon."""
    with Daemon(lab, tmp_path, MAIN, workers=N) as daemon:
        other = tmp_path / "other.conf"
        other.write_text(daemon.config.read_text().replace(str(daemon.socket), str(tmp_path / "other")))
        done = subprocess.run([PROGRAM, "-c", other], capture_output=True, text=True, check=False, timeout=20, env=daemon.environment())
        assert done.returncode == 1 and "cannot listen on udp:127.0.0.1:5300: Address already in use" in done.stderr


def test_refused_by_each(lab, tmp_path):
    """Not a byte of DNS from any of them, and each says why."""
    before = lab.statistics("no-sct")
    with Daemon(lab, tmp_path, lab.uri("no-sct"), workers=N) as daemon, contextlib.ExitStack() as stack:
        assert set(ask_each(clients(stack))) == {dns.rcode.SERVFAIL}
        assert statistics(daemon)["certificates_refused"] >= N
        live, = json.loads(daemon.ctl("status", "--json").stdout)["daemon"]["upstreams"]
        assert live["refused"] and live["state"] != "ready" and "SCT" in live["why"]
    after = lab.statistics("no-sct")
    assert after["connections"] >= before["connections"] + N and after["bytes_in"] == before["bytes_in"]


def test_seen_by_who_watches(lab, tmp_path):
    """A monitor sees what goes by in all threads, and none of what did before."""
    with Daemon(lab, tmp_path, MAIN, workers=N) as daemon, contextlib.ExitStack() as stack:
        sockets = clients(stack)
        ask_each(sockets)
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(str(daemon.socket))
            monitor.sendall(b'{"verb": "monitor"}\n')
            with monitor.makefile() as lines:
                assert json.loads(next(lines)) == {"ok": True}
                ask_each(sockets, "h0001.example")
                seen = [json.loads(next(lines)) for _ in range(SOCKETS)]
        assert {(line["source"], line["upstream"], line["transport"], line["client"]) for line in seen} == {
            ("upstream", MAIN, "udp", "127.0.0.1")}
        assert all("056830303031" in line["question"] for line in seen)
        assert set(ask_each(sockets)) == {dns.rcode.NOERROR}


def test_how_many_is_fixed(lab, tmp_path):
    with Daemon(lab, tmp_path, MAIN, workers=2) as daemon:
        daemon.config.write_text(daemon.config.read_text().replace("Workers=2", "Workers=3"))
        daemon.reload()
        daemon.wait_for('event=workers why="there are 2 until it is started again"')
        assert threads(daemon) == 2 and dig("www.example").status == "NOERROR"


def test_many(lab, tmp_path):
    """As many as may be; a portal's window is for one alone."""
    with Daemon(lab, tmp_path, MAIN, workers=64) as daemon, contextlib.ExitStack() as stack:
        assert threads(daemon) == 64
        assert set(ask_each(clients(stack))) == {dns.rcode.NOERROR}
        assert daemon.ctl("portal", "--server", "10.53.0.1").stderr.count("Workers=1 alone") == 1


def test_standing_in_has_one(tmp_path):
    standin = pathlib.Path(PROGRAM).with_name("ctresolved-resolved")
    if not standin.exists():
        pytest.skip("it is not built")
    config = tmp_path / "ctresolved.conf"
    config.write_text("[Transport]\nWorkers=2\n")
    done = subprocess.run([standin, "-c", config, "--check"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 1 and "Workers: 2: a program that stands in for systemd-resolved has 1 alone" in done.stderr
