# SPDX-License-Identifier: MIT
"""A router's duty: thousands of clients of a LAN, some of them greedy, and a dnsmasq between them and us."""
import contextlib
import json
import subprocess
import time

import pytest

from daemon import Daemon, PORT, SANITIZED
from dnsclient import Dug
from servers import address_of, name_of, NAMES
from test_workers import statistics

MAIN = "tls://1.1.1.1#one.one.one.one"
HERE = "10.53.0.2"  # the daemon's address on the lab's network
LAN = "10.77.0.0/16"
LISTEN = f"DNSStubListenerExtra={HERE}:{PORT}"

# On the other machine, which has all addresses of the LAN: each client asks a few questions, over UDP and then TCP.
MANY = f"""
import itertools, json, socket, sys

def question(i):
    return i.to_bytes(2, "big") + bytes.fromhex("01000001000000000000") + b"\\5h%04d\\7example\\0\\0\\1\\0\\1" % (i % {NAMES})

def client(n, kind):
    s = socket.socket(socket.AF_INET, kind)
    s.bind(("10.77.%d.%d" % (n >> 8, n & 255), 0))
    s.settimeout(patience)
    s.connect(("{HERE}", {PORT}))
    return s

clients, each, over_tcp, patience = map(int, sys.argv[1:])
right = wrong = 0
for first in range(1, clients + 1, 250):
    some = [client(n, socket.SOCK_DGRAM) for n in range(first, min(first + 250, clients + 1))]
    for s, i in itertools.product(some, range(each)):
        s.send(question(s.fileno() * each + i))
    for s in some:
        for _ in range(each):
            try:
                reply = s.recv(512)
            except TimeoutError:
                break
            i = int.from_bytes(reply[:2], "big") % {NAMES}
            good = reply[3] & 15 == 0 and reply[-4:] == (0x0a000000 + i).to_bytes(4, "big")
            right, wrong = right + good, wrong + (not good)
        s.close()
for n in range(1, over_tcp + 1):
    with client(n, socket.SOCK_STREAM) as s:
        wire = question(n)
        s.sendall(len(wire).to_bytes(2, "big") + wire)
        right += int.from_bytes(s.recv(512)[-4:], "big") == 0x0a000000 + n % {NAMES}
print(json.dumps([right, wrong]))
"""

# One of them sends as fast as it can until it is told to end, and hears what it gets.
GREEDY = f"""
import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.255.1", 0))
s.connect(("{HERE}", {PORT}))
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for i in range(100):
        s.send(i.to_bytes(2, "big") + bytes.fromhex("01000001000000000000") + b"\\5h0001\\7example\\0\\0\\1\\0\\1")
    while select.select([s], [], [], 0.001)[0]:
        s.recv(512)
"""


@pytest.fixture(name="lan")
def make_lan(lab):
    """Runs a program on the other machine, which has all addresses of the LAN."""
    lab.upstream_runs("ip", "route", "add", "local", LAN, "dev", "lo")
    subprocess.run(["ip", "route", "add", LAN, "via", "10.53.0.1"], check=True)
    yield lambda *command: ["ip", "netns", "exec", lab.upstream, "/usr/bin/python3", "-c", *command]
    subprocess.run(["ip", "route", "del", LAN], check=True)
    lab.upstream_runs("ip", "route", "del", "local", LAN, "dev", "lo")


def ask_from(lan, clients, each, over_tcp, patience=10):
    """How many answers are right, and how many wrong."""
    done = subprocess.run(lan(MANY, *map(str, (clients, each, over_tcp, patience))), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_thousands(lab, tmp_path, lan, workers):
    """Each gets what it asked for; then they are gone, and take no memory."""
    protection = f"[Protection]\nAllowClients={LAN}\nRateLimit=100"
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection, workers=workers) as daemon:
        assert ask_from(lan, 500, 2, 10) == [1010, 0]
        before, descriptors = daemon.memory_kib(), daemon.descriptors()
        assert ask_from(lan, 4000, 5, 300) == [20300, 0]
        told = statistics(daemon)
        assert (told["queries_limited"], told["queries_failed"], told["queries_denied"], told["queries_under_way"]) == (0, 0, 0, 0)
        assert told["cache_hits"] > 15000
        assert SANITIZED or daemon.memory_kib() - before < 4096
        assert daemon.descriptors() < descriptors + 50


