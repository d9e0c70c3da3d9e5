#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What each fault of an upstream costs those who ask: by TLS and by HTTPS, alone and with another one beside.

  lost      no answer, or a wrong one
  slowest   of the right answers, in milliseconds
  recovery  milliseconds from the fault's begin until all that is asked is answered within 50 ms
  late      answered after more than 100 ms
  bad got   bytes that the server with the wrong certificate got inside TLS, and its connections

"all muted" is what a NAT does that forgets. The one beside has a server, an address and ports of its own, but the same
cable. As root; it makes a lab of its own (see tests/lab/README.md). CTRESOLVED names the program, if it is not in build/.
It judges nothing: time is not the same everywhere; what "none" costs says how much of it is noise.
"""
import argparse
import json
import subprocess
import tempfile
import time

import inlab

FAULTS = ("none", "killed", "muted", "all muted", "stopped", "reset", "link down", "port 853", "IPv6", "certificate")
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--json", action="store_true", help="a list of rows instead of the table")
parser.add_argument("--rate", type=int, default=200, help="queries a second")
parser.add_argument("--log", help="file for what the daemon says")
parser.add_argument("faults", nargs="*", default=FAULTS, metavar="FAULT", help=f"of these alone: {', '.join(FAULTS)}")
OPTIONS = parser.parse_args()
LAB = inlab.enter()

# pylint: disable=wrong-import-position
import servers
from conftest import Lab
from daemon import Daemon
from stream import Stream
from test_staying import connections, cut_present_connections

NAME = "#one.one.one.one"
V4, V6, BESIDE = "1.1.1.1", "2606:4700:4700::1111", "1.0.0.1"
PORTS, PORTS_BESIDE = {"tls": 8901, "https": 8902}, {"tls": 8911, "https": 8912}
BEFORE, AFTER = 7, 5  # seconds; the daemon gets to know the other one in the first
FAST, LATE = 0.05, 0.1
COLUMNS = {"fault": 12, "upstreams": 20, "sent": 5, "lost": 5, "SERVFAIL": 8, "slowest": 8, "recovery": 8, "late": 5,
           "bad got": 8}


def server(name, ports, *addresses):
    """haproxy with its files in a folder of its own, so that it can be ended without the lab's."""
    folder = LAB.folder / name
    folder.mkdir()
    for file in ("good.pem", "openssl.cnf"):
        (folder / file).write_bytes((LAB.folder / file).read_bytes())
    certificate = folder / "good.pem"
    (folder / "haproxy.cfg").write_text(
        servers.HAPROXY.format(dir=folder, dns=servers.PORT_DNS, recorder=servers.PORT_RECORDER, doh=servers.PORT_DOH,
                               h2=servers.PORT_H2, few=servers.PORT_H2 + 1, window=servers.PORT_H2 + 2) +
        servers.frontend("tls", "unbound", *(servers.bind_lines(certificate, ports["tls"], a) for a in addresses)) +
        servers.doh_frontend("https", certificate, ports["https"], *addresses))
    found = Lab(folder)
    found.start_haproxy()
    return found


def uri(protocol, address):
    host = f"[{address}]" if ":" in address else address
    ports = PORTS_BESIDE if address == BESIDE else PORTS
    return f"{protocol}://{host}:{ports[protocol]}{NAME}"


# What is done to the first one; returns what is to be said of it.

def none(_first, _port):
    pass


def owe(first):
    """Holds it until some queries are under way."""
    first.hold("haproxy")
    time.sleep(0.05)


def killed(first, _port):
    owe(first)
    first.kill("haproxy")
    time.sleep(0.5)
    first.start_haproxy()


def muted(first, port):
    with cut_present_connections(first, port):
        time.sleep(3)


def all_muted(first, port):
    """Those to the one beside, too, as far as there are any."""
    beside = port + PORTS_BESIDE["tls"] - PORTS["tls"]
    ports = [int(line.split()[1].rsplit(":", 1)[1], 16) for line in connections(port) + connections(beside)]
    with first.rule(f"tcp sport {{ {', '.join(map(str, ports))} }} drop"):
        time.sleep(3)


