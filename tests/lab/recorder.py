#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""recorder.py PORT DNS-PORT FILE: passes DNS messages over TCP on to a server, and writes the queries down.

A line a query, in hexadecimal: what the upstream behind TLS really gets to see. Some names it answers as no
server should: see LIES.
"""
import socket
import socketserver
import sys

from streams import read

LIES = {
    b"\x08wrong-id": lambda query, answer: bytes([answer[0] ^ 0x3f]) + answer[1:],
    b"\x0ewrong-question": lambda query, answer: answer.replace(b"\x0ewrong-question", b"\x0eother-question"),
    b"\x08no-reply": lambda query, answer: answer[:2] + bytes([answer[2] & 0x7f]) + answer[3:],
    b"\x07garbage": lambda query, answer: answer[:12] + b"\xff" * 200,
    b"\x05short": lambda query, answer: answer[:7],
    b"\x03cut": lambda query, answer: answer[:-3],
    b"\x05twice": lambda query, answer: answer + len(answer).to_bytes(2, "big") + answer,
    b"\x05close": lambda query, answer: None,
    b"\x05LoWeR": lambda query, answer: answer[:12] + answer[12:27].lower() + answer[27:],
    b"\x04bare": lambda query, answer: query[:2] + b"\x81\x85" + bytes(8),
}


def message(stream):
    return read(stream, int.from_bytes(read(stream, 2), "big"))


class Passed(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as server, open(sys.argv[3], "a", buffering=1) as out:
            try:
                while True:
                    query = message(self.request)
                    out.write(query.hex() + "\n")
                    server.sendall(len(query).to_bytes(2, "big") + query)
                    answer = message(server)
                    size = len(answer)
                    for name, lie in LIES.items():
                        if query[12:].startswith(name):
                            answer = lie(query, answer)
                            size = len(answer) if name != b"\x05twice" and answer else size
                    if answer is None:
                        return
                    self.request.sendall(size.to_bytes(2, "big") + answer)
            except (EOFError, ConnectionError):
                pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Passed).serve_forever()
