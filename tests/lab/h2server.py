#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""h2server.py PORT DNS-PORT FILE: DNS over HTTP/2 without TLS, which ends in front of it. It writes requests down.

A JSON line a request: connection, method, path, header fields, the message in hexadecimal, and the size of the
HEADERS frame. The first label of the name asked for says what it does: see MANNERS. The first question of a
connection for a name below "few-streams" or "tiny-window" has been preceded by such settings: they go by port.
"""
import base64
import contextlib
import json
import socket
import socketserver
import sys
import threading
import time
import urllib.parse

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

PORT, DNS_PORT, FILE = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
DNS_TYPE = ("content-type", "application/dns-message")
# What h2 says of a stream that the client has cancelled.
GONE = (h2.exceptions.StreamClosedError, h2.exceptions.StreamIDTooLowError)
seen_lock, seen, connections = threading.Lock(), set(), [0]


def ask_dns(query):
    with socket.create_connection(("127.0.0.1", DNS_PORT)) as server:
        server.sendall(len(query).to_bytes(2, "big") + query)
        stream = server.makefile("rb")
        return stream.read(int.from_bytes(stream.read(2), "big"))


def first_label(message):
    return message[13:13 + message[12]].decode(errors="replace").lower() if len(message) > 13 else ""


def first_time(name):
    with seen_lock:
        new = name not in seen
        seen.add(name)
        return new


class Stream:
    def __init__(self, fields):
        self.fields = fields
        self.body = b""
        self.header_size = 0


class Peer(socketserver.BaseRequestHandler):
    """One connection."""

    limit = None  # of streams; announced, and counted when broken
    window = None  # of each request's body

    def setup(self):
        connections[0] += 1
        self.number = connections[0]
        self.streams, self.waiting = {}, {}
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.lock = threading.RLock()

    def send(self):
        with self.lock:
            self.request.sendall(self.h2.data_to_send())

    def handle(self):
        try:
            self.h2.initiate_connection()
            # They hold from when the client has acknowledged them.
            if self.limit:
                self.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self.limit})
            if self.window:
                self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: self.window})
            self.send()
            while data := self.request.recv(65536):
                self.note_sizes(data)
                with self.lock:
                    for event in self.h2.receive_data(data):
                        # The client may have cancelled it, further on in what was just read.
                        with contextlib.suppress(*GONE):
                            self.on_event(event)
                self.send()
        except (OSError, h2.exceptions.ProtocolError) as error:
            print(f"connection {self.number} ends: {error!r}", flush=True)

    def note_sizes(self, data):
        """The sizes of HEADERS frames. A read holds whole frames here: they are small, and come at once."""
        at = 24 if data.startswith(b"PRI * HTTP/2") else 0
        while at + 9 <= len(data):
            size = int.from_bytes(data[at:at + 3], "big")
            if data[at + 3] == 1:
                self.waiting[int.from_bytes(data[at + 5:at + 9], "big") & 0x7fffffff] = size
            at += 9 + size

    def on_event(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = Stream(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id].body += event.data
            if self.window:
                time.sleep(0.001)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.streams.pop(event.stream_id, None)
        if isinstance(event, h2.events.StreamEnded):
            self.answer(event.stream_id)

    def answer(self, stream_id):
        stream = self.streams[stream_id]
        fields = dict(stream.fields)
        message = stream.body
        if fields[":method"] == "GET":
            text = urllib.parse.parse_qs(urllib.parse.urlsplit(fields[":path"]).query)["dns"][0]
            message = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        with seen_lock, open(FILE, "a", buffering=1, encoding="ascii") as out:
            out.write(json.dumps({"connection": self.number, "stream": stream_id, "fields": stream.fields,
                                  "message": message.hex(), "header_size": self.waiting.get(stream_id),
                                  "streams": len(self.streams)}) + "\n")
        label = first_label(message)
        manner = MANNERS.get(label.rstrip("0123456789").rstrip("-") if label not in MANNERS else label, Peer.plainly)
        manner(self, stream_id, message)

    def reply(self, stream_id, body, *fields, status="200"):
        self.h2.send_headers(stream_id, [(":status", status), *fields])
        while len(body) > 16000:
            self.h2.send_data(stream_id, body[:16000])
            body = body[16000:]
        self.h2.send_data(stream_id, body, end_stream=True)
        self.streams.pop(stream_id, None)

    def plainly(self, stream_id, message):
        self.reply(stream_id, ask_dns(message), DNS_TYPE)

    def status(self, number, *fields):
        return lambda stream_id, _: self.reply(stream_id, b"no", ("content-type", "text/plain"), *fields, status=number)

    def later(self, stream_id, message):
        def run():
            time.sleep(1)
            with self.lock, contextlib.suppress(*GONE):
                self.reply(stream_id, ask_dns(message), DNS_TYPE)
            self.send()
        threading.Thread(target=run, daemon=True).start()

    def at_length(self, stream_id, size):
        """As the client's windows allow."""
        def run():
            left = size
            with self.lock:
                self.h2.send_headers(stream_id, [(":status", "200"), DNS_TYPE])
            while left > 0:
                with self.lock:
                    n = min(left, 10000, self.h2.local_flow_control_window(stream_id))
                    self.h2.send_data(stream_id, bytes(n))
                self.send()
                left -= n
                time.sleep(0.001)
        threading.Thread(target=run, daemon=True).start()

    def reset(self, stream_id, code):
        self.h2.reset_stream(stream_id, code)
        self.streams.pop(stream_id, None)

    def refused(self, stream_id, message):
        if first_time(message[12:]):
            self.reset(stream_id, h2.errors.ErrorCodes.REFUSED_STREAM)
        else:
            self.plainly(stream_id, message)

    def goaway(self, stream_id, message):
        self.plainly(stream_id, message)
        self.raw(7, 0, stream_id.to_bytes(4, "big") + bytes(4))

    def goaway_before(self, stream_id, message):
        if first_time(message[12:]):
            self.raw(7, 0, (stream_id - 1).to_bytes(4, "big") + bytes(4))
        else:
            self.plainly(stream_id, message)

    def raw(self, kind, stream_id, payload=b"", flags=0):
        """A frame past the library."""
        with self.lock:
            self.send()
            self.request.sendall(len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big") + payload)

    def flood(self, kind, stream_id=0, payload=b"", flags=0, first=None):
        self.send()
        if first:
            self.raw(*first)
        frame = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big") + payload
        for _ in range(200):
            self.request.sendall(frame * 100)


MANNERS = {
    "status-404": lambda p, i, m: p.status("404")(i, m),
    "status-500": lambda p, i, m: p.status("500")(i, m),
    "status-429": lambda p, i, m: p.status("429", ("retry-after", "1"))(i, m),
    "redirect": lambda p, i, m: p.status("302", ("location", "/dns-query"))(i, m),
    "wrong-type": lambda p, i, m: p.reply(i, ask_dns(m), ("content-type", "text/html")),
    "empty": lambda p, i, m: p.reply(i, b"", DNS_TYPE),
    "oversized": lambda p, i, m: p.at_length(i, 70000),
    "said-oversized": lambda p, i, m: p.h2.send_headers(i, [(":status", "200"), DNS_TYPE, ("content-length", "70000")]),
    "rst": lambda p, i, m: p.reset(i, h2.errors.ErrorCodes.INTERNAL_ERROR),
    "refused": Peer.refused,
    "goaway": Peer.goaway,
    "goaway-before": Peer.goaway_before,
    "age": lambda p, i, m: p.reply(i, ask_dns(b"\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1")[:12] +
                                   m[12:m.index(0, 12) + 5] + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1", DNS_TYPE,
                                   ("age", "100"), ("cache-control", "public, max-age=250")),
    "wrong-id": lambda p, i, m: p.reply(i, b"\1" + ask_dns(m)[1:], DNS_TYPE),
    "cut": lambda p, i, m: p.reply(i, ask_dns(m)[:-3], DNS_TYPE),
    "another": lambda p, i, m: p.reply(i, ask_dns(m).replace(b"\7another", b"\7unasked"), DNS_TYPE),
    "slow": Peer.later,
    "mute": lambda p, i, m: None,
    "garbage": lambda p, i, m: p.request.sendall(b"\xff" * 4000),
    "ping-flood": lambda p, i, m: p.flood(6, payload=bytes(8)),
    "settings-flood": lambda p, i, m: p.flood(4),
    "window-flood": lambda p, i, m: p.flood(8, payload=b"\0\0\0\1"),
    "empty-flood": lambda p, i, m: (p.h2.send_headers(i, [(":status", "200"), DNS_TYPE]), p.flood(0, i)),
    "unknown-flood": lambda p, i, m: p.flood(0xfa, payload=bytes(100)),
    # A header that does not end.
    "endless": lambda p, i, m: p.flood(9, i, b"\x40\x01a\x7f\x00" + b"b" * 127, first=(1, i, b"\x88")),
    "push": lambda p, i, m: p.raw(5, i, b"\0\0\0\2\x82"),
}


class Few(Peer):
    limit = 2


class TinyWindow(Peer):
    window = 10


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100


for port, kind in ((PORT + 1, Few), (PORT + 2, TinyWindow)):
    threading.Thread(target=Server(("127.0.0.1", port), kind).serve_forever, daemon=True).start()
Server(("127.0.0.1", PORT), Peer).serve_forever()