def stopped(first, _port):
    first.hold("haproxy")
    time.sleep(2)
    first.go_on("haproxy")


def reset(first, port):
    """The kernel must have CONFIG_INET_DIAG_DESTROY."""
    owe(first)
    first.upstream_runs("ss", "-tK", "state", "established", "src", f"{V4}:{port}", stdout=subprocess.DEVNULL)
    first.go_on("haproxy")


def link_down(first, _port):
    with first.link_down():
        time.sleep(3)


def port_853(first, _port):
    with first.rule(f"ip daddr {V4} tcp dport 853 drop"):
        time.sleep(3)


def ipv6(first, _port):
    with first.rule(f"ip6 daddr {V6} drop"):
        time.sleep(3)


def certificate(first, _port):
    shown = first.folder / "good.pem"
    good = shown.read_bytes()
    first.kill("haproxy")
    shown.write_bytes((LAB.folder / "no-sct.pem").read_bytes())
    first.start_haproxy()
    time.sleep(3)
    bad = [first.statistics(protocol) for protocol in PORTS]
    first.kill("haproxy")
    shown.write_bytes(good)
    first.start_haproxy()
    return f"{sum(row['bytes_in'] for row in bad)}/{sum(row['connections'] for row in bad)}"


def cases():
    """Fault, what is done, upstreams in words, their URIs, the first one's port."""
    for fault in OPTIONS.faults:
        if fault == "port 853":  # the lab's own server, on the ports that a bare address means
            yield fault, port_853, "tls, https", [V4 + NAME], 853
            yield fault, port_853, "tls, https + another", [V4 + NAME, uri("tls", BESIDE)], 853
            continue
        for protocol, port in PORTS.items():
            if fault == "IPv6":
                yield fault, ipv6, f"{protocol} + IPv4", [uri(protocol, V6), uri(protocol, BESIDE)], port
                continue
            deed = globals()[fault.replace(" ", "_")]
            if fault != "all muted":
                yield fault, deed, protocol, [uri(protocol, V4)], port
            yield fault, deed, f"{protocol} + another", [uri(protocol, V4), uri(protocol, BESIDE)], port


def measure(first, fault, deed, words, uris, port):
    ends = []
    with tempfile.TemporaryDirectory() as folder, Daemon(LAB, folder, uris) as daemon:
        with Stream(OPTIONS.rate, ends.append):
            time.sleep(BEFORE)
            begin = time.monotonic()
            said = deed(first, port)
            time.sleep(AFTER)
    if OPTIONS.log:
        with open(OPTIONS.log, "a", encoding="utf-8") as file:
            file.write(f"== {fault}, {words}\n{daemon.log}")
    took = [end.took for end in ends if end.right]
    slow = [end.asked for end in ends if end.asked + (end.took or LATE) > begin and not (end.right and end.took < FAST)]
    return {"fault": fault, "upstreams": words, "sent": len(ends), "lost": sum(end.lost for end in ends),
            "SERVFAIL": sum(end.servfail for end in ends), "slowest": round(1000 * max(took)),
            "recovery": round(1000 * max([0, *(asked - begin for asked in slow)])), "late": sum(t > LATE for t in took),
            "bad got": said}


def show(cells):
    print("  ".join(f"{'' if cell is None else cell:{'<' if i < 2 else '>'}{width}}"
                    for i, (cell, width) in enumerate(zip(cells, COLUMNS.values()))).rstrip(), flush=True)


def main():
    first, rows = server("first", PORTS, V4, V6), []
    server("beside", PORTS_BESIDE, BESIDE)
    if not OPTIONS.json:
        show(COLUMNS)
    for case in cases():
        rows.append(measure(first, *case))
        if not OPTIONS.json:
            show(rows[-1].values())
    if OPTIONS.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
