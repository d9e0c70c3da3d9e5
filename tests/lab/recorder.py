#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""recorder.py PORT DNS-PORT FILE: passes DNS messages over TCP on to a server, and writes the queries down.

A line a query, in hexadecimal: what the upstream behind TLS really gets to see.
"""
import socket
import socketserver
import sys


def read(stream, n):
    data = b""
    while len(data) < n:
        piece = stream.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


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
                    self.request.sendall(len(answer).to_bytes(2, "big") + answer)
            except (EOFError, ConnectionError):
                pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Passed).serve_forever()
