# SPDX-License-Identifier: MIT
"""Clients: dig and kdig as people use them, and messages by the byte where those would correct us."""
import re
import socket
import subprocess

import dns.edns
import dns.message
import dns.rcode
import dns.rdatatype

from daemon import ADDRESS, PORT

EDE = dns.edns.OptionType.EDE


class Dug:
    """What dig printed."""

    def __init__(self, text):
        self.text = text
        found = lambda pattern: (re.search(pattern, text) or [None, None])[1]
        self.status = found(r"status: (\w+)")
        self.milliseconds = int(found(r"Query time: (\d+) msec") or -1)
        self.ede_code = found(r"EDE: (\d+)")
        self.ede_text = found(r"EDE: \d+ \([^)]*\): \((.*)\)")
        self.answers = [line.split()[4] for line in text.splitlines()
                        if line and not line.startswith(";") and len(line.split()) >= 5]


def dig(*words, server=ADDRESS):
    done = subprocess.run(["dig", "+tries=1", "+timeout=8", f"@{server}", "-p", str(PORT), *words],
                          capture_output=True, text=True, check=False)
    return Dug(done.stdout)


def kdig(*words):
    return subprocess.run(["kdig", "+retry=0", "+timeout=8", f"@{ADDRESS}", "-p", str(PORT), *words],
                          capture_output=True, text=True, check=False).stdout


def udp_socket(timeout=8):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    client.settimeout(timeout)
    client.connect((ADDRESS, PORT))
    return client


def exchange(message, timeout=8):
    """A datagram, and the one that comes back."""
    wire = message if isinstance(message, bytes) else message.to_wire()
    with udp_socket(timeout) as client:
        client.send(wire)
        return client.recv(65535)


def ask(*words, **keywords):
    """A query made by dnspython, and the parsed reply."""
    return dns.message.from_wire(exchange(dns.message.make_query(*words, **keywords)))


def frame(wire):
    return len(wire).to_bytes(2, "big") + wire


def read_frames(stream, n):
    """`n` messages from a TCP connection, fewer if it ends."""
    data, found = b"", []
    while len(found) < n:
        piece = stream.recv(1 << 20)
        if not piece:
            break
        data += piece
        while len(data) >= 2 and len(data) >= 2 + int.from_bytes(data[:2], "big"):
            size = int.from_bytes(data[:2], "big")
            found.append(data[2:2 + size])
            data = data[2 + size:]
    return found


def first_address(wire):
    """The address in an answer to a question for A; None when there is none."""
    message = dns.message.from_wire(wire)
    for rrset in message.answer:
        if rrset.rdtype == dns.rdatatype.A:
            return rrset[0].address
    return None
