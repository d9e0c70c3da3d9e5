# SPDX-License-Identifier: MIT
"""Clients of other machines: who may ask, how often, and what they are told."""
import re
import socket
import subprocess
import time

import pytest

from daemon import Daemon, PORT, PROGRAM, tcp
from dnsclient import dig, frame, read_frames
from scripted import Scripted, daemon_for

import dns.edns
import dns.message

MAIN = "tls://1.1.1.1#one.one.one.one"
HERE = "10.53.0.2"  # the daemon's address on the lab's network; the upstream asks from 10.53.0.1
LISTEN = f"DNSStubListenerExtra={HERE}:{PORT}"


def protection(*lines):
    return "\n".join(["[Protection]", *lines])


@pytest.fixture(name="from_there")
def make_from_there(lab):
    """Runs a client on the other machine."""
    def run(*command):
        return subprocess.run(["ip", "netns", "exec", lab.upstream, *command], capture_output=True, text=True, check=False,
                              timeout=30).stdout
    return run


def dig_there(run, *words):
    return run("dig", "+tries=1", "+timeout=2", f"@{HERE}", "-p", str(PORT), *words)


def test_allowed(lab, tmp_path, from_there):
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, more=protection("AllowClients=10.53.0.0/24")):
        assert "192.0.2.1" in dig_there(from_there, "www.example")
        assert "192.0.2.1" in dig_there(from_there, "+tcp", "www.example")


def test_denied(lab, tmp_path, from_there):
    """REFUSED, in words, and no connection; this machine is served all the same."""
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, more=protection("AllowClients=192.0.2.0/24")) as daemon:
        text = dig_there(from_there, "www.example")
        assert "status: REFUSED" in text and "EDE: 18" in text and "AllowClients=" in text
        assert "status:" not in dig_there(from_there, "+tcp", "www.example")
        assert dig("www.example").answers == ["192.0.2.1"]
        assert '"queries_denied"' in daemon.ctl("statistics", "--json").stdout


FLOOD = f"""
import socket, sys, dns.message
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.connect(("{HERE}", {PORT}))
    client.settimeout(0.5)
    for i in range(100):
        client.send(dns.message.make_query("www.example", "A", id=i).to_wire())
    tally = dict(answered=0, truncated=0)
    try:
        while True:
            reply = client.recv(4096)
            tally["truncated" if reply[2] & 2 else "answered"] += 1
    except TimeoutError:
        print(tally["answered"], tally["truncated"])
"""


def test_rate(lab, tmp_path, from_there):
    """Above it, every other query is told to come over TCP, and there it is served."""
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection("AllowClients=10.53.0.1", "RateLimit=20")):
        assert "192.0.2.1" in dig_there(from_there, "www.example")
        answered, truncated = map(int, from_there("/usr/bin/python3", "-c", FLOOD).split())
        assert 15 <= answered <= 45 and 20 <= truncated <= 45
        assert "192.0.2.1" in dig_there(from_there, "+tcp", "www.example")
        for _ in range(50):
            assert dig("www.example").status == "NOERROR"  # never those of this machine


def test_cookies(lab, tmp_path, from_there):
    """RFC 7873: who shows one of ours is not limited."""
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection("AllowClients=10.53.0.1", "RateLimit=2")):
        found = re.search(r"COOKIE: ([0-9a-f]{48})", dig_there(from_there, "+cookie=0011223344556677", "www.example"))
        assert found and found[1].startswith("0011223344556677")
        for _ in range(20):
            assert "192.0.2.1" in dig_there(from_there, f"+cookie={found[1]}", "+ignore", "www.example")
        forged = found[1][:-2] + ("00" if found[1][-2:] != "00" else "01")
        replies = [dig_there(from_there, f"+cookie={forged}", "+ignore", "+timeout=1", "www.example") for _ in range(12)]
        assert sum("192.0.2.1" not in text for text in replies) >= 3
        time.sleep(1)
        assert "status: FORMERR" in dig_there(from_there, "+ednsopt=10:001122", "+nocookie", "www.example")
    # No use for one on this machine.
    with Daemon(lab, tmp_path, MAIN):
        assert "COOKIE: 0011223344556677 (echoed)" not in dig("+cookie=0011223344556677", "www.example").text


