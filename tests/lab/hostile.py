#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""hostile.py CERTIFICATE COUNTS MANNER:ADDRESS:PORT…: upstreams that let one wait, come and go, or speak nonsense.

MANNER begins with the protocol, dot, doh or plain; the rest says how. What each has seen is kept in the file
COUNTS, in JSON: {"MANNER:ADDRESS:PORT": {"connections": …, "queries": …}}. A query for a name that begins with "mute" is
answered by nobody. Says "ready" when it is.
"""
import collections
import contextlib
import json
import os
import socket
import ssl
import sys
import threading
import time

CERTIFICATE, COUNTS = sys.argv[1:3]
ADDRESS = bytes([192, 0, 2, 7])
lock, counts = threading.Lock(), collections.defaultdict(collections.Counter)


def note(spec, what):
    with lock:
        counts[spec][what] += 1
        with open(f"{COUNTS}.new", "w", encoding="ascii") as out:
            json.dump(counts, out)
        os.replace(f"{COUNTS}.new", COUNTS)


def first_label(query):
    return query[13:13 + query[12]].decode(errors="replace").lower()


def answer(query):
    end = query.index(0, 12) + 5
    return query[:2] + bytes.fromhex("8180 0001 0001 0000 0000") + query[12:end] + \
        bytes.fromhex("c00c 0001 0001 0000003c 0004") + ADDRESS


def framed(message):
    return len(message).to_bytes(2, "big") + message


def h2_frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def number(value, size=4):
    return value.to_bytes(size, "big")


class Peer:
    """One connection, and what it does."""

    def __init__(self, spec, stream):
        self.spec, self.stream, self.asked = spec, stream, 0

    def query(self, query):
        """To be answered?"""
        self.asked += 1
        note(self.spec, "queries")
        return not first_label(query).startswith("mute")

    def dot(self, manner):
        data = b""
        while piece := self.stream.recv(65536):
            data += piece
            while len(data) >= 2 and len(data) >= 2 + int.from_bytes(data[:2], "big"):
                size = int.from_bytes(data[:2], "big")
                query, data = data[2:2 + size], data[2 + size:]
                if query[12] == 0:  # ". NS", a sign of life
                    if manner != "silent":
                        self.stream.sendall(framed(query[:2] + b"\x81\x80" + query[4:6] + bytes(6) + query[12:17]))
                elif self.query(query):
                    self.dot_answer(manner, query)

    def dot_answer(self, manner, query):
        if manner == "first" and self.asked > 1 or manner in ("alive", "silent"):
            return
        if manner == "trickle":
            self.stream.sendall(b"\xff\xff\0\0")
            while True:
                time.sleep(0.1)
                self.stream.sendall(b"\0")
        tail = b"x" if manner == "odd" and first_label(query).startswith("odd") else b""
        self.stream.sendall(framed(answer(query) + tail))

    def doh(self, manner):
        settings = {"no-streams": b"\0\3" + number(0), "no-window": b"\0\4" + number(0)}.get(manner, b"")
        self.stream.sendall(h2_frame(4, 0, 0, settings))
        data, bodies = b"", collections.defaultdict(bytes)
        while len(data) < 24:  # the preface
            data += self.stream.recv(65536)
        data = data[24:]
        while True:
            while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
                size, kind, flags, stream = int.from_bytes(data[:3], "big"), data[3], data[4], int.from_bytes(data[5:9], "big")
                payload, data = data[9:9 + size], data[9 + size:]
                if kind in (4, 6) and not flags & 1:  # SETTINGS, PING
                    self.stream.sendall(h2_frame(kind, 1, 0, payload if kind == 6 else b""))
                elif kind == 0:
                    bodies[stream] += payload
                    if flags & 1 and self.query(bodies[stream]):
                        self.doh_answer(manner, stream, bodies.pop(stream))
            piece = self.stream.recv(65536)
            if not piece:
                return
            data += piece

    def doh_answer(self, manner, stream, query):
        if manner in ("alive", "no-streams", "no-window"):
            return
        if manner == "goaway":
            self.stream.sendall(h2_frame(7, 0, 0, number(0) + number(0)))
        elif manner == "reset":
            self.stream.sendall(h2_frame(3, 0, stream, number(7)) + h2_frame(4, 0, 1))
        elif manner == "500":
            self.stream.sendall(h2_frame(1, 5, stream, b"\x8e"))
        else:
            field = b"\0\x0ccontent-type\x17application/dns-message"
            self.stream.sendall(h2_frame(1, 4, stream, b"\x88" + field) + h2_frame(0, 1, stream, answer(query)))


def serve_connection(spec, plain, context):
    kind, _, manner = spec.split(":")[0].partition("-")
    note(spec, "connections")
    with contextlib.suppress(OSError), plain:
        plain.settimeout(20)
        with context.wrap_socket(plain, server_side=True) as stream:
            if manner != "slam":
                getattr(Peer(spec, stream), kind)(manner)


def serve_plainly(spec, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(address)
        while True:
            query, client = server.recvfrom(4096)
            note(spec, "queries")
            if not first_label(query).startswith("mute"):
                server.sendto(answer(query), client)


def serve(spec, listener):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    if spec.startswith("doh"):
        context.set_alpn_protocols(["h2"])
    while True:
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve_connection, args=(spec, plain, context), daemon=True).start()


for each in sys.argv[3:]:
    host, port = each.split(":")[1:]
    if each.startswith("plain"):
        threading.Thread(target=serve_plainly, args=(each, (host, int(port))), daemon=True).start()
    else:
        threading.Thread(target=serve, args=(each, socket.create_server((host, int(port)), backlog=512)),
                         daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