@pytest.mark.parametrize("workers", [1, 2])
def test_one_is_greedy(lab, tmp_path, lan, workers):
    """It is limited; the others are answered meanwhile, but for one that may share its place in the table of limits."""
    protection = f"[Protection]\nAllowClients={LAN}\nRateLimit=50"
    with Daemon(lab, tmp_path, MAIN, resolve=LISTEN, cache="yes", more=protection, workers=workers) as daemon, \
            subprocess.Popen(lan(GREEDY), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as greedy:
        try:
            assert greedy.stdout.readline() == "ready\n"
            end = time.monotonic() + 20
            while statistics(daemon)["queries_limited"] < 100:
                assert time.monotonic() < end
                time.sleep(0.02)
            right, _ = ask_from(lan, 200, 2, 20, patience=3)
            assert right >= 410
        finally:
            greedy.communicate("end\n")
        assert statistics(daemon)["queries_failed"] == 0


DNSMASQ_PORT = 5453, 5354  # where it asks, and where it is asked


@contextlib.contextmanager
def dnsmasq(folder):
    """As a router has it, but for its own cache: all that comes goes on to us."""
    asks, listens = DNSMASQ_PORT
    words = ("--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", f"--server=127.0.0.1#{asks}", "--cache-size=0",
             f"--port={listens}", "--listen-address=127.0.0.1", "--bind-interfaces", f"--pid-file={folder}/dnsmasq.pid", "--user=root",
             "--log-facility=-", "--proxy-dnssec", "--dns-forward-max=1000")
    with subprocess.Popen(["dnsmasq", *words], stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr:
                if "using nameserver" in line:
                    break
            assert process.poll() is None
            yield
        finally:
            process.kill()
            process.communicate()


def through(*words):
    done = subprocess.run(["dig", "+tries=1", "+timeout=10", "@127.0.0.1", "-p", str(DNSMASQ_PORT[1]), *words], capture_output=True,
                          text=True, check=False)
    return Dug(done.stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_behind_dnsmasq(lab, tmp_path, workers):
    listen = f"DNSStubListenerExtra=127.0.0.1:{DNSMASQ_PORT[0]}"
    with Daemon(lab, tmp_path, MAIN, resolve=listen, workers=workers) as daemon, dnsmasq(tmp_path):
        assert through("www.example").answers == ["192.0.2.1"]
        assert through("+tcp", "www.example").answers == ["192.0.2.1"]
        assert through("nothing.example").status == "NXDOMAIN"
        assert len(through("large.example", "TXT").text) > 4096  # TC, and then by TCP all the way
        questions = tmp_path / "questions"
        questions.write_text("".join(f"{name_of(i)} A\n" for i in range(200)))
        asked = subprocess.run(["dig", "+tries=1", "+timeout=10", "+short", "@127.0.0.1", "-p", str(DNSMASQ_PORT[1]), "-f", questions],
                               capture_output=True, text=True, check=False).stdout
        assert asked.split() == [address_of(i) for i in range(200)]
        assert statistics(daemon)["queries_failed"] == 0
    # What is refused is so for its clients, at once, and in no other way.
    before = lab.statistics("no-sct")["bytes_in"]
    with Daemon(lab, tmp_path, lab.uri("no-sct"), resolve=listen, workers=workers), dnsmasq(tmp_path):
        assert through("www.example").status == "SERVFAIL"
    assert lab.statistics("no-sct")["bytes_in"] == before