def test_nobody_by_accident(lab, tmp_path):
    daemon = Daemon(lab, tmp_path, MAIN, resolve=LISTEN)
    done = subprocess.run([PROGRAM, "--check", "-c", daemon.config], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "AllowClients= in [Protection] does not say which may ask" in done.stderr + done.stdout


def test_keepalive_for_who_asks(lab, tmp_path):
    """RFC 7828: over TCP alone."""
    with Daemon(lab, tmp_path, MAIN):
        query = dns.message.make_query("www.example", "A", use_edns=0, options=[dns.edns.GenericOption(11, b"")])
        with tcp() as stream:
            stream.sendall(frame(query.to_wire()))
            reply = dns.message.from_wire(read_frames(stream, 1)[0])
        assert [(option.otype, option.data) for option in reply.options] == [(11, (100).to_bytes(2, "big"))]
        assert "KEEPALIVE" not in dig("+keepalive", "www.example").text


def test_slow_readers(lab, tmp_path):
    """Twenty clients that never read answers of 25 kB cost 8 MiB at most."""
    query = frame(dns.message.make_query("large.example", "TXT").to_wire())
    with Daemon(lab, tmp_path, MAIN, cache="yes") as daemon:
        assert dig("+tcp", "large.example", "TXT").status == "NOERROR"
        before = daemon.memory_kib()
        streams = []
        for _ in range(20):
            stream = socket.create_connection(("127.0.0.1", PORT))
            stream.settimeout(0.2)
            try:
                for _ in range(50):
                    stream.sendall(query * 20)
            except OSError:
                pass
            streams.append(stream)
        time.sleep(1)
        assert daemon.memory_kib() - before < 8 * 1024
        assert dig("www.example").answers == ["192.0.2.1"]
        for stream in streams:
            stream.close()


CROWD = f"""
import socket, sys, time
n, *addresses = sys.argv[1:]
crowd = [socket.create_connection(("{HERE}", {PORT}), timeout=2, source_address=(address, 0))
         for address in addresses for _ in range(int(n))]
print("there", flush=True)
time.sleep(4)
"""


def crowd_in(lab, n, *addresses):
    """So many connections from each address, which nobody uses."""
    crowd = subprocess.Popen(  # pylint: disable=consider-using-with
        ["ip", "netns", "exec", lab.upstream, "/usr/bin/python3", "-c", CROWD, str(n), *addresses],
        stdout=subprocess.PIPE, text=True)
    assert crowd.stdout.readline() == "there\n"
    time.sleep(0.2)
    return crowd


@pytest.fixture(name="many")
def make_many(lab):
    """More addresses of the other machine."""
    addresses = [f"10.53.0.{101 + i}" for i in range(5)]
    for verb in ("add", "del"):
        for address in addresses:
            subprocess.run(["ip", "-n", lab.upstream, "address", verb, f"{address}/24", "dev", "down0"], check=True)
        if verb == "add":
            yield addresses


def test_one_address_pushes_nobody_out(lab, tmp_path):
    """Whoever opens more connections than there is room for loses his own."""
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection("AllowClients=10.53.0.1")) as daemon, \
            tcp() as stream:
        query = frame(dns.message.make_query("www.example", "A").to_wire())
        stream.sendall(query)
        assert read_frames(stream, 1)
        with crowd_in(lab, 400, "10.53.0.1") as crowd:
            stream.sendall(query)
            assert read_frames(stream, 1)
            assert daemon.descriptors() < 330
            crowd.kill()


def test_many_addresses_push_out_nobody_of_this_machine(lab, tmp_path, many):
    """Nor do those who have few connections each, but are many."""
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection("AllowClients=10.53.0.0/24")) as daemon, \
            tcp() as stream:
        with crowd_in(lab, 60, *many) as crowd:
            stream.sendall(frame(dns.message.make_query("www.example", "A").to_wire()))
            assert read_frames(stream, 1)
            assert daemon.descriptors() < 330
            crowd.kill()


MUTE = f"""
import socket, sys, time, dns.message
query = dns.message.make_query("mute-x.example", "A").to_wire()
n, *addresses = sys.argv[1:]
for address in addresses:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((address, 0))
        client.connect(("{HERE}", {PORT}))
        for i in range(int(n)):
            client.send(query.replace(b"\\6mute-x", b"\\x0amute-%05d" % i))
            if i % 100 == 0:
                time.sleep(0.01)
"""
MUTE_BY_TCP = f"""
import socket, sys, time, dns.message
query = dns.message.make_query("mute-x.example", "A").to_wire()
streams = [socket.create_connection(("{HERE}", {PORT}), timeout=2) for _ in range(3)]
for stream in streams:
    for i in range(1000):
        wire = query.replace(b"\\6mute-x", b"\\x0amute-%05d" % i)
        stream.sendall(len(wire).to_bytes(2, "big") + wire)
print("there", flush=True)
time.sleep(8)
"""


def test_room_for_this_machine(lab, tmp_path, from_there, many):
    """However much others ask for that nobody answers, clients of this machine still find room."""
    with Scripted(lab, tmp_path) as upstream, \
            daemon_for(lab, tmp_path, timeout=4, resolve=LISTEN,
                       more=protection("AllowClients=10.53.0.0/24", "RateLimit=0")) as daemon:
        assert dig("www.example").status == "NOERROR"
        from_there("/usr/bin/python3", "-c", MUTE, "1900", *many)
        assert "too many" in dig_there(from_there, "+nocookie", "other.example")
        assert dig("own.example").status == "NOERROR" and upstream.asked("own.example")
        assert '"queries_dropped"' in daemon.ctl("statistics", "--json").stdout


def test_room_for_each(lab, tmp_path, from_there, many):
    """Nor does one of them take all room from the others; nor, by datagrams that anybody may forge, from who comes over TCP."""
    with Scripted(lab, tmp_path), \
            daemon_for(lab, tmp_path, timeout=3, resolve=LISTEN, more=protection("AllowClients=10.53.0.0/24", "RateLimit=0")):
        assert dig("www.example").status == "NOERROR"
        from_there("/usr/bin/python3", "-c", MUTE, "4000", "10.53.0.1")
        assert "too many" in dig_there(from_there, "+nocookie", "one.example")
        assert "status: NOERROR" in dig_there(from_there, "+nocookie", "-b", many[0], "two.example")
        assert "status: NOERROR" in dig_there(from_there, "+tcp", "three.example")
        with subprocess.Popen(["ip", "netns", "exec", lab.upstream, "/usr/bin/python3", "-c", MUTE_BY_TCP],
                              stdout=subprocess.PIPE, text=True) as crowd:
            assert crowd.stdout.readline() == "there\n"
            assert "too many" in dig_there(from_there, "+tcp", "four.example")
            assert "status: NOERROR" in dig_there(from_there, "+tcp", "-b", many[0], "five.example")
            crowd.kill()
        # What has ended is not counted any more.
        time.sleep(3)
        assert "status: NOERROR" in dig_there(from_there, "+tcp", "six.example")
        assert "status: NOERROR" in dig_there(from_there, "+nocookie", "seven.example")
